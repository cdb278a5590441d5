"""Scenes of drawn particles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.records import Masks, Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from simulate.draws import log_uniform
from simulate.phase_objects.imaging import phase_object, recorded, shadows, smooth_noise
from simulate.phase_objects.outlines import draw_outlines
from simulate.phase_objects.ranges import ParticleRanges

_HILLS_PX = (12.0, 60.0)  # standard deviation of the blur that hills of the support and blotches of the light are
_HIGHEST_HILLS, _BLOTCHES = 0.35, 0.03  # standard deviations, in shares; without them any slight shade is a particle
_COVERED = 0.5  # share of the scene that shadows cover at most before they are too many to place


def drawn_particles(
    seed: int, *, shape_hw: tuple[int, int] = (320, 320), ranges: ParticleRanges = ParticleRanges()
) -> ParticleScene:
    """A scene of particles without any real crystal; the same seed gives the same scene, byte for byte.

    Args:
        seed: any whole number from 0 on.
        shape_hw: height and width in pixels.
        ranges: what it is drawn from.

    Example:
        >>> drawn_particles(3, shape_hw=(64, 64)).micrograph.shape_hw
        (64, 64)
    """
    rng = np.random.default_rng([seed, 0x9A7])  # a stream of its own
    is_of_shadows = bool(rng.random() < ranges.p_shadows)
    pixel_nm = log_uniform(rng, ranges.shadow_pixel_nm if is_of_shadows else ranges.pixel_size_nm)
    radii = _radii(rng, ranges, pixel_nm, shape_hw, is_of_shadows)
    outlines = draw_outlines(rng, shape_hw, radii, ranges.p_touching)
    if is_of_shadows:
        intensity = shadows(rng, outlines, shape_hw, ranges)
    else:
        intensity = phase_object(rng, outlines, shape_hw, pixel_nm, ranges, _support(rng, shape_hw, ranges))
    counts = recorded(rng, intensity, ranges) * _light(rng, shape_hw)
    micrograph = Micrograph.stretched(counts, pixel_size_nm=pixel_nm, name=f"drawn-{seed}", artefacts=None)
    masks = Masks.from_arrays([outline.thickness(shape_hw) > 0 for outline in outlines], shape_hw)
    masks = masks.select(np.flatnonzero(masks.areas))
    unknown = Particle("drawn", "none", fault_d_prime=0.0, fringe_d_prime=math.nan, tilt_deg=math.nan)
    kind = {"kind": "shadows" if is_of_shadows else "phase object", "seed": seed}
    return ParticleScene(micrograph, masks, [unknown] * len(masks), f"drawn-{seed}", kind)


def _radii(
    rng: np.random.Generator,
    ranges: ParticleRanges,
    pixel_nm: float,
    shape_hw: tuple[int, int],
    is_of_shadows: bool,
) -> NDArray[np.float64]:
    """Of the particles, in pixels, about one size in a scene; none of an empty one."""
    if rng.random() < ranges.p_empty:
        return np.zeros(0)
    if is_of_shadows:
        typical = log_uniform(rng, ranges.diameter_px) / 2
        most = int(_COVERED * math.prod(shape_hw) / (np.pi * typical**2))
        n = int(rng.integers(1, max(2, min(most, 80))))
    else:
        typical = log_uniform(rng, ranges.diameter_nm) / 2 / pixel_nm
        n = int(rng.integers(ranges.n_particles[0], ranges.n_particles[1] + 1))
    return np.asarray(typical * np.exp(rng.normal(0, rng.uniform(0.03, 0.3), n)))


def _support(rng: np.random.Generator, shape_hw: tuple[int, int], ranges: ParticleRanges) -> NDArray[np.float64]:
    """How thick the support is, about 1: it is nowhere even, and may end along a soft edge."""
    hills = smooth_noise(rng, shape_hw, log_uniform(rng, _HILLS_PX))
    thickness = np.maximum(1 + rng.uniform(0, _HIGHEST_HILLS) * hills, 0.1)
    if rng.random() >= ranges.p_edge:
        return np.asarray(thickness)
    y, x = np.ogrid[: shape_hw[0], : shape_hw[1]]
    direction = rng.uniform(0, 2 * np.pi)
    along = (x - shape_hw[1] / 2) * np.cos(direction) + (y - shape_hw[0] / 2) * np.sin(direction)
    ragged = 20 * ndimage.gaussian_filter1d(rng.normal(size=shape_hw[1]), 20)[None]
    return np.asarray(thickness / (1 + np.exp(-(along + ragged) / 3)))


def _light(rng: np.random.Generator, shape_hw: tuple[int, int]) -> NDArray[np.float64]:
    """Brightness that changes slowly: blotches as of dirt and of the camera, and half of the time a gradient."""
    blotches = rng.uniform(0, _BLOTCHES) * smooth_noise(rng, shape_hw, log_uniform(rng, _HILLS_PX))
    if rng.random() < 0.5:
        return np.asarray(1 + blotches)
    y, x = np.linspace(-1, 1, shape_hw[0])[:, None], np.linspace(-1, 1, shape_hw[1])[None]
    return np.asarray(1 + blotches + rng.uniform(-0.15, 0.15) * x + rng.uniform(-0.15, 0.15) * y)
