"""A region in two parts: the two that differ most, and how likely two given ones are not alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.morphology import dilated, eroded
from samiam.texture import Sameness, TextureField
from samiam.texture.linking import average_linkage

_MOST_POINTS = 700
"""Points of a region that are clustered: average linkage takes time and memory by the square of their number."""
_REFINEMENTS = 8
"""Rounds, at most, in which the points of two parts go to the nearer mean; more change nothing."""
_NO_BOUNDARY = 0.003  # what the network says far from any


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


def fewest_points(smallest: float, field: TextureField) -> int:
    """How many points of a field make up a share of the image; a part has two at least."""
    n_points: int = field.boundaries[0].size
    return max(2, round(smallest * n_points))


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
    return None if is_first is None else split_into(vectors, inside, is_first, boundaries, sameness)


def split_into(
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
    return split_into(vectors, inside, is_first, field.boundaries, sameness).log_odds
