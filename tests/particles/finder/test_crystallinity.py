from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.particles.finder.crystallinity import crystallinity
from samiam.particles.finder.network import new_network, seen_by

SHAPE_HW = (300, 340)
PARTICLE = slice(90, 210), slice(100, 220)


def noise(seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=SHAPE_HW)


def fringes(period_px: float, deg: float) -> NDArray[np.float64]:
    y, x = np.mgrid[: SHAPE_HW[0], : SHAPE_HW[1]]
    return np.cos(2 * np.pi / period_px * (x * np.cos(np.deg2rad(deg)) + y * np.sin(np.deg2rad(deg))))


def with_particle(period_px: float, deg: float, amplitude: float, seed: int = 0) -> NDArray[np.float64]:
    pixels = noise(seed)
    pixels[PARTICLE] += amplitude * fringes(period_px, deg)[PARTICLE]
    return pixels


@pytest.mark.parametrize("period_px", [3.2, 6.0, 10.0])
@pytest.mark.parametrize("deg", [0, 37, 90])
def test_fringes_below_the_noise_stand_out_where_they_are(period_px: float, deg: float) -> None:
    """Of half the amplitude that the noise of each pixel has nobody sees them."""
    for found in crystallinity(with_particle(period_px, deg, 0.5)):
        assert found.shape == SHAPE_HW
        assert found[130:170, 140:180].min() > 0.6
        assert np.abs(found[:, 280:]).max() < 0.6


def test_noise_of_any_colour_has_none() -> None:
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft2(rng.normal(size=SHAPE_HW))
    radii = np.hypot(np.fft.fftfreq(SHAPE_HW[0])[:, None], np.fft.rfftfreq(SHAPE_HW[1])[None])
    for colour in (1, 1 / (0.02 + radii), np.sin(60 * radii**2), np.exp(-((6 * radii) ** 2))):
        pixels = np.fft.irfft2(spectrum * colour, SHAPE_HW)
        assert np.abs(np.median(crystallinity(pixels / pixels.std()), axis=(1, 2))).max() < 0.4


def test_what_is_too_fine_or_too_coarse_for_a_lattice_does_not_count() -> None:
    for period_px in (2.3, 30.0):
        assert np.median(crystallinity(noise() + fringes(period_px, 20))[0]) < 0.4


def test_contrast_does_not_matter_but_by_the_noise() -> None:
    first = crystallinity(with_particle(6, 20, 0.5))
    lit = with_particle(6, 20, 0.5) * np.linspace(0.5, 1.5, SHAPE_HW[1]) + np.linspace(-1, 1, SHAPE_HW[0])[:, None]
    assert np.abs(crystallinity(lit) - first).mean() < 0.05


def test_it_turns_with_the_image() -> None:
    pixels = with_particle(5, 20, 0.4)
    for k in range(4):
        turned = crystallinity(np.rot90(pixels, k))
        assert np.abs(np.rot90(turned, -k, axes=(1, 2)) - crystallinity(pixels)).mean() < 0.02


@pytest.mark.parametrize("shape_hw", [(1, 1), (5, 200), (64, 64), (63, 129)])
def test_any_size_and_flat_images(shape_hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for pixels in (np.zeros(shape_hw), rng.normal(size=shape_hw)):
        found = crystallinity(pixels)
        assert found.shape == (2, *shape_hw)
        assert (found.dtype, bool(np.isfinite(found).all())) == (np.float32, True)
        assert (found.min() >= -1, found.max() <= 4) == (True, True)


def test_our_network_sees_it_and_the_paper_s_does_not() -> None:
    pixels = with_particle(6, 0, 1.0)
    ours, paper = (seen_by(new_network(variant), pixels) for variant in ("ours", "paper"))  # type: ignore[arg-type]
    assert (ours.shape, paper.shape) == ((3, *SHAPE_HW), (1, *SHAPE_HW))
    assert np.array_equal(ours[1:], crystallinity(ours[0]))
