"""Regions into finer ones by what an encoder sees in them: grains of a material, and materials that masks missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    labels: NDArray[np.uint32]
    material_of: list[int]


def divided(
    labels: NDArray[np.uint32],
    field: TextureField,
    n_regions: int | None = None,
    *,
    by_materials: bool = True,
    whole: Collection[int] = (),
    smallest: float = 0.005,
) -> Division:
    """Divide regions, the most distinct split first.

    A region is split by the vectors of materials or by those of grains, whichever says more.

    Args:
        labels: uint32 (H, W), 0 where not segmented, regions 1, 2, ….
        field: what an encoder sees in the image.
        n_regions: split until there are so many, whatever is likely; None to split while parts are rather not alike.
        by_materials: whether regions may be of several materials; else they are split by grains only.
        whole: regions that stay as they are.
        smallest: share of the image that a part has at least.

    Returns:
        The regions; fewer than `n_regions` where none can be split any more.
    """
    found, material_of = labels.copy(), numbers_in(labels)
    fewest = max(2, round(smallest * field.boundaries[0].size))
    at_points = found[field.places]
    may_divide = [label for label in material_of if label not in whole]
    candidates = {label: _candidate(at_points == label, field, fewest, by_materials) for label in may_divide}
    while n_regions is None or len(material_of) < n_regions:
        label = max(candidates, key=lambda label: candidates[label].rank, default=0)
        best = candidates.get(label)
        if best is None or best.split is None or (n_regions is None and best.split.log_odds <= 0):
            break
        material_of.append(max(material_of) + 1 if best.of_materials else material_of[label - 1])
        nearer_smaller = field.nearest(best.vectors, best.split.means) == 1
        found[(found == label) & nearer_smaller] = len(material_of)  # the larger part keeps the old one
        at_points = found[field.places]
        for part in (label, len(material_of)):
            candidates[part] = _candidate(at_points == part, field, fewest, by_materials)
    return Division(found, material_of)


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
    return _candidate(inside, field, fewest, by_materials=True).rank > now + _RATHER_AS_THEY_ARE


def log_odds_of_grains(first: NDArray[np.bool_], second: NDArray[np.bool_], field: TextureField) -> float:
    """That two regions are two grains; as little as can be where a region has no point of the field.

    Args:
        first: bool (H, W).
        second: bool (H, W), without a pixel of the first.
        field: what an encoder sees in the image.
    """
    at_points = first[field.places], second[field.places]
    inside = at_points[0] | at_points[1]
    is_first = at_points[0][inside]
    if is_first.all() or not is_first.any():
        return -np.inf
    return _split(field.grains, inside, is_first, field.boundaries, field.same_grain).log_odds


def _kinds_of(field: TextureField) -> Sequence[tuple[NDArray[np.float32], Sameness, bool]]:
    """Vectors, what their cosines say, and whether they tell materials, else grains."""
    return (field.materials, field.same_material, True), (field.grains, field.same_grain, False)


def _ranked(split: Split, *, of_materials: bool) -> float:
    return split.log_odds + (RATHER_MATERIALS if of_materials else 0.0)


@dataclass(frozen=True, eq=False)
class _Candidate:
    """How a region would be split, and by which vectors."""

    split: Split | None
    rank: float
    vectors: NDArray[np.float32]
    of_materials: bool = True


def _candidate(inside: NDArray[np.bool_], field: TextureField, fewest: int, by_materials: bool) -> _Candidate:
    """The best way to split a region, bool (h, w) at the points of the field."""
    found = []
    for vectors, sameness, of_materials in _kinds_of(field)[0 if by_materials else 1 :]:
        split = best_split(vectors, inside, field.boundaries, sameness, fewest)
        if split is not None:
            found.append(_Candidate(split, _ranked(split, of_materials=of_materials), vectors, of_materials))
    return max(found, key=lambda candidate: candidate.rank, default=_Candidate(None, -np.inf, field.materials))
