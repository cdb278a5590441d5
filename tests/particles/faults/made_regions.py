"""Particles with fringes of which the phases are known: in order, with a fault, a twin, or none."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.particles.faults.region import WORKING_NM, Region
from samiam.particles.result import Particles
from samiam.records import Masks, Micrograph

Order = Literal["perfect", "fault", "twin", "none"]
SHIFT_DEG = 120.0
"""Of the planes behind an intrinsic fault that are not parallel to it: a third of a period."""


def support(shape_hw: tuple[int, int], seed: int = 0) -> NDArray[np.float64]:
    """Grainy noise of an amorphous film, of standard deviation 1."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape_hw), 1.2)
    return np.asarray(noise / noise.std())


def waves(
    shape_hw: tuple[int, int], degrees: float, spacing_nm: float, jump_deg: float, line: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Planes whose phase jumps where `line` is true."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]] * WORKING_NM
    turn = np.deg2rad(degrees)
    return np.cos(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / spacing_nm + np.deg2rad(jump_deg) * line)


def disc(shape_hw: tuple[int, int], radius_px: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    return np.asarray((y - shape_hw[0] / 2) ** 2 + (x - shape_hw[1] / 2) ** 2 < radius_px**2)


def region(order: Order, *, turn_deg: float = 20.0, seed: int = 0, contrast: float = 1.0, side: int = 160) -> Region:
    """Gold along ⟨110⟩ in a disc of 4.4 nm on a support of standard deviation 1, the fault near its middle.

    The planes of the fault lie across `turn_deg`; those of the other {111} 70.5° from it.
    """
    shape = (side, side)
    y, x = np.mgrid[:side, :side] - side / 2
    turn = np.deg2rad(turn_deg)
    behind = x * np.cos(turn) + y * np.sin(turn) > 4
    jump = SHIFT_DEG if order == "fault" else 0.0
    image = support(shape, seed)
    inside = disc(shape, 55)
    if order != "none":
        fringes = waves(shape, turn_deg, 0.2355, 0.0, behind)
        other, mirrored = (waves(shape, turn_deg + angle, 0.2355, jump, behind) for angle in (70.53, -70.53))
        fringes = fringes + (np.where(behind, mirrored, other) if order == "twin" else other)
        image = image + contrast * inside * fringes
    return Region(image, inside, 0.5)


def particles_of(*regions: Region) -> Particles:
    """Regions side by side as the particles of one image."""
    image = np.concatenate([one.pixels for one in regions], axis=1)
    low, high = image.min(), image.max()
    width = regions[0].inside.shape[1]
    masks = []
    for index, one in enumerate(regions):
        mask = np.zeros(image.shape, bool)
        mask[:, index * width : (index + 1) * width] = one.inside
        masks.append(mask)
    micrograph = Micrograph((image - low) / (high - low), pixel_size_nm=WORKING_NM, name="made")
    return Particles(micrograph, Masks.from_arrays(masks), np.zeros(len(masks), bool), "given")
