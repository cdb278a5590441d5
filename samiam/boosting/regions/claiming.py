"""Which material each pixel belongs to: the one whose texture it has, or none."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting.regions.division.splitting import nearer_first, unit
from samiam.morphology import n_beside
from samiam.records.arrays import numbers_in
from samiam.texture import Sameness, TextureField

_CLEARLY = 2.0
"""By how much the log odds that two regions are two grains exceed those of two materials for grains to part them."""


def claimed(
    labels: NDArray[np.uint32], field: TextureField, largest_foreign: float = 0.005, least_material: float = 0.02
) -> NDArray[np.uint32]:
    """Give each pixel to the material whose mean vector is nearest to its own, whatever mask it was in.

    A connected region that is not segmented stays so where its own mean is rather unlike every material's and it is
    large: something else is there. If it is larger still, it is a material that has no mask. A material too thin for a
    point of the field keeps its pixels.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
        field: what an encoder sees in the image.
        largest_foreign: regions below this share of the image belong to a material in any case.
        least_material: regions unlike all materials that have this share of the image are a material of their own,
            one for all that are alike. Chosen on procedural scenes, where smaller ones mostly are gaps.

    Returns:
        The labels, uint32 (H, W); unchanged where there is no material at all.
    """
    at_points = labels[field.places]
    present = [int(label) for label in np.unique(at_points) if label]
    if not present:
        return labels
    means = [_unit_mean(field.materials[at_points == label]) for label in present]
    without_mask, stays = _foreign(labels, means, field, largest_foreign, least_material)
    new = int(labels.max()) + 1
    numbers = np.array([*present, *range(new, new + len(without_mask))], np.uint32)
    nearest = numbers[field.nearest(field.materials, means + without_mask)]
    for thin in set(numbers_in(labels)).difference(present):
        stays |= labels == thin
    return np.where(stays, labels, nearest)


def _foreign(
    labels: NDArray[np.uint32], means: list[NDArray[np.float32]], field: TextureField, largest: float, least: float
) -> tuple[list[NDArray[np.float32]], NDArray[np.bool_]]:
    """What is not segmented and unlike all means: those of the materials in it, and what is left out, bool (H, W)."""
    if labels.all():
        return [], np.zeros(labels.shape, np.bool_)
    parts, n_parts = ndimage.label(labels == 0)
    sizes, at_points = np.bincount(parts.ravel(), minlength=n_parts + 1), parts[field.places]
    found: list[NDArray[np.float32]] = []
    is_left = np.zeros(labels.shape, np.bool_)
    for number in (1 + np.argsort(-sizes[1:], kind="stable")).tolist():
        inside = field.materials[at_points == number]
        if sizes[number] <= largest * labels.size or not _is_foreign(inside, means, field):
            continue
        if sizes[number] < least * labels.size:
            is_left |= parts == number
        elif _is_foreign(inside, means + found, field):
            found.append(_unit_mean(inside))
    return found, is_left


def parted_by_grains(labels: NDArray[np.uint32], field: TextureField) -> NDArray[np.uint32]:
    """Draw the line between regions that rather are two grains than two materials by the vectors of grains.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
        field: what an encoder sees in the image.
    """
    drawn = labels.copy()
    for first, second in combinations(numbers_in(labels), 2):
        at_points = drawn[field.places]
        parts = [at_points == first, at_points == second]
        if not n_beside(parts[0], parts[1], times=2) or not _are_grains(parts, field):
            continue
        vectors = field.grains[parts[0] | parts[1]]
        begun = [unit(field.grains[part].mean(axis=0)) for part in parts]
        is_first = nearer_first(vectors, begun[0], begun[1], fewest=1)
        if is_first is None:
            continue
        is_second = field.nearest(field.grains, [vectors[part].mean(axis=0) for part in (is_first, ~is_first)]) == 1
        pair = (drawn == first) | (drawn == second)
        drawn[pair] = np.where(is_second[pair], second, first)
    return drawn


def _are_grains(parts: list[NDArray[np.bool_]], field: TextureField) -> bool:
    def apart(vectors: NDArray[np.float32], sameness: Sameness) -> float:
        first, second = (vectors[part].mean(axis=0) for part in parts)
        return -sameness.log_odds(float(first @ second))

    return apart(field.grains, field.same_grain) - apart(field.materials, field.same_material) > _CLEARLY


def _is_foreign(vectors: NDArray[np.float32], means: list[NDArray[np.float32]], field: TextureField) -> bool:
    """Whether most points (n, D) of a region are rather unlike the material that each is nearest to; not if n is 0."""
    if not len(vectors):
        return False
    nearest = (vectors @ np.stack(means).T).max(axis=1)
    return field.same_material.log_odds(float(np.median(nearest))) < 0


def _unit_mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6))
