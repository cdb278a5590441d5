from __future__ import annotations

import matplotlib as mpl
import pytest

from samiam.colours import PALETTE
from samiam.formats.writers.charting import colour, drawing


def test_colours_are_those_of_overlays() -> None:
    assert [[round(255 * part) for part in colour(index)] for index in range(8)] == [list(one) for one in PALETTE]
    assert all(0 <= part <= 1 for index in range(24) for part in colour(index))
    assert colour(0) == pytest.approx([part / 255 for part in PALETTE[0]], abs=1e-12)


def test_what_a_user_has_set_does_not_count_and_is_as_it_was() -> None:
    with mpl.rc_context({"lines.linewidth": 17.0, "savefig.dpi": 33}):
        with drawing():
            assert (mpl.rcParams["lines.linewidth"], mpl.rcParams["savefig.dpi"]) == (1.5, 110)
        assert (mpl.rcParams["lines.linewidth"], mpl.rcParams["savefig.dpi"]) == (17.0, 33)
