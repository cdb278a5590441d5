"""Which textures an image has, from few that differ much to many that differ little."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import ClusterNode, linkage, to_tree

from samiam.field import Field

_MOST_POINTS = 1600
_ON_BOUNDARY = 0.5


@dataclass(frozen=True, eq=False)
class Texture:
    """A group of points that look alike.

    Attributes:
        mean: float32 (16,), the mean of their vectors, of unit length.
        spread: cosine distance at which the group falls apart into two; where it does not, that of its last merge.
        apart: cosine distance between the group and the one that it was split from.
        share: of all points.
    """

    mean: NDArray[np.float32]
    spread: float
    apart: float
    share: float


def texture_levels(field: Field, most: int, least_share: float) -> list[list[Texture]]:
    """The textures of an image at rising detail: two of them, then three, …, each level splitting the loosest.

    Points of a coarse grid are merged by the mean cosine distance of their vectors. Groups of too few points, as
    lie along an interface, are left out.

    Args:
        field: of the image.
        most: number of textures at the last level, at least 1.
        least_share: smallest share of the points that makes a texture.

    Returns:
        At most `most` levels; the first is the whole image as one texture.
    """
    vectors = _points(field)
    if len(vectors) < 2:
        return []
    root = to_tree(linkage(vectors, "average", metric="cosine"))
    least = max(2, least_share * len(vectors))

    def texture(node: ClusterNode, apart: float) -> Texture:
        mean = vectors[node.pre_order()].mean(axis=0)
        unit = mean / max(float(np.linalg.norm(mean)), 1e-6)
        return Texture(unit.astype(np.float32), float(node.dist), apart, node.count / len(vectors))

    node = _solid(root, least)
    open_nodes, current = [(-node.dist, node.id, node)], {node.id: texture(node, 0.0)}
    levels = [list(current.values())]
    while open_nodes and len(levels) < most:
        _, _, node = heapq.heappop(open_nodes)
        children = [node.get_left(), node.get_right()]
        if node.is_leaf() or min(child.count for child in children) < least:
            continue
        del current[node.id]
        for child in (_solid(child, least) for child in children):
            current[child.id] = texture(child, float(node.dist))
            heapq.heappush(open_nodes, (-child.dist, child.id, child))
        levels.append(list(current.values()))
    return levels


def _solid(node: ClusterNode, least: float) -> ClusterNode:
    """The group without the few points that only ever join it late."""
    while not node.is_leaf():
        small, large = sorted((node.get_left(), node.get_right()), key=lambda child: child.count)
        if small.count >= least or large.count < least:
            break
        node = large
    return node


def _points(field: Field) -> NDArray[np.float64]:
    """Vectors (n, 16) at points of a coarse grid that lie on no boundary."""
    _, height, width = field.vectors.shape
    step = max(1, int(np.ceil(np.sqrt(height * width / _MOST_POINTS))))
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    vectors = field.vectors[:, *grid].flatten(1).T.numpy().astype(np.float64)
    inside = (field.boundaries[grid] < _ON_BOUNDARY).flatten().numpy()
    return vectors[inside] if inside.sum() >= 2 else vectors
