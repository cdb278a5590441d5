"""Regions of known scenes, as imperfect as those that a finder makes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.records.particle_scene import ParticleScene

Mask = NDArray[np.bool_]
_OFFSET_NM, _WAVY_NM = 0.1, 0.15  # standard deviations of how far a found outline lies from the true one
_WAVE_NM = 0.8  # over which a found outline wanders
_LEAST_PX = 200  # of a region (Groschner et al. 2021)
_GAP_NM = 0.1  # between particles that are found as one
_MOST_IN_GROUP = 4  # particles; larger clumps are found as several
_TRIALS = 6  # places that an empty region is looked for at
_BLOB_NM = (2.0, 7.0)  # diameters of empty regions: those of particles


def draw_regions(scene: ParticleScene, n_empty: int, rng: np.random.Generator) -> list[Mask]:
    """Regions of a scene: of each particle, of particles that touch each other, and of the support.

    Args:
        scene: the scene.
        n_empty: how many of the support: the brightest and the darkest of the places that were tried, and others.
        rng: source of outlines and places.
    """
    masks = [scene.masks[index] for index in range(len(scene.masks))]
    groups = list(_groups(masks, max(1, round(_GAP_NM / (scene.micrograph.pixel_size_nm or 1.0))), rng))
    empty = _empty(scene, masks, n_empty, rng)
    found = [_as_found(mask, scene, rng) for mask in (*masks, *groups, *empty)]
    return [mask for mask in found if np.count_nonzero(mask) >= _LEAST_PX]


def _groups(masks: list[Mask], gap_px: int, rng: np.random.Generator) -> Iterator[Mask]:
    """Particles that touch, as one region."""
    if not masks:
        return
    grown = [ndimage.binary_dilation(mask, iterations=gap_px) for mask in masks]
    touch = np.array([[bool((one & other).any()) for other in masks] for one in grown])
    for index in range(len(masks)):
        near = [other for other in np.flatnonzero(touch[index]) if other != index]
        if near:
            chosen = rng.permutation(near)[: int(rng.integers(1, _MOST_IN_GROUP))]
            yield np.logical_or.reduce([masks[index], *(masks[int(other)] for other in chosen)])


def _empty(scene: ParticleScene, masks: list[Mask], n: int, rng: np.random.Generator) -> list[Mask]:
    """Shapes as of particles where there is none."""
    shape = scene.micrograph.shape_hw
    size_nm = scene.micrograph.pixel_size_nm or 1.0
    taken = np.logical_or.reduce([np.zeros(shape, np.bool_), *masks])
    tried = []
    for _ in range(_TRIALS * n):
        radius = rng.uniform(*_BLOB_NM) / 2 / size_nm
        blob = _blob(shape, rng.uniform(0, shape), radius, rng)
        if np.count_nonzero(blob) >= _LEAST_PX and not (taken & blob).any():
            tried.append(blob)
    if len(tried) <= n:
        return tried
    brightness = np.argsort([float(scene.micrograph.pixels[blob].mean()) for blob in tried])
    ends = [int(brightness[-1]), int(brightness[0])]
    others = [index for index in rng.permutation(len(tried)).tolist() if index not in ends]
    return [tried[index] for index in (*ends, *others)[:n]]


def _blob(shape: tuple[int, int], centre: NDArray[np.float64], radius: float, rng: np.random.Generator) -> Mask:
    """An ellipse at any angle."""
    y, x = (np.arange(side, dtype=np.float32) - at for side, at in zip(shape, centre.tolist(), strict=True))
    angle, aspect = rng.uniform(0, np.pi), rng.uniform(1, 1.4)
    along = x * np.cos(angle) + y[:, None] * np.sin(angle)
    across = y[:, None] * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along / aspect) ** 2 + (across * aspect) ** 2 < radius**2)


def _as_found(mask: Mask, scene: ParticleScene, rng: np.random.Generator) -> Mask:
    """The mask with an outline that wanders about the true one."""
    size_nm = scene.micrograph.pixel_size_nm or 1.0
    reach = int(np.ceil(4 * (_OFFSET_NM + _WAVY_NM) / size_nm))
    near = tuple(
        slice(max(0, int(at[0]) - reach), int(at[-1]) + 1 + reach)
        for at in (np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0)))
    )
    part = np.pad(mask[near], 1)  # beyond the image there is nothing
    distance = (ndimage.distance_transform_edt(part) - ndimage.distance_transform_edt(~part))[1:-1, 1:-1]
    found = np.zeros_like(mask)
    found[near] = size_nm * distance + _wander(distance.shape, _WAVE_NM / size_nm, rng) > 0
    return found


def _wander(shape: tuple[int, ...], period_px: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """By how much an outline lies outside the true one, in nm: on the whole, and from place to place."""
    knots = [int(np.ceil(side / period_px)) + 3 for side in shape]
    rough = rng.normal(0, _WAVY_NM, knots)
    y, x = (np.arange(side) / period_px + 1 for side in shape)
    waves = ndimage.map_coordinates(rough, np.meshgrid(y, x, indexing="ij"), order=3)
    return np.asarray(waves + rng.normal(0, _OFFSET_NM))
