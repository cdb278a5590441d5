"""Pixels of an image that a tool means: a part of a mask with its place, and what strokes and lassos cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError

Point = tuple[float, float]
_MOST_POINTS = 20_000  # of a stroke: minutes of drawing


@dataclass(frozen=True, eq=False)
class Area:
    """Some pixels of an image.

    Attributes:
        top: the row of the image that row 0 of `inside` is.
        left: likewise the column.
        inside: bool (h, w), which pixels of that box; the box is tight but for an empty area, which is 0 × 0.

    Example:
        >>> area = Area.of(np.array([[False, False], [False, True]]))
        >>> area.top, area.left, area.inside.tolist(), area.size
        (1, 1, [[True]], 1)
    """

    top: int
    left: int
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, mask: NDArray[np.bool_], top: int = 0, left: int = 0) -> Area:
        """Where a mask (H, W) is true; its first pixel is at (top, left) of the image."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return cls(top, left, np.zeros((0, 0), np.bool_))
        first_row, first_column = int(rows[0]), int(columns[0])
        inside = mask[first_row : rows[-1] + 1, first_column : columns[-1] + 1]
        return cls(top + first_row, left + first_column, inside)

    @property
    def size(self) -> int:
        """Its pixels."""
        return int(np.count_nonzero(self.inside))

    @property
    def box(self) -> tuple[slice, slice]:
        """The rows and columns of the image that it lies in."""
        height, width = self.inside.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def within(self, region: NDArray[np.bool_]) -> Area:
        """The part of it that is in a mask of the whole image too."""
        return Area.of(self.inside & region[self.box], self.top, self.left)

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """It as a mask of the whole image."""
        whole = np.zeros(shape_hw, np.bool_)
        whole[self.box] = self.inside
        return whole


def stroke(points_xy: Sequence[Point], radius_px: float, shape_hw: tuple[int, int]) -> Area:
    """What a round brush covers that is led from point to point.

    Args:
        points_xy: at least one, in pixels.
        radius_px: of the brush, more than 0; 0.5 covers single pixels.
        shape_hw: of the image.

    Raises:
        InputError: if there is no point, one is no number, or the radius is impossible.
    """
    points = _checked(points_xy, 1)
    if not 0 < radius_px <= max(shape_hw):
        raise InputError(f"a brush of {radius_px:g} px: give a radius above 0 and at most {max(shape_hw)}.")
    reach = int(np.ceil(radius_px)) + 2
    (left, top), canvas = _canvas_around(points, reach, shape_hw)
    if not canvas.size:
        return Area(0, 0, canvas.view(np.bool_))
    moved = np.rint(points - (left, top)).astype(np.int32)
    cv2.polylines(canvas, [moved.reshape(-1, 1, 2)], False, 1, thickness=max(1, round(2 * radius_px)))
    for x, y in moved[[0, -1]].tolist():  # the ends of thin lines are not round
        cv2.circle(canvas, (x, y), round(radius_px - 0.5), 1, thickness=-1)
    return Area.of(canvas.view(np.bool_), top, left)


def lasso(points_xy: Sequence[Point], shape_hw: tuple[int, int]) -> Area:
    """What lies within a closed line.

    Args:
        points_xy: at least three, in pixels; the last is joined to the first.
        shape_hw: of the image.

    Raises:
        InputError: if there are fewer points, or one is no number.
    """
    points = _checked(points_xy, 3)
    (left, top), canvas = _canvas_around(points, 1, shape_hw)
    if canvas.size:
        cv2.fillPoly(canvas, [np.rint(points - (left, top)).astype(np.int32).reshape(-1, 1, 2)], 1)
    return Area.of(canvas.view(np.bool_), top, left)


def rectangle(box_xyxy: tuple[float, float, float, float], shape_hw: tuple[int, int]) -> Area:
    """The pixels of a box x0, y0, x1, y1 as far as it lies in the image; at least one.

    Raises:
        InputError: if it lies beside the image.
    """
    corners = _checked([box_xyxy[:2], box_xyxy[2:]], 2)
    x0, y0 = np.floor(corners.min(axis=0)).astype(int).clip(0).tolist()
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int), shape_hw[::-1]).tolist()
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    if x1 > shape_hw[1] or y1 > shape_hw[0]:
        raise InputError(f"box {','.join(f'{value:g}' for value in box_xyxy)} lies outside of the image.")
    return Area(y0, x0, np.ones((y1 - y0, x1 - x0), np.bool_))


def touching(mask: NDArray[np.bool_], seed: Area) -> NDArray[np.bool_]:
    """The connected parts of a mask that an area reaches into, and the area itself."""
    whole = mask.copy()
    whole[seed.box] |= seed.inside
    parts, _ = ndimage.label(whole)
    reached = np.unique(parts[seed.box][seed.inside])
    return np.asarray(np.isin(parts, reached[reached > 0]))


def _checked(points_xy: Sequence[Point], fewest: int) -> NDArray[np.float64]:
    points = np.asarray(points_xy, np.float64).reshape(-1, 2)
    if not fewest <= len(points) <= _MOST_POINTS:
        raise InputError(f"{len(points)} points: draw with {fewest} to {_MOST_POINTS:,}.")
    if not (np.abs(points) < 1e6).all():  # NaN neither
        raise InputError("a point of the drawing is no place near the image; draw within it.")
    return points


def _canvas_around(
    points: NDArray[np.float64], reach: int, shape_hw: tuple[int, int]
) -> tuple[tuple[int, int], NDArray[np.uint8]]:
    """The corner (x, y) and the pixels, all 0, of the part of the image around some points."""
    low = np.maximum(np.floor(points.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + reach + 1, shape_hw[::-1])
    width, height = np.maximum(high - low, 0).tolist()
    return (int(low[0]), int(low[1])), np.zeros((height, width), np.uint8)
