"""What is measured of fringes whose frequencies, phases and places are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_regions import SHIFT_DEG, disc, region, support

from samiam.particles.faults.domains import N_REFLECTIONS, best_lines, maps_of
from samiam.particles.faults.evidence import evidence_of
from samiam.particles.faults.region import WORKING_NM, Region
from samiam.particles.faults.spectrum import fringes_of


def angle_between(one: float, other: float) -> float:
    return abs((one - other + 90) % 180 - 90)


@pytest.mark.parametrize("turn_deg", [0.0, 20.0, 77.0, 145.0])
def test_the_two_strongest_reflections_are_the_planes(turn_deg: float) -> None:
    found = maps_of(fringes_of(region("perfect", turn_deg=turn_deg)))
    assert (found.above[:2] > 50).all()
    assert (found.above[2:] < 12).all()
    assert WORKING_NM / np.hypot(*found.frequencies[:2].T) == pytest.approx([0.2355, 0.2355], rel=0.01)
    directions = np.rad2deg(np.arctan2(*found.frequencies[:2].T))
    for wanted in (turn_deg, turn_deg + 70.53):
        assert min(angle_between(one, wanted) for one in directions) < 1


def test_nothing_stands_out_of_a_support() -> None:
    found = [fringes_of(region("none", seed=seed)) for seed in range(5)]
    assert all((one.powers < 15 * one.around).all() for one in found)


def test_no_frequency_is_looked_for_that_the_file_cannot_have() -> None:
    coarse = replace(region("perfect"), finest_per_px=0.15)
    assert (np.hypot(*fringes_of(coarse).frequencies.T) < 0.15).all()


@pytest.mark.parametrize("turn_deg", [0.0, 20.0, 110.0])
def test_the_line_of_a_fault_is_found_and_the_jump_across_it(turn_deg: float) -> None:
    jumps = []
    for seed in range(6):
        maps = maps_of(fringes_of(region("fault", turn_deg=turn_deg, seed=seed)))
        directions = np.rad2deg(np.arctan2(*maps.frequencies[:2].T))
        parallel, other = (
            int(np.argmin([angle_between(one, at) for one in directions])) for at in (turn_deg, turn_deg + 70.5)
        )
        line = best_lines(maps, (maps.above > 8) / maps.around)[0]
        assert angle_between(line.normal_deg, turn_deg) <= 10
        assert abs(abs(line.offset_px) - 4) < 3
        across = np.rad2deg(np.abs(np.angle(line.sides[:, 0] * line.sides[:, 1].conj())))
        assert across[parallel] < 20
        assert across[other] == pytest.approx(SHIFT_DEG, abs=31)
        jumps.append(across[other])
    assert np.mean(jumps) == pytest.approx(SHIFT_DEG, abs=20)


def test_order_faults_and_twins_differ_as_they_must() -> None:
    perfect, fault, twin = (evidence_of(region(order)) for order in ("perfect", "fault", "twin"))
    assert perfect["one_phase"] > 0.9 > 0.8 > max(fault["one_phase"], twin["one_phase"])
    assert perfect["line_share"] < 0.05 < 0.2 < min(fault["line_share"], twin["line_share"])
    assert min(fault["line_explains"], twin["line_explains"]) > 0.85
    # Behind a twin boundary the reflection is another's: both lie on one side, and no lattice has both.
    assert twin["least_alike"] < -0.5 < 0 < perfect["least_alike"]
    assert perfect["n_strong"] == 2 < twin["n_strong"]
    assert perfect["explained"] > 0.98 > 0.9 > twin["explained"]


def test_two_crystals_in_one_region_lie_apart() -> None:
    shape = (140, 240)
    left, right = (np.roll(disc(shape, 40), shift, axis=1) for shift in (-42, 42))
    x = np.mgrid[:140, :240][1]
    y = np.mgrid[:140, :240][0]
    image = support(shape) + 1.5 * left * np.cos(2 * np.pi * x / 5.9) + 1.5 * right * np.cos(2 * np.pi * (x + y) / 8.3)
    pair = evidence_of(Region(image, left | right, 0.5))
    assert pair["apart"] > 0.6
    assert pair["solidity"] < 0.95
    one = evidence_of(region("perfect"))
    assert one["apart"] < 0.15
    # The discs hardly touch; chords of a disc with a fifth on either side are 0.85 of its diameter at least.
    assert pair["neck"] < 0.4 < 0.8 < one["neck"] < 1
    assert pair["line_chord"] < 0.5


@settings(max_examples=8)
@given(gain=st.floats(1e-3, 1e3), level=st.floats(-1e3, 1e3))
def test_brightness_and_contrast_of_the_image_do_not_count(gain: float, level: float) -> None:
    made = region("fault", side=120)
    other = replace(made, pixels=gain * made.pixels + level)
    assert evidence_of(other) == pytest.approx(evidence_of(made), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("side", [1, 3, 40])
def test_regions_of_any_size_have_finite_numbers(side: int) -> None:
    flat = Region(np.zeros((side, side)), np.ones((side, side), bool), 0.5)
    noisy = replace(flat, pixels=np.random.default_rng(0).normal(size=(side, side)))
    for one in (flat, noisy):
        found = evidence_of(one)
        assert np.isfinite(list(found.values())).all()
        assert list(found) == list(evidence_of(region("perfect", side=120)))


def test_there_are_always_as_many_reflections() -> None:
    assert maps_of(fringes_of(region("none"))).frequencies.shape == (N_REFLECTIONS, 2)
