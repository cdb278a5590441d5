"""Regions divided into grains, but for ribbons along their boundaries: these are no grains.

Where two grains meet, a network sees both within one window. Along a boundary its vectors are a blend of those on
either side, which may be as unlike each as another grain is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting.regions.division.dividing import Division, divided
from samiam.boosting.regions.division.splitting import unit
from samiam.records.arrays import numbers_in
from samiam.texture import TextureField

# Measured on made polycrystals: of ribbons the cosines are 0.935 to 0.985 and both weights about 0.25 or more.
_WIDEST_POINTS = 6.5  # from the middle to the outline
_BLENDED = 0.93  # cosine of the mean vector and the nearest blend of two neighbours
_LEAST_WEIGHT = 0.25  # of either
_BESIDE_POINTS = 2
_MOST_MORE = 6  # regions that are looked for in place of ribbons

Vector = NDArray[np.floating[Any]]


def divided_into_whole(
    labels: NDArray[np.uint32], field: TextureField, n_regions: int | None = None, **options: Any
) -> Division:
    """Regions divided as by `divided`, which takes the same, without ribbons along boundaries.

    Where a number is given, further regions are looked for in place of ribbons; if there are none they stay.
    """
    first = divided(labels, field, n_regions, **options)
    found = without_ribbons(first, field)
    if n_regions is None:
        return found
    for more in range(1, _MOST_MORE + 1):
        if len(found.material_of) >= n_regions:
            return found
        tried = divided(labels, field, n_regions + more, **options)
        if len(tried.material_of) < n_regions + more:
            break
        found = without_ribbons(tried, field)
    return found if len(found.material_of) >= n_regions else first


def without_ribbons(division: Division, field: TextureField) -> Division:
    """A division whose ribbons, the smallest first, have gone to the regions beside them."""
    found = division
    while (ribbon := _smallest_ribbon(found, field)) is not None:
        found = _given_away(found, ribbon, field)
    return found


@dataclass(frozen=True, eq=False)
class _Ribbon:
    """A region that is none, and the larger ones of its material beside it."""

    number: int
    beside: Sequence[int]


def _smallest_ribbon(division: Division, field: TextureField) -> _Ribbon | None:
    """The smallest region that is narrow and a blend of two beside it."""
    at_points = division.labels[field.places]
    areas = np.bincount(at_points.ravel(), minlength=len(division.material_of) + 1)
    for number in sorted(numbers_in(at_points), key=lambda one: int(areas[one])):
        inside = at_points == number
        if _half_width(inside) > _WIDEST_POINTS:
            continue
        near = at_points[ndimage.binary_dilation(inside, iterations=_BESIDE_POINTS)]
        beside = [
            other
            for other in numbers_in(near)
            if areas[other] > areas[number] and division.material_of[other - 1] == division.material_of[number - 1]
        ]
        own, means = _mean(field, inside), {other: _mean(field, at_points == other) for other in beside}
        if any(_is_blend(own, means[one], means[other]) for one, other in combinations(beside, 2)):
            return _Ribbon(number, beside)
    return None


def _half_width(inside: NDArray[np.bool_]) -> float:
    """In points, where the border of the image is none of the region's outline."""
    return float(ndimage.distance_transform_edt(np.pad(inside, 1, mode="edge"))[1:-1, 1:-1].max())


def _mean(field: TextureField, inside: NDArray[np.bool_]) -> Vector:
    return unit(field.grains[inside].mean(axis=0))


def _is_blend(own: Vector, one: Vector, other: Vector) -> bool:
    """Whether a unit vector is nearly a sum of two others, with much of both."""
    weights, *_ = np.linalg.lstsq(np.stack([one, other], axis=1), own, rcond=None)
    blend = weights[0] * one + weights[1] * other
    cosine = float(own @ blend) / max(float(np.linalg.norm(blend)), 1e-9)
    return bool(weights.min() > _LEAST_WEIGHT and cosine > _BLENDED)


def _given_away(division: Division, ribbon: _Ribbon, field: TextureField) -> Division:
    """The division with the pixels of a ribbon in the regions beside it, whichever is nearer by its mean vector."""
    at_points = division.labels[field.places]
    nearest = field.nearest(field.grains, [_mean(field, at_points == other) for other in ribbon.beside])
    labels = np.where(division.labels == ribbon.number, np.array(ribbon.beside, np.uint32)[nearest], division.labels)
    left = [number for number in range(1, len(division.material_of) + 1) if number != ribbon.number]
    number_of = {old: new for new, old in enumerate(left, start=1)}
    renumbered = np.array([number_of.get(old, 0) for old in range(len(division.material_of) + 1)], np.uint32)
    faint = [(number_of[one], number_of[other]) for one, other in division.faint if {one, other} <= set(left)]
    return replace(
        division,
        labels=renumbered[labels],
        material_of=[division.material_of[old - 1] for old in left],
        faint=faint,
    )
