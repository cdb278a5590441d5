"""Gaps between particles are support, and single particles are none, where brightness tells and no lattice is seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam import segment
from samiam.boosting.regions.support import on_support
from samiam.records import Micrograph

SIDE = 384
SUPPORT, PARTICLES = 2, 1


def discs(places: list[tuple[int, int, int]]) -> NDArray[np.bool_]:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.any([np.hypot(y - row, x - column) < radius for row, column, radius in places], axis=0)


PLACES = [
    (50, 60),
    (64, 128),
    (44, 205),
    (120, 40),
    (131, 104),
    (125, 190),
    (190, 75),
    (205, 150),
    (196, 228),
    (262, 50),
]
HEAP = discs([(row, column, 24) for row, column in PLACES])  # in no order, which would be a lattice
SINGLE = discs([(60, 330, 9), (200, 340, 9)])
SEEN = np.where(np.arange(SIDE) < 262, PARTICLES, SUPPORT).astype(np.uint32) * np.ones((SIDE, 1), np.uint32)
"""As a network sees it: the heap and the gaps in it, and all that is beside it."""


def grown_heap() -> NDArray[np.bool_]:
    """With rims that a network takes for particles."""
    return discs([(row, column, 28) for row, column in PLACES])


def image(particles: float = -0.4, *, slope: float = 0.0, noise: float = 0.05, seed: int = 0) -> NDArray[np.float32]:
    pixels = 0.6 + particles * (HEAP | SINGLE) + slope * np.linspace(-0.5, 0.5, SIDE)
    return (pixels + noise * np.random.default_rng(seed).normal(size=pixels.shape)).astype(np.float32)


@pytest.mark.parametrize("particles", [-0.4, 0.3], ids=["dark", "bright"])
@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_gaps_become_support_and_single_particles_none(particles: float, slope: float) -> None:
    told = on_support(SEEN, image(particles, slope=slope))
    truth = np.where(HEAP | SINGLE, PARTICLES, SUPPORT)
    assert told.gone == {}
    assert (truth == SEEN).mean() < 0.85
    assert (told.labels == truth).mean() > 0.985


def test_scaled_and_inverted_pixels_tell_the_same() -> None:
    pixels = image()
    once = on_support(SEEN, pixels).labels
    for other in (0.5 * pixels + 0.2, 1 - pixels):
        assert (on_support(SEEN, other.astype(np.float32)).labels == once).mean() > 0.9999


def test_a_material_that_is_support_is_gone_and_its_rims_are_of_the_particles() -> None:
    seen = SEEN.copy()
    seen[(SEEN == PARTICLES) & ~grown_heap()] = 3
    told = on_support(seen, image())
    assert told.gone in ({3: SUPPORT}, {SUPPORT: 3})  # either is
    assert len(np.unique(told.labels)) == 2
    particles = told.labels == PARTICLES
    assert particles[HEAP | SINGLE].all()
    assert np.count_nonzero(particles & ~grown_heap() & ~SINGLE) < 150  # the outlines of the single ones


def test_a_turned_mirrored_or_transposed_image_tells_the_same() -> None:
    pixels = image()
    once = on_support(SEEN, pixels).labels
    for change in (np.rot90, np.fliplr, np.transpose):
        told = on_support(np.ascontiguousarray(change(SEEN)), np.ascontiguousarray(change(pixels))).labels
        assert np.count_nonzero(told != change(once)) < 5  # where odds are even


def test_a_large_image_is_told_in_a_smaller_one_without_a_shift() -> None:
    seen, truth = (np.kron(each, np.ones((5, 5), np.uint32)) for each in (SEEN, HEAP | SINGLE))
    pixels = (0.6 - 0.4 * truth + 0.1 * np.random.default_rng(0).normal(size=truth.shape)).astype(np.float32)
    told = on_support(seen, pixels).labels
    mirrored = on_support(seen[:, ::-1].copy(), pixels[:, ::-1].copy()).labels[:, ::-1]
    assert ((told == PARTICLES) == truth).mean() > 0.985
    assert (told == mirrored).mean() > 0.9995


def test_a_support_in_strips_too_narrow_for_a_smaller_image_is_left() -> None:
    seen = (1 + (np.arange(600) % 20 < 10)).astype(np.uint32)[:, None].repeat(4096, axis=1)
    pixels = (0.3 * seen + 0.02 * np.random.default_rng(0).normal(size=seen.shape)).astype(np.float32)
    assert np.array_equal(on_support(seen, pixels).labels, seen)


def test_thin_particles_that_are_none_of_the_support_stay_a_material() -> None:
    thin = discs([(30, 290, 3), (110, 350, 3), (160, 300, 3), (300, 350, 3), (340, 290, 3)])
    pixels = image()
    pixels[thin] += 0.5 - 0.9  # as dark as the others
    told = on_support(np.where(thin, 3, SEEN).astype(np.uint32), pixels)
    assert told.gone == {}
    assert (told.labels[thin] == 3).all()


def test_what_is_not_segmented_stays_so() -> None:
    seen = SEEN.copy()
    seen[340:, :80] = 0
    assert ((on_support(seen, image()).labels == 0) == (seen == 0)).all()


def lattice(period_px: float) -> NDArray[np.float64]:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.cos(2 * np.pi * x / period_px) + np.cos(2 * np.pi * y / period_px))


@pytest.mark.parametrize("case", ["noise", "lattice", "both signs", "one material", "uneven"])
def test_nothing_changes_where_brightness_does_not_tell(case: str) -> None:
    rng = np.random.default_rng(1)
    pixels, seen = image(), SEEN
    if case == "noise":
        pixels = image(-0.02, noise=0.2)
    elif case == "lattice":
        pixels = image() + (0.1 * HEAP * lattice(8)).astype(np.float32)
    elif case == "both signs":
        pixels = image() + (0.8 * discs([(330, 60, 24), (320, 140, 24), (300, 210, 24)])).astype(np.float32)
    elif case == "one material":
        seen = np.ones_like(SEEN)
    else:
        blotches = np.kron(rng.normal(size=(SIDE // 16, SIDE // 16)), np.ones((16, 16)))
        pixels = image() + (0.3 * blotches).astype(np.float32)
    assert np.array_equal(on_support(seen, pixels).labels, seen)
    assert on_support(seen, pixels).gone == {}


@pytest.mark.parametrize("n", [2, None])
def test_the_default_outlines_particles_in_a_heap(n: int | None) -> None:
    pixels = np.clip(image(-0.35), 0, 1)
    found = segment(Micrograph(pixels), n)
    assert found.n_materials == 2
    particles = found.labels == found.labels[50, 60]
    union = np.count_nonzero(particles | HEAP | SINGLE)
    assert np.count_nonzero(particles & (HEAP | SINGLE)) > 0.85 * union
    assert found.labels[95, 160] == found.labels[20, 300]  # a gap, and the support


def test_no_material_that_was_asked_for_gets_lost() -> None:
    pixels = np.clip(image(-0.35), 0, 1)
    assert segment(Micrograph(pixels), 3).labels.max() == 3
