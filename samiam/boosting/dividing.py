"""Regions into finer ones by what an encoder sees in them: grains of a material, and materials that masks missed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from samiam.lattices.steps import strongest_step
from samiam.morphology import dilated, eroded
from samiam.records.arrays import numbers_in
from samiam.texture import Sameness, TextureField
from samiam.texture.linking import average_linkage

_MOST_POINTS = 700
"""Points of a region that are clustered: average linkage takes time and memory by the square of their number."""
_REFINEMENTS = 8
"""Rounds, at most, in which the points of two parts go to the nearer mean; more change nothing."""

_NO_BOUNDARY = 0.003  # what the network says far from any
RATHER_MATERIALS = 0.5
"""Log odds by which a split into materials goes before one into grains: two materials never are of one grain."""
_TOLD = float(np.log(776 / 177))
"""Log odds that a number which is given adds to those of a step: 177 of the 953 crystals that these were fitted on have
one."""
_HARDLY = -3.0
"""Log odds up to which a step is none, whatever else there is."""
_RATHER_AS_THEY_ARE = 1.0
"""Log odds by which another split has to be likelier than two regions that were found, to take their place.

Chosen on 300 procedural scenes of two materials, none of which loses by it, and 120 bicrystals with a bend contour
(`scripts/bent_bicrystals.py`), of which 54 were parted along their boundary without it.
"""


@dataclass(frozen=True, eq=False)
class Split:
    """A region in two.

    Attributes:
        is_first: bool (n,), which of the region's points are of the first part.
        means: (D,) each, the mean vectors of the larger part and of the smaller one.
        cosine: mean over the pairs of a vector of the one part and one of the other.
        raggedness: points along the line between the parts, over the square root of the points of the smaller one.
        edges: how many times likelier a boundary of materials, and one of grains, is along that line than elsewhere
            in the region, as logarithms.
        log_odds: that the parts are not alike.
    """

    is_first: NDArray[np.bool_]
    means: tuple[NDArray[np.floating], NDArray[np.floating]]
    cosine: float
    raggedness: float
    edges: tuple[float, float]
    log_odds: float


def best_split(
    vectors: NDArray[np.float32],
    inside: NDArray[np.bool_],
    boundaries: NDArray[np.float32],
    sameness: Sameness,
    fewest: int,
) -> Split | None:
    """The two parts of a region that differ most.

    The loosest merge of average linkage begins, then every point goes to the nearer of the two means.

    Args:
        vectors: (h, w, D), unit vectors.
        inside: bool (h, w), the n points of the region.
        boundaries: float32 (2, h, w), how sure it is that two materials, and that two grains, meet at a point, [0, 1].
        sameness: what cosines, raggedness and edges say.
        fewest: points that each part must have.

    Returns:
        The split; None where no two parts are as large as that.
    """
    of_region = vectors[inside]
    if len(of_region) < 2 * fewest:
        return None
    step = -(-len(of_region) // _MOST_POINTS)
    started = _loosest(of_region[step // 2 :: step].astype(np.float64), max(1.0, fewest / step))
    if started is None:
        return None
    is_first = nearer_first(of_region, *started, fewest)
    return None if is_first is None else _split(vectors, inside, is_first, boundaries, sameness)


def _split(
    vectors: NDArray[np.float32],
    inside: NDArray[np.bool_],
    is_first: NDArray[np.bool_],
    boundaries: NDArray[np.float32],
    sameness: Sameness,
) -> Split:
    """A region in two given parts, neither of which is empty; arguments as those of `best_split`."""
    of_region = vectors[inside]
    larger, smaller = sorted((is_first, ~is_first), key=np.count_nonzero, reverse=True)
    means = of_region[larger].mean(axis=0), of_region[smaller].mean(axis=0)
    cosine = float(means[0] @ means[1])
    line = _line_between(inside, is_first)
    raggedness = float(np.count_nonzero(line) / np.sqrt(np.count_nonzero(smaller)))
    edges = _edges(boundaries, line, inside)
    return Split(is_first, means, cosine, raggedness, edges, -sameness.log_odds(cosine, raggedness, edges))


def nearer_first(
    vectors: NDArray[np.float32], first: NDArray[np.floating], second: NDArray[np.floating], fewest: int
) -> NDArray[np.bool_] | None:
    """Which of n points belong to the first of two parts, when every point has gone to the nearer mean for long enough.

    Args:
        vectors: (n, D), unit vectors.
        first: (D,), the mean of the first part to begin with, of unit length.
        second: (D,), likewise of the second.
        fewest: points that each part must keep.

    Returns:
        Bool (n,); None where a part has become smaller than that.
    """
    is_first = np.zeros(len(vectors), np.bool_)
    for _ in range(_REFINEMENTS):
        before, is_first = is_first, vectors @ (first - second) > 0
        if min(np.count_nonzero(is_first), np.count_nonzero(~is_first)) < fewest:
            return None
        if np.array_equal(is_first, before):
            break
        first, second = (unit(vectors[part].mean(axis=0)) for part in (is_first, ~is_first))
    return is_first


def _line_between(inside: NDArray[np.bool_], is_first: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The points of either part beside the other: bool (h, w)."""
    parts = np.zeros(inside.shape, np.int8)
    parts[inside] = np.where(is_first, 1, 2)
    first, second = parts == 1, parts == 2
    line: NDArray[np.bool_] = (dilated(first, corners=True) & second) | (dilated(second, corners=True) & first)
    return line


