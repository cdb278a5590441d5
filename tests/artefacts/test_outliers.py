from __future__ import annotations

import numpy as np
import pytest
from made_images import LIMITS, Kind, recorded, slow, two_lattices

from samiam.artefacts.finding import find_artefacts

SIXTEEN_BITS: tuple[Kind, ...] = ("uint16", "narrow")


@pytest.mark.parametrize("kind", SIXTEEN_BITS)
@pytest.mark.parametrize("share", [0.0015, *slow(0.0002, 0.01)])
@pytest.mark.parametrize("which", ["hot", "dead", "both"])
def test_hot_and_dead_pixels_are_replaced(kind: Kind, share: float, which: str) -> None:
    counts = recorded(kind, two_lattices())
    rng = np.random.default_rng(1)
    dead, hot = rng.random((2, *counts.shape)) < share
    spoilt = counts.copy()
    if which != "dead":
        spoilt[hot] = LIMITS[kind][1]
    if which != "hot":
        spoilt[dead] = 0
    found = find_artefacts(spoilt)
    n_spoilt = int(np.count_nonzero(spoilt != counts))
    assert found.shown is None
    assert found.words == (f"{n_spoilt:,} outlying pixels",)
    assert counts.min() <= found.mended.min()
    assert found.mended.max() <= counts.max()
    np.testing.assert_array_equal(found.mended[spoilt == counts], counts[spoilt == counts])


def test_rays_of_any_height_and_two_pixels_wide() -> None:
    counts = recorded("uint16", two_lattices())
    rng = np.random.default_rng(2)
    for y, x in rng.integers(5, 230, (40, 2)):
        counts[y, x : x + 1 + y % 2] = rng.integers(15000, 65535)
    found = find_artefacts(counts)
    assert len(found.words) == 1
    assert found.mended.max() < 12000


@pytest.mark.parametrize("level", [0, 65535])
def test_dead_rows_and_columns(level: int) -> None:
    counts = recorded("uint16", two_lattices())
    spoilt = counts.copy()
    spoilt[77], spoilt[:, 100:102] = level, level
    found = find_artefacts(spoilt)
    assert found.words == ("1 dead row", "2 dead columns")
    assert np.abs(found.mended.astype(float) - counts).max() < np.ptp(counts.astype(float))
    assert find_artefacts(counts).words == ()


def test_the_mended_value_is_the_lower_median_of_its_neighbours() -> None:
    counts = np.arange(40 * 40, dtype=np.uint16).reshape(40, 40) % 97 + 1000
    spoilt = counts.copy()
    spoilt[20, 20] = 60000
    around = np.sort(np.delete(counts[19:22, 19:22].ravel(), 4))
    assert find_artefacts(spoilt).mended[20, 20] == around[3]


def test_one_level_and_a_hot_pixel_stay_as_they_are() -> None:
    counts = np.full((40, 40), 7, np.uint16)
    counts[3, 3] = 9
    assert find_artefacts(counts).words == ()
