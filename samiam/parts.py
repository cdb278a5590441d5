"""Connected parts of an image of regions, by runs along its rows: few where regions are large, however many pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of pixels of one value that hang together by their sides, numbered from 0.

    Attributes:
        shape_hw: of the image.
        starts: int64 (R,), the first pixel of each run of equal values, in reading order; no run goes over a row's end.
        part_of_run: int (R,), the part that each run is of.

    Example:
        >>> parts = Parts.of(np.array([[1, 1, 2], [2, 1, 2]]))
        >>> parts.sizes.tolist(), parts.drawn(parts.sizes == 1).tolist()
        ([3, 2, 1], [[False, False, False], [True, False, False]])
    """

    shape_hw: tuple[int, int]
    starts: NDArray[np.int64]
    part_of_run: NDArray[np.integer]

    @classmethod
    def of(cls, values: NDArray[np.generic]) -> Parts:
        """The parts of an image (H, W)."""
        height, width = values.shape
        begins = np.ones((height, width), np.bool_)
        np.not_equal(values[:, 1:], values[:, :-1], out=begins[:, 1:])
        starts = np.flatnonzero(begins)
        ends = np.append(starts[1:], values.size)
        of_run = values.ravel()[starts]
        # The runs of the row below that lie under each run, one after the other.
        first, last = np.searchsorted(ends, starts + width, "right"), np.searchsorted(starts, ends + width, "left")
        counts = np.maximum(last - first, 0)
        upper = np.repeat(np.arange(len(starts)), counts)
        lower = np.arange(len(upper)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        alike = of_run[upper] == of_run[lower]
        links = sparse.coo_array((np.ones(int(alike.sum()), np.bool_), (upper[alike], lower[alike])), 2 * [len(starts)])
        return cls((height, width), starts, csgraph.connected_components(links, directed=False)[1])

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """The pixels of each part."""
        return np.bincount(self.part_of_run, weights=self._lengths).astype(np.int64)

    def reached_by(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which parts have a pixel in a mask (H, W)."""
        reached = np.zeros(len(self.sizes), np.bool_)
        reached[self.part_of_run[np.logical_or.reduceat(mask.ravel(), self.starts)]] = True
        return reached

    def drawn(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pixels (H, W) of some parts."""
        return np.repeat(chosen[self.part_of_run], self._lengths).reshape(self.shape_hw)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        return np.diff(self.starts, append=self.shape_hw[0] * self.shape_hw[1])
