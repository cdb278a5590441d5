"""The threshold that is chosen is the one that finds the number of materials most often."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

best_threshold = run_path(str(Path(__file__).parents[2] / "scripts" / "n_materials.py"))["best_threshold"]


@pytest.mark.parametrize(
    ("off", "wanted"),
    [
        ([[1, 0, 0, 0], [1, 1, 0, 1]], (3.0, 1.0)),
        ([[1, 0, 0, 0], [1, 0, 0, 0]], (3.0, 1.0)),  # the middle of the best
        ([[0, 0, 2, 1], [3, 1, 0, 0]], (4.0, 0.5)),  # all as often right, the second and the fourth least wrong
    ],
)
def test_the_best_threshold(off: list[list[int]], wanted: tuple[float, float]) -> None:
    assert best_threshold(np.array([1.0, 2.0, 3.0, 4.0]), np.array(off)) == wanted
