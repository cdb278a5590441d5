"""One pose for a micrograph and all its quarter turns and mirror images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = TypeVar("Pixels", bound=np.generic)


@dataclass(frozen=True)
class Pose:
    """How an image is turned and mirrored: first rows and columns swap places, then they run backwards.

    Attributes:
        swapped: whether rows become columns.
        rows_reversed: whether the last row comes first.
        columns_reversed: whether the last column comes first.
    """

    swapped: bool
    rows_reversed: bool
    columns_reversed: bool

    def apply(self, image: NDArray[Pixels]) -> NDArray[Pixels]:
        """The image (H, W, …) in this pose; turned, one of (H, W) lies in memory row by row as before."""
        return self._reversed(_swapped(image) if self.swapped else image)

    def undo(self, image: NDArray[Pixels]) -> NDArray[Pixels]:
        """What `apply` was given, (H, W, …), of what it gave; likewise."""
        turned = self._reversed(image)
        return _swapped(turned) if self.swapped else turned

    def sampled(
        self, image: NDArray[Pixels], rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]]
    ) -> NDArray[Pixels]:
        """Rows and columns of the image (H, W) in this pose, the rest of which is not turned: (len(rows), …)."""
        height, width = image.shape[::-1] if self.swapped else image.shape
        rows = height - 1 - rows if self.rows_reversed else rows
        columns = width - 1 - columns if self.columns_reversed else columns
        return np.asarray(image[np.ix_(columns, rows)].T if self.swapped else image[np.ix_(rows, columns)])

    def apply_point(self, point_xy: tuple[float, float], shape_hw: tuple[int, int]) -> tuple[float, float]:
        """Where a pixel (x, y) of an image of this shape lies in this pose."""
        x, y = point_xy[::-1] if self.swapped else point_xy
        height, width = shape_hw[::-1] if self.swapped else shape_hw
        return width - 1 - x if self.columns_reversed else x, height - 1 - y if self.rows_reversed else y

    def undo_point(self, point_xy: tuple[float, float], shape_hw: tuple[int, int]) -> tuple[float, float]:
        """Where a pixel (x, y) of an image in this pose, of this shape, was before."""
        x, y = point_xy
        y = shape_hw[0] - 1 - y if self.rows_reversed else y
        x = shape_hw[1] - 1 - x if self.columns_reversed else x
        return (y, x) if self.swapped else (x, y)

    def _reversed(self, image: NDArray[Pixels]) -> NDArray[Pixels]:
        if not (self.rows_reversed or self.columns_reversed):
            return image
        if not _is_plain(image):
            return image[:: -1 if self.rows_reversed else 1, :: -1 if self.columns_reversed else 1]
        import cv2  # settings need not wait for it

        about = -1 if self.rows_reversed and self.columns_reversed else 0 if self.rows_reversed else 1
        return np.asarray(cv2.flip(image.view(_AS_LONG[image.itemsize]), about)).view(image.dtype)


_AS_LONG = {1: np.uint8, 2: np.uint16, 4: np.int32, 8: np.float64}
"""Types of pixels that OpenCV moves about, by their bytes."""


def _is_plain(image: NDArray[Any]) -> bool:
    """Whether OpenCV turns it."""
    return image.ndim == 2 and image.size > 0 and image.itemsize in _AS_LONG


def _swapped(image: NDArray[Pixels]) -> NDArray[Pixels]:
    """Rows as columns; OpenCV takes a fifth of numpy's time where their number is a power of two."""
    if not _is_plain(image):
        return image.swapaxes(0, 1)
    import cv2  # settings need not wait for it

    return np.asarray(cv2.transpose(image.view(_AS_LONG[image.itemsize]))).view(image.dtype)


UPRIGHT = Pose(swapped=False, rows_reversed=False, columns_reversed=False)
"""The pose of an image as it is."""


def canonical_pose(pixels: NDArray[np.floating[Any]]) -> Pose:
    """The pose in which what stands out of an image lies towards its end, along rows at least as much as along columns.

    What stands out is bright or dark, whichever is rarer; so an image and its inverse have one pose.

    Args:
        pixels: (H, W).
    """
    centred = pixels - pixels.dtype.type(pixels.mean(dtype=np.float64))
    if np.mean(centred * centred * centred, dtype=np.float64) < 0:
        centred = -centred
    along_y, along_x = (_moment(centred.mean(axis=axis, dtype=np.float64)) for axis in (1, 0))
    swapped = abs(along_x) > abs(along_y)
    first, second = (along_x, along_y) if swapped else (along_y, along_x)
    return Pose(swapped, first < 0, second < 0)


def _moment(profile: NDArray[np.float64]) -> float:
    """How much of a profile lies beyond its middle rather than before."""
    places = (np.arange(len(profile)) + 0.5) / len(profile) - 0.5
    return float(profile @ places) / len(profile)
