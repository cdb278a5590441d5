"""What the weights that ship find, and what does not change it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
import pytest
from made_dark_field import Disc, dark_field
from made_fringes import gold, support, waves
from numpy.typing import NDArray

from samiam.geometry import intersections, iou
from samiam.metrics.instances import score_instances
from samiam.networks.inputs import resampled
from samiam.particles import ParticleFinder, Particles, build_finder, find_particles
from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import ParticleScene
from simulate.particles import picture, read_waves
from simulate.phase_objects import ParticleRanges, drawn_particles

CLEAR = ParticleRanges(
    p_empty=0,
    p_shadows=0,
    p_touching=0,
    p_edge=0,
    n_particles=(3, 3),
    diameter_nm=(3.0, 4.0),
    pixel_size_nm=(0.04, 0.04),
    defocus_nm=(5.0, 15.0),
    focal_spread_nm=(1.5, 3.0),
    dose_e_per_pixel=(200, 400),
    contrast=(0.7, 0.9),
)


@cache
def finder() -> ParticleFinder:
    return build_finder()


@lru_cache
def scene(seed: int = 3, ranges: ParticleRanges = CLEAR) -> ParticleScene:
    return drawn_particles(seed, shape_hw=(320, 320), ranges=ranges)


def found_in(pixels: NDArray[np.floating], pixel_size_nm: float = 0.04) -> Particles:
    return find_particles(Micrograph(pixels, pixel_size_nm), finder=finder())


@lru_cache
def found_in_scene(seed: int = 3) -> Particles:
    return found_in(scene(seed).micrograph.pixels)


def agreement(first: Masks, second: Masks) -> float:
    """The least IoU of any mask with its like in the other set; 0 where they are not as many."""
    if len(first) != len(second):
        return 0.0
    overlaps = iou(intersections(first, second), first.areas, second.areas)
    return float(min(overlaps.max(axis=0).min(initial=1), overlaps.max(axis=1).min(initial=1)))


@pytest.mark.parametrize("seed", [2, 3, 6])
def test_it_finds_them(seed: int) -> None:
    found = found_in_scene(seed)
    scores = score_instances(found.masks, scene(seed).masks)
    assert (scores.dice > 0.85, scores.f1 > 0.8) == (True, True), scores
    assert (found.masks.predicted_iou > 0.5).all()


@pytest.mark.parametrize(("factor", "offset"), [(0.5, 0.25), (0.05, 0.9), (0.9, 0.0)])
def test_scale_and_offset_do_not_matter(factor: float, offset: float) -> None:
    pixels = scene().micrograph.pixels.astype(np.float64)
    # The record holds single precision: the least of the scaled contrast is lost in it.
    assert agreement(found_in_scene().masks, found_in(factor * pixels + offset).masks) > 0.99


@pytest.mark.parametrize(
    "turned", [lambda image: np.rot90(image), lambda image: np.rot90(image, 2), lambda image: image[:, ::-1]]
)
def test_quarter_turns_and_mirrors(turned: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> None:
    found = found_in_scene()
    again = found_in(np.ascontiguousarray(turned(scene().micrograph.pixels)))
    expected = Masks.from_arrays([turned(mask) for mask in found.masks], again.masks.shape_hw)
    assert agreement(expected, again.masks) > 0.85


@pytest.mark.parametrize("shift", [(0, 32), (16, 7), (5, 0)])
def test_what_is_cropped_differently(shift: tuple[int, int]) -> None:
    whole, (y, x) = found_in_scene(), shift
    part = found_in(np.ascontiguousarray(scene().micrograph.pixels[y:, x:]))
    cut = Masks.from_arrays([mask[y:, x:] for mask in whole.masks], part.masks.shape_hw)
    assert agreement(cut.select(np.flatnonzero(cut.areas > 600)), part.masks) > 0.8


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.5, 2.0])
def test_other_pixels(factor: float) -> None:
    """The same picture on finer and on coarser pixels, each told their size."""
    sides = (round(320 / factor), round(320 / factor))
    found = found_in_scene()
    again = found_in(np.clip(resampled(scene().micrograph.pixels, sides), 0, 1), 0.04 * factor)
    assert sorted(again.masks.areas * factor**2) == pytest.approx(sorted(found.masks.areas), rel=0.1)


def test_an_empty_support_holds_next_to_nothing() -> None:
    """At most a thousandth of pictures of empty supports is taken for particles, and most are wholly empty."""
    shares = []
    for number, wave in enumerate(read_waves(split="carbon")):
        pixels = picture(wave, seed=number, shape_hw=(320, 320), pixel_size_nm=0.04, d_prime=False).micrograph.pixels
        found = found_in(pixels)
        shares.append(found.masks.areas.sum() / pixels.size)
        assert len(found.masks) or str(found.remark).startswith("no particle is found")
    assert (len(shares), np.mean(shares) <= 1e-3, np.median(shares)) == (6, True, 0), shares


def test_one_that_the_edge_cuts_is_found_and_flagged() -> None:
    """The picture is cut through the middle of a particle."""
    truth = scene().masks
    lefts, widths = truth.boxes_xywh[:, 0], truth.boxes_xywh[:, 2]
    through = int(np.abs(lefts + widths / 2 - 160).argmin())
    start = int(lefts[through] + widths[through] // 2)
    part = found_in(np.ascontiguousarray(scene().micrograph.pixels[:, start:]))
    rest = Masks.from_arrays([truth[through][:, start:]])
    overlaps = intersections(part.masks, rest)[:, 0]
    assert overlaps.max() > 0.7 * rest.areas[0]
    assert part.touches_edge[overlaps.argmax()]


@pytest.mark.parametrize(
    "discs",
    [
        ((128, 120, 60, 10), (250, 270, 45, 40)),
        ((90, 100, 50, 70), (220, 90, 40, 0), (160, 250, 65, 25)),
        ((140, 160, 80, 33), (300, 60, 30, 5), (60, 280, 36, 50), (290, 280, 25, 15)),
    ],
)
def test_bright_particles_of_dark_field_are_found_inverted(discs: tuple[Disc, ...]) -> None:
    pixels, truth = dark_field((340, 340), *discs, seed=len(discs))
    found = found_in(pixels)
    assert (found.is_inverted, len(found.masks)) == (True, len(truth))
    assert score_instances(found.masks, truth).f1 == 1
    assert "looked at inverted" in str(found.remark)


@pytest.mark.parametrize("seed", [2, 3, 6])
def test_hrtem_is_not_looked_at_inverted(seed: int) -> None:
    pixels = scene(seed).micrograph.pixels
    as_it_is = find_particles(Micrograph(pixels, 0.04), invert=False, faults=False, finder=finder())
    found = found_in_scene(seed)
    assert (found.is_inverted, agreement(as_it_is.masks, found.masks)) == (False, 1)


def test_supports_without_particles_are_not_either() -> None:
    for number, wave in enumerate(read_waves(split="carbon")):
        pixels = picture(wave, seed=number, shape_hw=(320, 320), pixel_size_nm=0.04, d_prime=False).micrograph.pixels
        assert not found_in(pixels).is_inverted


def test_a_stem_picture_by_mistake() -> None:
    image = support((512, 512)) / 4 + waves((512, 512), *gold(0.02))
    columns = np.clip((image - image.min()) / np.ptp(image), 0, 1)
    assert "atomic columns under STEM" in str(found_in(columns, 0.02).remark)
