"""The period of lattices that are known is found; what has no lattice has no period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.period import lattice_period
from simulate import SceneRanges, procedural_scene
from simulate.procedural.lattices import Lattice, named_lattice

rng_of = np.random.default_rng


def picture(lattice: Lattice, shape_hw: tuple[int, int] = (256, 256), noise: float = 0.1) -> NDArray[np.float32]:
    """Columns as Gaussians on a background, with white noise."""
    sharp = np.zeros(shape_hw)
    for column in lattice.columns:
        x, y = np.rint(lattice.positions_px(column, shape_hw, (3.3, 1.7))).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < shape_hw[1]) & (y < shape_hw[0])
        np.add.at(sharp, (y[inside], x[inside]), column.intensity)
    image = ndimage.gaussian_filter(sharp, lattice.sigma_px)
    return grey(0.2 + 0.6 * image / image.max() + rng_of(0).normal(0, noise, shape_hw))


def grey(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("period_px", [7.0, 16.0, 35.0])
@pytest.mark.parametrize(
    ("name", "shortest"),
    # A centred cell of sides 1 and √2 has a lattice point √3 / 2 away.
    [
        ("square", 1),
        ("two_sublattices", 1),
        ("hexagonal", 1),
        ("honeycomb", 1),
        ("centred", 0.866),
        ("dumbbell", 0.866),
    ],
)
def test_named_lattices(name: str, shortest: float, period_px: float) -> None:
    found = lattice_period(picture(named_lattice(name, period_px, rotation_deg=17)))
    assert found == pytest.approx(shortest * period_px, rel=0.1)


def test_a_large_image_and_one_that_is_not_square() -> None:
    lattice = named_lattice("square", 12.0, rotation_deg=30)
    assert lattice_period(picture(lattice, (100, 400))) == pytest.approx(12, rel=0.1)
    assert lattice_period(picture(lattice, (700, 300))) == pytest.approx(12, rel=0.1)


def test_the_lattice_that_covers_most_decides() -> None:
    image = picture(named_lattice("square", 20.0), (384, 384))
    image[:, :120] = picture(named_lattice("square", 9.0), (384, 120))
    assert lattice_period(image) == pytest.approx(20, rel=0.1)


def test_a_scene_with_an_amorphous_film() -> None:
    ranges = SceneRanges(n_materials=(2, 2), period_px=(14.0, 15.0), cells=("square",), counts_per_pixel=(100, 200))
    scene = procedural_scene(5, ranges=ranges, shape_hw=(256, 256))
    assert lattice_period(scene.micrograph.pixels) == pytest.approx(14.5, rel=0.1)


def test_brightness_and_slow_shading_do_not_matter() -> None:
    image = picture(named_lattice("square", 12.0))
    shaded = grey(0.3 * image + np.linspace(0, 0.6, 256)[:, None])
    assert lattice_period(shaded) == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("smoothed_px", [0.0, 1.5, 4.0])
def test_noise_has_no_period(smoothed_px: float) -> None:
    noise = rng_of(1).normal(0, 1, (256, 256))
    smooth = ndimage.gaussian_filter(noise, smoothed_px) if smoothed_px else noise
    assert lattice_period(grey(0.5 + 0.15 * smooth / smooth.std())) is None


def test_neighbours_at_one_distance_are_no_lattice() -> None:
    # An amorphous film: a ring in the power spectrum, in no direction in particular.
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256))
    ring = np.exp(-(((frequency - 1 / 12) / 0.012) ** 2) / 2)
    film = np.fft.ifft2(np.fft.fft2(rng_of(2).normal(size=(256, 256))) * ring).real
    assert lattice_period(grey(0.5 + 0.15 * film / film.std())) is None


@pytest.mark.parametrize("shape_hw", [(256, 256), (9, 300), (1, 1), (30, 30)])
def test_a_uniform_image_has_no_period(shape_hw: tuple[int, int]) -> None:
    assert lattice_period(np.full(shape_hw, 0.4, np.float32)) is None


@pytest.mark.parametrize("seed", range(6))
def test_a_limit_changes_nothing_but_what_is_longer(seed: int) -> None:
    pixels = procedural_scene(seed, shape_hw=(512, 400)).micrograph.pixels
    period = lattice_period(pixels)
    for limit in (4.0, 9.0, 14.5, 20.0, 40.0, *([] if period is None else [period, np.nextafter(period, 100)])):
        assert lattice_period(pixels, shorter_than=limit) == (period if period and period < limit else None)
