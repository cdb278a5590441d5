"""Regions into finer ones by what an encoder sees in them: grains of a material, and materials that masks missed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.division.splitting import Split, best_split, fewest_points, split_into
from samiam.lattices.steps.finding import strongest_step
from samiam.lattices.steps.step import LOG_ODDS_BEFORE, Step
from samiam.morphology import n_beside
from samiam.records.arrays import numbers_in
from samiam.texture import Sameness, TextureField

_RATHER_MATERIALS = 0.5
"""Log odds by which a split into materials goes before one into grains: two materials never are of one grain."""
_HARDLY = -3.0
"""Log odds up to which a step is none, whatever else there is."""
_HARDLY_BACK, _AS_FAR_BACK = -1.0, 0.5
"""Log odds of a step that ends a layer, and the share of the change of brightness that it takes back."""
_RATHER_AS_THEY_ARE = 1.0
"""Log odds by which another split has to be likelier than two regions that were found, to take their place.

Chosen on 300 procedural scenes of two materials, none of which loses by it, and 120 bicrystals with a bend contour
(`scripts/bent_bicrystals.py`), of which 54 were parted along their boundary without it.
"""


@dataclass(frozen=True, eq=False)
class Division:
    """Regions, and what material each is of.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented, regions from 1 on.
        material_of: the material of region i + 1: the label that it had before, or a new number where what tells
            materials apart, and not how lattices lie, has parted it from the rest.
        faint: pairs of regions that meet where a step along planes of the lattice rather is than not.
    """

    labels: NDArray[np.uint32]
    material_of: list[int]
    faint: Sequence[tuple[int, int]] = ()


def divided(
    labels: NDArray[np.uint32],
    field: TextureField,
    n_regions: int | None = None,
    *,
    pixels: NDArray[np.float32] | None = None,
    by_materials: bool = True,
    whole: Collection[int] = (),
    smallest: float = 0.005,
) -> Division:
    """Divide regions, the most distinct split first.

    A region is split by the vectors of materials, by those of grains or along a step, whichever says most.

    Args:
        labels: uint32 (H, W), 0 where not segmented, regions 1, 2, ….
        field: what an encoder sees in the image.
        n_regions: split until there are so many, whatever is likely; None to split while parts are rather not alike.
        pixels: float32 (H, W), the image, whose steps count; None for none.
        by_materials: whether regions may be of several materials; else they are split by grains only.
        whole: regions that stay as they are.
        smallest: share of the image that a part has at least.

    Returns:
        The regions; fewer than `n_regions` where none can be split any more.
    """
    found, material_of, steps = labels.copy(), numbers_in(labels), list[tuple[set[int], set[int]]]()
    at_points, fewest = found[field.places], fewest_points(smallest, field)

    def best_way(label: int) -> _Way | None:
        ways = [_by_field(at_points == label, field, fewest, by_materials=by_materials)]
        if pixels is not None:
            ways.append(_along_step(found == label, pixels, smallest * labels.size))
        return _likeliest(ways)

    ways = {label: best_way(label) for label in material_of if label not in whole}
    while n_regions is None or len(material_of) < n_regions:
        best = _likeliest(ways.values())
        if best is None or (n_regions is None and best.log_odds <= 0):
            break
        label, new = next(label for label, way in ways.items() if way is best), len(material_of) + 1
        material_of.append(max(material_of) + 1 if best.of_materials else material_of[label - 1])
        found[(found == label) & best.beyond()] = new  # the larger part keeps the old one
        at_points = found[field.places]
        for side in (side for sides in steps for side in sides if label in side):
            side.add(new)
        if best.is_step and best.log_odds > 0:
            steps.append(({label}, {new}))
        ways |= {part: best_way(part) for part in (label, new)}
    pairs = {(min(pair), max(pair)) for sides in steps for pair in product(*sides)}
    beside = (pair for pair in pairs if n_beside(*(found == label for label in pair)))
    return Division(found, material_of, sorted(beside))


def is_divided_otherwise(labels: NDArray[np.uint32], field: TextureField, *, smallest: float = 0.005) -> bool:
    """Whether another division of what two regions cover together is likelier by far.

    A bend contour or contamination may be told from the crystal beside it, where two grains meet more plainly.

    Args:
        labels: uint32 (H, W), 0 where not segmented, regions 1 and 2.
        field: what an encoder sees in the image.
        smallest: share of the image that a part has at least.
    """
    at_points = labels[field.places]
    inside, fewest = at_points > 0, fewest_points(smallest, field)
    is_first = at_points[inside] == 1
    if is_first.all() or not is_first.any():
        return False
    now = max(
        _rank(split_into(vectors, inside, is_first, field.boundaries, sameness).log_odds, of_materials=of_materials)
        for vectors, sameness, of_materials in _kinds_of(field)
    )
    best = _by_field(inside, field, fewest, by_materials=True)
    return best is not None and best.rank > now + _RATHER_AS_THEY_ARE


def rather_materials(
    at_points: NDArray[np.bool_], field: TextureField, fewest: int
) -> tuple[Split, Split | None] | None:
    """The best splits of a region, by materials and by grains; None where there is none, or it rather is two grains.

    Args:
        at_points: bool (h, w), the points of a field in the region.
        field: what an encoder sees in the image.
        fewest: points that each part must have.
    """
    materials, grains = (
        best_split(vectors, at_points, field.boundaries, sameness, fewest) for vectors, sameness, _ in _kinds_of(field)
    )
    if materials is None:
        return None
    is_grains = grains is not None and grains.log_odds > max(0.0, _rank(materials.log_odds, of_materials=True))
    return None if is_grains else (materials, grains)


def _kinds_of(field: TextureField) -> Sequence[tuple[NDArray[np.float32], Sameness, bool]]:
    """Vectors, what their cosines say, and whether they tell materials, else grains."""
    return (field.materials, field.same_material, True), (field.grains, field.same_grain, False)


def _rank(log_odds: float, *, of_materials: bool) -> float:
    return log_odds + (_RATHER_MATERIALS if of_materials else 0.0)


@dataclass(frozen=True, eq=False)
class _Way:
    """How a region would be divided.

    Attributes:
        log_odds: that the parts are not alike.
        of_materials: whether they are of two materials, else two grains.
        beyond: finds the pixels (H, W) of which those of the region are its smaller part.
        is_step: whether a step parts them.
    """

    log_odds: float
    of_materials: bool
    beyond: Callable[[], NDArray[np.bool_]]
    is_step: bool = False

    @property
    def rank(self) -> float:
        """By which it goes before others."""
        return _rank(self.log_odds, of_materials=self.of_materials)


def _likeliest(ways: Iterable[_Way | None]) -> _Way | None:
    return max((way for way in ways if way is not None), key=lambda way: way.rank, default=None)


def _by_field(inside: NDArray[np.bool_], field: TextureField, fewest: int, *, by_materials: bool) -> _Way | None:
    """The best way to divide a region, bool (h, w) at the points of a field, by what an encoder sees there."""

    def way(vectors: NDArray[np.float32], sameness: Sameness, of_materials: bool) -> _Way | None:
        split = best_split(vectors, inside, field.boundaries, sameness, fewest)
        if split is None:
            return None
        return _Way(split.log_odds, of_materials, lambda: field.nearest(vectors, split.means) == 1)

    return _likeliest(way(*kind) for kind in _kinds_of(field)[0 if by_materials else 1 :])


def _along_step(inside: NDArray[np.bool_], pixels: NDArray[np.float32], smallest_px: float) -> _Way | None:
    """The best way to divide a region, bool (H, W), along a plane of its lattice, or two on either side of a layer."""
    step = strongest_step(pixels, inside)
    if step is None or step.log_odds <= _HARDLY:
        return None
    _, beyond = step.sides(inside)
    back = _step_back(step, inside, pixels)
    if back is not None:
        beyond = beyond ^ back.sides(inside)[1]
    smaller = min(beyond, inside & ~beyond, key=np.count_nonzero)
    if np.count_nonzero(smaller) < smallest_px:
        return None
    return _Way(step.log_odds - LOG_ODDS_BEFORE, of_materials=True, beyond=lambda: smaller, is_step=True)


def _step_back(step: Step, inside: NDArray[np.bool_], pixels: NDArray[np.float32]) -> Step | None:
    """The step on the other side of a layer, by which brightness goes back; None where there rather is none."""

    def leads_back(other: Step) -> bool:
        share = -other.brighter / step.brighter if step.brighter else 0.0
        return other.log_odds > _HARDLY_BACK and _AS_FAR_BACK < share < 1 / _AS_FAR_BACK

    others = (strongest_step(pixels, side, step.normal_xy) for side in step.sides(inside))
    back = [other for other in others if other is not None and leads_back(other)]
    return max(back, key=lambda other: other.log_odds, default=None)
