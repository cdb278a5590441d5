"""A step that no single window shows is found along the planes that it follows; smooth changes are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.lattices.steps.finding import strongest_step
from samiam.lattices.steps.step import Step
from tests.made_crystals import PERIOD_PX, SIDE, Floats, across, crystal


def step_of(pixels: NDArray[np.float32]) -> Step:
    step = strongest_step(pixels, np.ones(pixels.shape, np.bool_))
    assert step is not None
    return step


@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 21.0])
def test_a_film_doped_by_a_few_percent_is_told_from_what_it_grew_on(turn_deg: float) -> None:
    _, v = across(turn_deg)
    slope = 1 + v / SIDE / 4  # of brightness, by far more than the step
    step = step_of((crystal(0.06 * (v > 24), turn_deg) * slope).astype(np.float32))
    assert step.log_odds > 1
    beyond = step.beyond((SIDE, SIDE))
    beyond = beyond if beyond[v > 24].mean() > 0.5 else ~beyond
    assert np.mean(beyond == (v > 24)) > 0.98


def smooth(v: Floats) -> Floats:
    return np.asarray(0.1 * np.sin(v / SIDE * np.pi) + 0.05 * (v / SIDE) ** 2)


def charged(v: Floats) -> Floats:
    """Lines of the scan that charging has made brighter, by as much as the doping does."""
    return np.asarray(0.01 * ((v > 24) & (v < 90)))


@pytest.mark.parametrize("change", [np.zeros_like, smooth, charged], ids=["none", "smooth", "charged"])
def test_a_crystal_without_a_step_is_not_divided(change: Callable[[Floats], Floats]) -> None:
    _, v = across()
    assert step_of((crystal(np.zeros_like(v)) + change(v)).astype(np.float32)).log_odds < 0


@pytest.mark.parametrize("brighter", [1.0, 1.02, 1.1])
def test_a_turned_lattice_is_no_step_however_bright(brighter: float) -> None:
    _, v = across()
    assert step_of(np.where(v > 0, crystal(0 * v), brighter * crystal(0 * v, 12.0)).astype(np.float32)).log_odds < 0


@pytest.mark.parametrize("period_px", [7.3, 13.3, 37.0])
@pytest.mark.parametrize("beyond", [7, 8, 15])
def test_a_step_is_placed_to_half_a_period_also_near_the_edge(beyond: int, period_px: float) -> None:
    _, v = across(shape_hw=(round(40 * period_px), round(20 * period_px)))
    place = (40 - beyond) * period_px
    step = step_of(crystal(0.15 * (v + 20 * period_px > place), period_px=period_px))
    assert step.log_odds > 0
    assert step.place_px == pytest.approx(place, abs=0.6 * period_px)


def test_an_interface_is_found_along_planes_whose_own_wave_is_extinct() -> None:
    u, v = (axis / PERIOD_PX for axis in across())
    centred = 0.3 + 0.1 * (1 + 0.1 * (v > 3)) * (1 + np.cos(2 * np.pi * u) * np.cos(2 * np.pi * v))
    noise = 0.02 * np.random.default_rng(0).normal(size=v.shape)
    step = step_of((centred + noise).astype(np.float32))
    assert step.log_odds > 0
    assert abs(step.normal_xy[1]) > 0.99


@pytest.mark.parametrize("width", [76, 80, 84, 96])
def test_a_strip_has_steps_whatever_its_width(width: int) -> None:
    _, v = across(shape_hw=(600, width))
    assert step_of(crystal(0.15 * (v > 0))).log_odds > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_film_of_few_cells_whose_brightness_wanders_has_no_step(seed: int) -> None:
    wandering = ndimage.gaussian_filter1d(np.random.default_rng(seed).normal(size=1200), 2 * PERIOD_PX)
    film = crystal(np.broadcast_to(0.1 * wandering / wandering.std(), (round(5 * PERIOD_PX), 1200)))
    assert strongest_step(film, np.ones(film.shape, np.bool_)) is None


def test_a_crystal_within_an_image_has_the_step_that_it_has_alone() -> None:
    _, v = across()
    alone, image = crystal(0.06 * (v > 24)), np.zeros((500, 600), np.float32)
    image[70 : 70 + SIDE, 110 : 110 + SIDE] = alone
    step, own = strongest_step(image, image != 0), step_of(alone)
    assert step is not None
    assert step.place_px == pytest.approx(own.place_px + 70, abs=0.1)
    assert step.log_odds == pytest.approx(own.log_odds, abs=0.2)  # planes begin elsewhere within a point


def test_what_is_no_lattice_or_too_thin_has_no_steps() -> None:
    noise = np.random.default_rng(0).normal(0.5, 0.1, (SIDE, SIDE)).astype(np.float32)
    assert strongest_step(noise, np.ones((SIDE, SIDE), np.bool_)) is None
    _, v = across()
    assert strongest_step(crystal(0 * v), np.zeros((SIDE, SIDE), np.bool_)) is None
    thin = (np.abs(v) < 6 * PERIOD_PX) & (np.abs(across()[0]) < 6 * PERIOD_PX)
    assert strongest_step(crystal(0 * v), thin) is None


@pytest.mark.parametrize("turn_deg", [0.0, 30.0])
def test_a_film_that_the_frame_cuts_is_found_sooner_than_one_beside_another_material(turn_deg: float) -> None:
    """Six periods of it: enough at the frame, but not beside what may shine into it."""
    _, v = across(turn_deg)
    edge = 192 if turn_deg == 0 else 192 * (np.cos(np.deg2rad(30)) + np.sin(np.deg2rad(30))) - 96
    pixels = crystal(0.12 * (v > edge - 6 * PERIOD_PX), turn_deg)
    at_frame = strongest_step(pixels, np.ones(pixels.shape, np.bool_))
    assert at_frame is not None
    assert at_frame.log_odds > 0
    inner = np.pad(pixels, 200)
    beside = strongest_step(inner, inner != 0)
    assert beside is None or beside.log_odds < 0
