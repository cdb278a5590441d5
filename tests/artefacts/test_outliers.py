from __future__ import annotations

import numpy as np
import pytest
from made_images import LIMITS, Kind, lattice, recorded, slow, two_lattices

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


@pytest.mark.parametrize(("n", "side"), [(1, 1), (40, 1), (1, 2), (10, 2)])
@pytest.mark.parametrize("place", ["crystal", "vacuum"])
def test_few_or_many_of_one_or_four_pixels(n: int, side: int, place: str) -> None:
    counts = recorded("uint16", two_lattices() if place == "crystal" else np.full((240, 320), 0.2))
    rng = np.random.default_rng(n)
    spoilt, is_taken, n_placed = counts.copy(), np.zeros(counts.shape, np.bool_), 0
    while n_placed < n:
        y, x = rng.integers(0, counts.shape)
        around = np.s_[max(0, y - 3) : y + 5, max(0, x - 3) : x + 5]
        if not is_taken[around].any():
            spoilt[y : y + side, x : x + side] = 40000
            is_taken[y : y + side, x : x + side] = True
            n_placed += 1
    found = find_artefacts(spoilt)
    assert len(found.words) == 1
    np.testing.assert_array_equal(found.mended != spoilt, is_taken)
    assert found.mended.max() < 15000


@pytest.mark.parametrize("turn", [0.0, 0.3])
@pytest.mark.parametrize("period_px", [6.0, 8.3, *slow(11.7)])
@pytest.mark.parametrize("share", [1.0, 0.5, *slow(0.15)])
@pytest.mark.parametrize("sign", [1, -1])
def test_columns_of_steep_contrast_are_none(sign: int, share: float, period_px: float, turn: float) -> None:
    shape_hw = (200, 240)
    rng = np.random.default_rng(1)
    weak = 0.1 + 0.3 * lattice(shape_hw, 7, 0.5, 1.5)
    fine = lattice(shape_hw, period_px, turn, 0.75) * np.where(rng.random(shape_hw) < 0.5, 0.9, 1)
    image = np.where(np.arange(shape_hw[1]) < shape_hw[1] * share, fine, weak) ** 3
    assert find_artefacts((128 + sign * 120 * image).astype(np.uint8)).words == ()


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
