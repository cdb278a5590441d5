"""Which textures an image has, as a tree: each is split into the two that differ most within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list

from samiam.compact.looks import Look
from samiam.texture.linking import average_linkage

_MOST_POINTS = 1600
"""Points that are clustered: average linkage takes time and memory by the square of their number."""
_ON_BOUNDARY = 0.5
"""A point is left out where a boundary is likelier than none."""


@dataclass(frozen=True, eq=False)
class Texture:
    """A group of points that look alike.

    Attributes:
        mean: float32 (16,), the mean of their vectors, of unit length.
        spread: cosine distance at which the group falls apart into two; where it does not, that of its last merge.
        apart: cosine distance between the group and the one that it was split from.
        share: of all points.
        parts: the two groups that it falls apart into, or none.
    """

    mean: NDArray[np.float32]
    spread: float
    apart: float
    share: float
    parts: tuple[Texture, ...]


def texture_tree(look: Look, least_share: float) -> Texture | None:
    """The whole image as one texture, and what it falls apart into.

    Points of a coarse grid are merged by average linkage of the cosine distances between their vectors. Groups of too
    few points, as lie along an interface, are left out.

    Args:
        look: at the image.
        least_share: smallest share of the points that makes a texture.

    Returns:
        The root; None for a look of fewer than two points.
    """
    vectors = _points(look)
    if len(vectors) < 2:
        return None
    merges = average_linkage(vectors)
    side_by_side = vectors[leaves_list(merges)]  # so that those of each merge lie together
    root = _Merge(merges, len(merges), 0, len(vectors))
    return _texture(root, 0.0, side_by_side, max(2, least_share * len(vectors)))


@dataclass(frozen=True, eq=False)
class _Merge:
    """A merge of a linkage, or a single point.

    Attributes:
        merges: float64 (n - 1, 4), the linkage.
        place: of the merge among them, from 1 on; that of a point is 0 or less.
        first: where its points begin in the order of the leaves.
        count: of its points.
    """

    merges: NDArray[np.float64]
    place: int
    first: int
    count: int

    @property
    def distance(self) -> float:
        """At which its two parts were merged; 0 for a point."""
        return float(self.merges[self.place - 1, 2]) if self.place > 0 else 0.0

    @property
    def parts(self) -> tuple[_Merge, ...]:
        """The two that were merged; none of a point."""
        if self.place <= 0:
            return ()
        left, right = (int(number) - len(self.merges) for number in self.merges[self.place - 1, :2])
        n_left = int(self.merges[left - 1, 3]) if left > 0 else 1
        return (
            _Merge(self.merges, left, self.first, n_left),
            _Merge(self.merges, right, self.first + n_left, self.count - n_left),
        )


def _texture(merge: _Merge, apart: float, vectors: NDArray[np.float64], least: float) -> Texture:
    """The texture of a merge and of all that was merged."""
    while parts := merge.parts:  # the few points that only ever join late are left out
        small, large = sorted(parts, key=lambda part: part.count)
        if small.count >= least or large.count < least:
            break
        merge = large
    mean = vectors[merge.first : merge.first + merge.count].mean(axis=0)
    children = () if any(part.count < least for part in merge.parts) else merge.parts
    textures = tuple(_texture(child, merge.distance, vectors, least) for child in children)
    unit = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float32)
    return Texture(unit, merge.distance, apart, merge.count / len(vectors), textures)


def _points(look: Look) -> NDArray[np.float64]:
    """Vectors (n, 16) at points of a coarse grid that lie on no boundary."""
    _, height, width = look.vectors.shape
    step = max(1, int(np.ceil(np.sqrt(height * width / _MOST_POINTS))))
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    vectors = look.vectors[:, *grid].reshape(len(look.vectors), -1).T.astype(np.float64)
    inside = (look.boundaries[grid] < _ON_BOUNDARY).ravel()
    return vectors[inside] if inside.sum() >= 2 else vectors