def _edges(boundaries: NDArray[np.float32], line: NDArray[np.bool_], inside: NDArray[np.bool_]) -> tuple[float, float]:
    """See `Split.edges`; 0 where the region has no points but those near the line or its outline."""
    elsewhere = eroded(inside, corners=True) & ~dilated(line, 3, corners=True)
    if not line.any() or not elsewhere.any():
        return 0.0, 0.0
    along, off = (boundaries[:, where].mean(axis=1, dtype=np.float64) + _NO_BOUNDARY for where in (line, elsewhere))
    of_materials, of_grains = np.log(along / off).tolist()
    return of_materials, of_grains


def _loosest(vectors: NDArray[np.float64], fewest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The means of the two parts that average linkage merges last; parts of too few points are left out."""
    if len(vectors) < 2:
        return None
    merges = average_linkage(vectors)
    children: list[list[int]] = merges[:, :2].astype(int).tolist()
    counts = [1] * len(vectors) + merges[:, 3].astype(int).tolist()
    node = len(counts) - 1
    while node >= len(vectors):
        small, large = sorted(children[node - len(vectors)], key=counts.__getitem__)
        if counts[small] >= fewest:
            first, second = (unit(vectors[_leaves(part, children)].mean(axis=0)) for part in (large, small))
            return first, second
        node = large
    return None


def _leaves(node: int, children: Sequence[Sequence[int]]) -> list[int]:
    """The points below a node of a tree of merges, from left to right."""
    n_points = len(children) + 1
    found, ahead = [], [node]
    while ahead:
        node = ahead.pop()
        if node < n_points:
            found.append(node)
        else:
            ahead.extend(reversed(children[node - n_points]))
    return found


def unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """A vector (D,) at unit length."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float64)


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
    fewest = max(2, round(smallest * field.boundaries[0].size))

    def candidate(label: int) -> _Candidate | None:
        inside = found == label
        ways = [_by_field(inside, field, fewest, by_materials=by_materials)]
        if pixels is not None:
            ways.append(_along_step(inside, pixels, smallest * labels.size))
        return max((way for way in ways if way is not None), key=lambda way: way.rank, default=None)

    candidates = {label: candidate(label) for label in material_of if label not in whole}
    while n_regions is None or len(material_of) < n_regions:
        ahead = {label: way for label, way in candidates.items() if way is not None}
        label = max(ahead, key=lambda label: ahead[label].rank, default=0)
        if label not in ahead or (n_regions is None and ahead[label].log_odds <= 0):
            break
        best, new = ahead[label], len(material_of) + 1
        material_of.append(max(material_of) + 1 if best.of_materials else material_of[label - 1])
        found[best.smaller()] = new  # the larger part keeps the old one
        for side in (side for sides in steps for side in sides if label in side):
            side.add(new)
        if best.is_step and best.log_odds > 0:
            steps.append(({label}, {new}))
        for part in (label, new):
            candidates[part] = candidate(part)
    beside = {pair for sides in steps for pair in product(*sides)}
    return Division(found, material_of, sorted((min(pair), max(pair)) for pair in beside if _touch(found, *pair)))


def _touch(labels: NDArray[np.uint32], first: int, second: int) -> bool:
    return bool((dilated(labels == first) & (labels == second)).any())


def is_divided_otherwise(labels: NDArray[np.uint32], field: TextureField, *, smallest: float = 0.005) -> bool:
    """Whether another division of what two regions cover together is likelier by far.

    A bend contour or contamination may be told from the crystal beside it, where two grains meet more plainly.

    Args:
        labels: uint32 (H, W), 0 where not segmented, regions 1 and 2.
        field: what an encoder sees in the image.
        smallest: share of the image that a part has at least.
    """
    at_points = labels[field.places]
    inside, fewest = at_points > 0, max(2, round(smallest * field.boundaries[0].size))
    is_first = at_points[inside] == 1
    if is_first.all() or not is_first.any():
        return False
    now = max(
        _ranked(_split(vectors, inside, is_first, field.boundaries, sameness), of_materials=of_materials)
        for vectors, sameness, of_materials in _kinds_of(field)
    )
    best = _best_of_kinds(inside, field, fewest, by_materials=True)
    return best is not None and _ranked(best[0], of_materials=best[2]) > now + _RATHER_AS_THEY_ARE


def log_odds_of_grains(first: NDArray[np.bool_], second: NDArray[np.bool_], field: TextureField) -> float:
    """That two regions are two grains; as little as can be where a region has no point of the field.

    Args:
        first: bool (H, W).
        second: bool (H, W), without a pixel of the first.
        field: what an encoder sees in the image.
    """
    return _log_odds(first, second, field, field.grains, field.same_grain)


def log_odds_of_materials(first: NDArray[np.bool_], second: NDArray[np.bool_], field: TextureField) -> float:
    """That two regions are of two materials; arguments as those of `log_odds_of_grains`."""
    return _log_odds(first, second, field, field.materials, field.same_material)


def _log_odds(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    field: TextureField,
    vectors: NDArray[np.float32],
    sameness: Sameness,
) -> float:
    at_points = first[field.places], second[field.places]
    inside = at_points[0] | at_points[1]
    is_first = at_points[0][inside]
    if is_first.all() or not is_first.any():
        return -np.inf
    return _split(vectors, inside, is_first, field.boundaries, sameness).log_odds


def _kinds_of(field: TextureField) -> Sequence[tuple[NDArray[np.float32], Sameness, bool]]:
    """Vectors, what their cosines say, and whether they tell materials, else grains."""
    return (field.materials, field.same_material, True), (field.grains, field.same_grain, False)


def _ranked(split: Split, *, of_materials: bool) -> float:
    return split.log_odds + (RATHER_MATERIALS if of_materials else 0.0)


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A way to divide a region.

    Attributes:
        rank: by which it goes before others.
        log_odds: that the parts are not alike.
        of_materials: whether they are of two materials, else two grains.
        smaller: finds the smaller part, bool (H, W).
        is_step: whether a step parts them.
    """

    rank: float
    log_odds: float
    of_materials: bool
    smaller: Callable[[], NDArray[np.bool_]]
    is_step: bool = False


def _by_field(inside: NDArray[np.bool_], field: TextureField, fewest: int, *, by_materials: bool) -> _Candidate | None:
    """The best way to split a region, bool (H, W), by what an encoder sees in it."""
    best = _best_of_kinds(inside[field.places], field, fewest, by_materials=by_materials)
    if best is None:
        return None
    split, vectors, of_materials = best
    rank = _ranked(split, of_materials=of_materials)
    return _Candidate(rank, split.log_odds, of_materials, lambda: inside & (field.nearest(vectors, split.means) == 1))


def _along_step(inside: NDArray[np.bool_], pixels: NDArray[np.float32], smallest_px: float) -> _Candidate | None:
    """The best way to divide a region, bool (H, W), along a plane of its lattice."""
    step = strongest_step(pixels, inside)
    if step is None or step.log_odds <= _HARDLY:
        return None
    beyond = inside & step.beyond(inside.shape)
    smaller = min(beyond, inside & ~beyond, key=np.count_nonzero)
    if np.count_nonzero(smaller) < smallest_px:
        return None
    odds = step.log_odds + _TOLD
    return _Candidate(odds + RATHER_MATERIALS, odds, of_materials=True, smaller=lambda: smaller, is_step=True)


def _best_of_kinds(
    inside: NDArray[np.bool_], field: TextureField, fewest: int, *, by_materials: bool
) -> tuple[Split, NDArray[np.float32], bool] | None:
    """The best split of a region, bool (h, w) at the points of a field, by which vectors, and whether of materials."""
    found = []
    for vectors, sameness, of_materials in _kinds_of(field)[0 if by_materials else 1 :]:
        split = best_split(vectors, inside, field.boundaries, sameness, fewest)
        if split is not None:
            found.append((split, vectors, of_materials))
    return max(found, key=lambda kind: _ranked(kind[0], of_materials=kind[2]), default=None)
