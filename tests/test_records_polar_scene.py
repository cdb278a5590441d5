from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, PolarScene

MICROGRAPH = Micrograph(np.zeros((6, 5), np.float32), name="frame")


def test_points_are_chosen_by_kind_and_keep_their_order() -> None:
    points = Points([[0, 1], [2, 3], [4, 5]], [True, False, True], [0.25, 0.5, 0.75])
    assert points.of_kind("junction").positions_px.tolist() == [[0, 1], [4, 5]]
    assert points.of_kind("end").scores.tolist() == [0.5]
    assert len(points.select(np.zeros(3, bool))) == len(points.select([])) == 0


@pytest.mark.parametrize(
    ("positions", "kinds", "scores", "said"),
    [
        ([[0, 1]], [True, False], None, "1 positions, 2 kinds and 2 scores do not fit"),
        ([[0, np.nan]], [True], None, "must be finite"),
        ([[0, 1]], [True], [1.5], "between 0 and 1"),
        ([[0, 1]], [True], [np.nan], "between 0 and 1"),
    ],
)
def test_points_that_cannot_be_are_refused(
    positions: list[list[float]], kinds: list[bool], scores: list[float] | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Points(positions, kinds, scores)


def test_points_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Points([[0, 1]], [True]).positions_px[0] = 2


def test_scenes_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match=r"frame: stripes of \(5, 6\) do not fit"):
        PolarScene(MICROGRAPH, Points([], []), "bright", 9.0, np.zeros((5, 6), bool), "video")
    with pytest.raises(InputError, match="period_px=0"):
        PolarScene(MICROGRAPH, Points([], []), "bright", 0, np.zeros((6, 5), bool), "video")
