from __future__ import annotations

import numpy as np
import pytest
from made_stripes import labyrinth
from scipy import ndimage

from samiam.errors import InputError
from samiam.polar import measure_period
from samiam.polar.period import look_for_stripes


@pytest.mark.parametrize("period_px", [6.0, 12.0, 24.0])
@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
def test_the_period_of_waves_is_found_in_noise(period_px: float, noise: float) -> None:
    pixels, _ = labyrinth((256, 300), period_px, seed=3, noise=noise)
    assert measure_period(pixels) == pytest.approx(period_px, rel=0.06)


def test_it_does_not_change_with_brightness_mirrors_turns_and_sign() -> None:
    pixels, _ = labyrinth((200, 240), 12.0, noise=1.0)
    period_px = measure_period(pixels)
    for other in (0.1 * pixels + 0.7, 1 - pixels, pixels[::-1], np.rot90(pixels)):
        assert measure_period(other) == pytest.approx(period_px, rel=1e-3)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_it_grows_with_the_picture(scale: float) -> None:
    pixels, _ = labyrinth((256, 256), 14.0)
    assert measure_period(ndimage.zoom(pixels, scale)) == pytest.approx(scale * measure_period(pixels), rel=0.03)


def test_a_large_frame_is_reduced_and_looked_at_as_it_is_where_that_shows_nothing() -> None:
    assert measure_period(labyrinth((900, 1300), 40.0)[0]) == pytest.approx(40, rel=0.05)
    assert measure_period(labyrinth((900, 1300), 7.0)[0]) == pytest.approx(7, rel=0.05)


def test_bright_and_dark_parts_and_rows_are_no_ring() -> None:
    pixels, _ = labyrinth((256, 256), 12.0, noise=1.0)
    rng = np.random.default_rng(0)
    blotches = ndimage.gaussian_filter(rng.normal(size=(256, 256)), 25)
    rows = rng.normal(size=(256, 1))
    uneven = pixels + blotches / blotches.std() * pixels.std() + 0.2 * pixels.std() * rows
    assert measure_period(uneven) == pytest.approx(measure_period(pixels), rel=0.02)


@pytest.mark.parametrize("blur", [0.0, 0.8, 3.0])
@pytest.mark.parametrize("side", [64, 200])
def test_noise_has_no_period(blur: float, side: int) -> None:
    for seed in range(5):
        noise = np.random.default_rng([seed, side]).normal(size=(side, side))
        with pytest.raises(InputError, match="no period of stripes stands out from the noise; give a frame that shows"):
            measure_period(ndimage.gaussian_filter(noise, blur) if blur else noise)


def test_a_blank_frame_and_a_scrap_have_none() -> None:
    with pytest.raises(InputError, match="the frame is blank"):
        measure_period(np.full((64, 64), 0.3))
    with pytest.raises(InputError, match="40 × 20 px is too small"):
        measure_period(labyrinth((64, 64))[0][:20, :40])


@pytest.mark.parametrize("angle", [0.0, 0.3])
@pytest.mark.parametrize("waves", [1, 2, 3])
def test_a_lattice_and_parallel_stripes_are_no_labyrinth(angle: float, waves: int) -> None:
    y, x = np.indices((256, 256))
    turns = angle + np.pi * np.arange(waves) / waves
    lattice = sum(np.cos(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / 9) for turn in turns)
    noisy = lattice + np.random.default_rng(0).normal(size=(256, 256))
    assert look_for_stripes(noisy).period_px == pytest.approx(9, rel=0.02)
    with pytest.raises(InputError, match=r"of all directions only, as a lattice .* does not; give period_px"):
        measure_period(noisy)
