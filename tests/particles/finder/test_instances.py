from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.particles.finder.finder import particles_among
from samiam.particles.finder.instances import candidates_of
from samiam.particles.finder.network import Maps
from samiam.records import Masks
from samiam.training.particles.targets import targets_of

SHAPE = (120, 160)


def disc(y: float, x: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 < radius**2)


def maps_of(*masks: NDArray[np.bool_], sure: float = 0.9) -> Maps:
    """What a network that is right says, not quite sure."""
    particle, depth, overlap = targets_of([mask.astype(np.uint8) for mask in masks], SHAPE)
    return Maps(sure * particle, depth, sure * overlap)


def found_in(maps: Maps, least_score: float = 0.5) -> Masks:
    return particles_among(candidates_of(maps, 0.5, 0.15), SHAPE, least_score)


def best_ious(found: Masks, *truth: NDArray[np.bool_]) -> list[float]:
    return [max(((one & mask).sum() / (one | mask).sum() for one in found), default=0.0) for mask in truth]


def test_particles_that_touch_are_told_apart() -> None:
    left, right = disc(60, 40, 30), disc(60, 100, 31)
    found = found_in(maps_of(left, right & ~left))
    assert len(found) == 2
    assert min(best_ious(found, left, right)) > 0.97


def test_particles_that_lie_over_each_other_are_both_whole() -> None:
    left, right = disc(60, 50, 30), disc(60, 98, 30)
    found = found_in(maps_of(left, right))
    assert len(found) == 2
    assert min(best_ious(found, left, right)) > 0.95
    assert (found[0] & found[1]).sum() > 0.8 * (left & right).sum()


def test_a_small_one_beside_a_large_one() -> None:
    large, small = disc(60, 60, 45), disc(60, 118, 12)
    found = found_in(maps_of(large, small))
    assert sorted(found.areas.tolist()) == pytest.approx([small.sum(), large.sum()], rel=0.05)


def test_one_that_the_border_cuts_is_one() -> None:
    cut = disc(60, -5, 40)
    found = found_in(maps_of(cut))
    assert best_ious(found, cut) == [1.0]


def test_no_particle_has_holes_but_a_ring_of_particles_has_one() -> None:
    one = disc(60, 80, 40)
    pierced = Maps((0.9 * (one & ~disc(60, 70, 4))).astype(np.float32))
    assert best_ious(found_in(pierced), one) == [1.0]
    around = np.arange(6) * np.pi / 3
    ring = [disc(60 + 38 * np.sin(turn), 80 + 38 * np.cos(turn), 19.5) for turn in around]
    found = found_in(maps_of(*ring))
    assert len(found) == 6
    assert not any(mask[60, 80] for mask in found)


def test_nothing() -> None:
    assert len(found_in(maps_of())) == 0
    assert len(found_in(Maps(np.zeros(SHAPE, np.float32)))) == 0


def test_noise_of_the_depth_makes_no_particles() -> None:
    one = disc(60, 80, 45)
    maps = maps_of(one)
    assert maps.depth is not None
    noisy = np.clip(maps.depth + np.random.default_rng(0).normal(0, 0.1, SHAPE), 0, 1).astype(np.float32)
    assert len(found_in(Maps(maps.particle, noisy * one, maps.overlap))) == 1


def test_a_flat_depth_still_gives_one_particle_for_each_part() -> None:
    two = disc(30, 40, 15) | disc(90, 100, 15)
    found = found_in(Maps(0.9 * two.astype(np.float32), np.zeros(SHAPE, np.float32), None))
    assert len(found) == 2


def test_without_a_depth_parts_that_touch_stay_one() -> None:
    two = disc(60, 40, 30) | disc(60, 98, 30)
    assert len(found_in(Maps(0.9 * two.astype(np.float32)))) == 1


def test_scores_are_the_iou_to_be_expected() -> None:
    inside = disc(60, 80, 20)
    sure, unsure = (Maps((value * inside).astype(np.float32)) for value in (0.95, 0.6))
    assert [next(iter(candidates_of(maps, 0.5, 0.15))).score for maps in (sure, unsure)] == pytest.approx([0.95, 0.6])
    halo = np.where(disc(60, 80, 23), 0.4, 0.0) * ~inside + 0.9 * inside
    (candidate,) = candidates_of(Maps(halo.astype(np.float32)), 0.5, 0.15)
    ring = 0.4 * (disc(60, 80, 23) & ~inside).sum()
    assert candidate.score == pytest.approx(0.9 * inside.sum() / (inside.sum() + ring), rel=1e-3)
    assert len(found_in(unsure, least_score=0.7)) == 0
    assert len(found_in(unsure, least_score=0.5)) == 1
