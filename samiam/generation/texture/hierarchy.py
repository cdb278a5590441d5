"""A tree of regions: superpixels merged two at a time, nearest texture first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from skimage.segmentation import slic
from sklearn.cluster import ward_tree


@dataclass(frozen=True, eq=False)
class RegionTree:
    """A binary tree over n superpixels: nodes 0 … n - 1 are superpixels, node n + k unites `children[k]`.

    Attributes:
        superpixels: int64 (h, w), the superpixel of each point, 0 … n - 1.
        children: int64 (n - 1, 2).
        heights: float64 (2n - 1,), Ward's distance at which a node was formed; 0 for superpixels.
        sizes: int64 (2n - 1,), points in each node.
        means: float64 (2n - 1, F), mean texture of each node.
    """

    superpixels: NDArray[np.int64]
    children: NDArray[np.int64]
    heights: NDArray[np.float64]
    sizes: NDArray[np.int64]
    means: NDArray[np.float64]

    @property
    def parents(self) -> NDArray[np.int64]:
        """int64 (2n - 1,), the node that unites each node with its sibling; -1 for the root."""
        parents = np.full(len(self.sizes), -1, np.int64)
        parents[self.children] = len(self.children) + 1 + np.arange(len(self.children))[:, None]
        return parents

    def split_distances(self) -> NDArray[np.float64]:
        """float64 (n - 1,), how far apart the mean textures of each node's two children are."""
        left, right = self.children.T
        return np.asarray(np.linalg.norm(self.means[left] - self.means[right], axis=1))

    def region(self, node: int) -> NDArray[np.bool_]:
        """The points of a node, bool (h, w)."""
        n, inside, open_nodes = len(self.children) + 1, np.zeros(len(self.sizes), np.bool_), [node]
        while open_nodes:
            current = open_nodes.pop()
            inside[current] = True
            if current >= n:
                open_nodes += self.children[current - n].tolist()
        return inside[self.superpixels]


def region_tree(features: NDArray[np.float32], n_superpixels: int, compactness: float) -> RegionTree:
    """Cut a texture map into superpixels (SLIC) and merge neighbours by Ward's criterion until one region is left.

    Args:
        features: float32 (h, w, F).
        n_superpixels: about how many to start from.
        compactness: weight of nearness in space against nearness in texture.
    """
    superpixels = slic(
        features,
        n_superpixels,
        compactness,
        channel_axis=-1,
        convert2lab=False,
        start_label=0,
        enforce_connectivity=True,
    ).astype(np.int64)
    n = int(superpixels.max()) + 1
    sizes = np.bincount(superpixels.ravel(), minlength=n)
    channels = np.moveaxis(features.astype(np.float64), -1, 0)
    means = np.stack([ndimage.mean(channel, superpixels, np.arange(n)) for channel in channels], axis=1)
    if n == 1:
        return RegionTree(superpixels, np.zeros((0, 2), np.int64), np.zeros(1), sizes, means)
    children, _, _, _, distances = ward_tree(means, connectivity=_neighbours(superpixels, n), return_distance=True)
    sizes = np.concatenate([sizes, np.zeros(n - 1, np.int64)])
    means = np.concatenate([means, np.zeros((n - 1, means.shape[1]))])
    for node, pair in enumerate(children, start=n):
        sizes[node] = sizes[pair].sum()
        means[node] = sizes[pair] @ means[pair] / sizes[node]
    return RegionTree(superpixels, children.astype(np.int64), np.concatenate([np.zeros(n), distances]), sizes, means)


def _neighbours(superpixels: NDArray[np.int64], n: int) -> sparse.csr_matrix:
    """Which superpixels touch along an edge."""
    right = np.stack([superpixels[:, :-1].ravel(), superpixels[:, 1:].ravel()])
    down = np.stack([superpixels[:-1].ravel(), superpixels[1:].ravel()])
    first, second = np.concatenate([right, down], axis=1)
    touching = first != second
    graph = sparse.coo_matrix((np.ones(touching.sum()), (first[touching], second[touching])), shape=(n, n))
    return (graph + graph.T).tocsr()
