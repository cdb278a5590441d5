"""Which textures an image has, as a tree: each is split into the two that differ most within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import ClusterNode, linkage, to_tree

from samiam.compact.looks import Look

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
    root = to_tree(linkage(vectors, "average", metric="cosine"))
    return _texture(root, 0.0, vectors, max(2, least_share * len(vectors)))


def _texture(node: ClusterNode, apart: float, vectors: NDArray[np.float64], least: float) -> Texture:
    """The texture of a merge and of all that was merged."""
    while not node.is_leaf():  # the few points that only ever join late are left out
        small, large = sorted((node.get_left(), node.get_right()), key=lambda child: child.count)
        if small.count >= least or large.count < least:
            break
        node = large
    mean = vectors[node.pre_order()].mean(axis=0)
    children = [] if node.is_leaf() else [node.get_left(), node.get_right()]
    if any(child.count < least for child in children):
        children = []
    parts = tuple(_texture(child, float(node.dist), vectors, least) for child in children)
    unit = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float32)
    return Texture(unit, float(node.dist), apart, node.count / len(vectors), parts)


def _points(look: Look) -> NDArray[np.float64]:
    """Vectors (n, 16) at points of a coarse grid that lie on no boundary."""
    _, height, width = look.vectors.shape
    step = max(1, int(np.ceil(np.sqrt(height * width / _MOST_POINTS))))
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    vectors = look.vectors[:, *grid].reshape(len(look.vectors), -1).T.astype(np.float64)
    inside = (look.boundaries[grid] < _ON_BOUNDARY).ravel()
    return vectors[inside] if inside.sum() >= 2 else vectors
