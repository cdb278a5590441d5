from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from samiam.colours import PALETTE
from samiam.formats.writers.charting import colour, drawing, write_figure


def test_colours_are_those_of_overlays() -> None:
    assert [[round(255 * part) for part in colour(index)] for index in range(8)] == [list(one) for one in PALETTE]
    assert all(0 <= part <= 1 for index in range(24) for part in colour(index))
    assert colour(0) == pytest.approx([part / 255 for part in PALETTE[0]], abs=1e-12)


def test_what_a_user_has_set_does_not_count_and_is_as_it_was() -> None:
    with mpl.rc_context({"lines.linewidth": 17.0, "savefig.dpi": 33}):
        with drawing():
            assert (mpl.rcParams["lines.linewidth"], mpl.rcParams["savefig.dpi"]) == (1.5, 110)
        assert (mpl.rcParams["lines.linewidth"], mpl.rcParams["savefig.dpi"]) == (17.0, 33)


def test_a_figure_s_file_holds_the_picture_alone(tmp_path: Path) -> None:
    """No version of a library, so that the same figure is the same bytes tomorrow."""
    with Image.open(write_figure(tmp_path / "chart.png", Figure(figsize=(1, 1), dpi=20))) as picture:
        assert set(picture.info) <= {"dpi"}
