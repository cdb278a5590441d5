"""What amorphous materials look like: speckle, patches, spots, curved fringes, scattered atoms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from simulate.procedural.fills import Fill, Mottle


def amorphous_film(rng: np.random.Generator, shape_hw: tuple[int, ...], fill: Fill) -> NDArray[np.float64]:
    """What an amorphous material looks like, float64 (H, W) of about its level.

    Speckle of a few pixels' correlation length; half of the films carry bright grains, as a Pt/C cap does.

    Args:
        rng: source of the draws.
        shape_hw: of the image.
        fill: the material.
    """
    speckle = ndimage.gaussian_filter(rng.normal(size=shape_hw), rng.uniform(1.0, 2.5))
    film = fill.level * (1 + fill.contrast * speckle / speckle.std())
    if fill.patch_px is not None:
        film += fill.patch_height * fill.level * _mottled(rng, shape_hw, fill.patch_px, fill.mottle)
    elif fill.contrast > 0 and rng.uniform() < 0.5:
        coarse = ndimage.gaussian_filter(rng.normal(size=shape_hw), rng.uniform(6, 14))
        film += 0.5 * fill.level * np.clip(coarse / coarse.std() - 0.8, 0, 1.2)
    if fill.curved_px is not None:
        film += fill.curved_height * fill.level * _curved_fringes(rng, shape_hw, fill.curved_px)
    if fill.atoms_apart_px is not None:
        film += 2 * fill.level * _scattered_atoms(rng, shape_hw, fill.atoms_apart_px)
    return np.asarray(film)


def _mottled(
    rng: np.random.Generator, shape_hw: tuple[int, ...], patch_px: float, mottle: Mottle
) -> NDArray[np.float64]:
    """Patches of about this size, of a height of about 1."""
    if mottle == "spots":
        return _spots(rng, shape_hw, patch_px)
    coarse = ndimage.gaussian_filter(rng.normal(size=shape_hw), patch_px)
    if mottle == "bright":
        return np.asarray(np.clip(coarse / coarse.std(), 0, 2))
    finer = ndimage.gaussian_filter(rng.normal(size=shape_hw), 0.4 * patch_px)
    both = coarse / coarse.std() + rng.uniform(0, 0.8) * finer / finer.std()
    return np.asarray(0.5 * np.clip(both + rng.uniform(0, 1.5), 0, 3))


def _spots(rng: np.random.Generator, shape_hw: tuple[int, ...], patch_px: float) -> NDArray[np.float64]:
    """Round spots of three sizes, sharp or soft, that overlap."""
    spots = np.zeros(shape_hw)
    cover, sharpness = rng.uniform(0.1, 0.6), rng.uniform(1, 4)
    for size in (0.5, 1.0, 1.6):
        sigma_px = size * patch_px / 2
        area_px = 2 * np.pi * sigma_px**2
        n = rng.poisson(max(1.0, cover * spots.size / area_px))
        plane = np.zeros(shape_hw)
        np.add.at(plane, tuple(rng.integers(0, shape_hw, (n, 2)).T), rng.uniform(0.3, 1, n))
        spots += np.clip(sharpness * area_px * ndimage.gaussian_filter(plane, sigma_px), 0, 1)
    return spots


def _curved_fringes(rng: np.random.Generator, shape_hw: tuple[int, ...], period_px: float) -> NDArray[np.float64]:
    """Fringes from -1 to 1 that bend, begin and end, as the layers of graphitic carbon do."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    size_px = float(rng.uniform(4, 12)) * period_px
    bend = ndimage.gaussian_filter(rng.normal(size=shape_hw), size_px)
    centre_y, centre_x = rng.uniform(-0.5, 1.5, size=2) * shape_hw
    phase = np.hypot(y - centre_y, x - centre_x) / period_px + rng.uniform(0.5, 2.5) * bend / bend.std()
    strength = ndimage.gaussian_filter(rng.normal(size=shape_hw), size_px / 3)
    return np.asarray(np.cos(2 * np.pi * phase) * np.clip(0.7 + 0.4 * strength / strength.std(), 0, 1.5))


def _scattered_atoms(rng: np.random.Generator, shape_hw: tuple[int, ...], apart_px: float) -> NDArray[np.float64]:
    """Single heavy atoms at random places, of a height of about 1."""
    n = rng.poisson(shape_hw[0] * shape_hw[1] / apart_px**2)
    plane, sigma_px = np.zeros(shape_hw), rng.uniform(1.0, 2.5)
    np.add.at(plane, tuple(rng.integers(0, shape_hw, (n, 2)).T), rng.uniform(0.5, 1.2, n))
    return np.asarray(2 * np.pi * sigma_px**2 * ndimage.gaussian_filter(plane, sigma_px))


def under_carbon(rng: np.random.Generator, image: NDArray[np.float64]) -> NDArray[np.float64]:
    """A noise-free image (H, W) through a thin amorphous film, as of a support or of damaged surfaces."""
    speckle = ndimage.gaussian_filter(rng.normal(size=image.shape), rng.uniform(0.8, 3.0))
    height = rng.uniform(0.1, 0.6) * image.std()
    return np.asarray(np.clip(image + height * speckle / speckle.std(), 0, None))
