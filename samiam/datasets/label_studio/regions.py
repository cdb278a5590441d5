"""Regions of Label Studio: what the brush painted, polygons, rectangles and ellipses, as masks.

A pixel belongs to a shape where its centre lies in it; that of pixel (row, column) is (column + 1/2, row + 1/2) from
the upper left corner of the image. Of a centre that lies on the outline the point a little to the right of and below it
decides. So shapes that share an edge share no pixel and leave none out, and a rectangle along the edges of pixels is
these pixels. Lengths are in percent of the image's width and height; shapes are turned clockwise, in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samiam.datasets.two_levels import where_painted
from samiam.errors import InputError
from samiam.formats.brush_rle import decode_alpha

_FURTHEST = 1e6
"""Percent within which coordinates must lie, far more than whatever is drawn over an image's edge."""
_MOST_POINTS = 100_000
"""Of a polygon: no hand sets so many."""


class Shape(Protocol):
    """Where a region lies."""

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels, (H, W)."""


@dataclass(frozen=True)
class StudioRegion:
    """A region with one label.

    Attributes:
        label: the material.
        source: where it is from, for messages.
        shape: where it lies.
        shape_hw: of the image that it was drawn on, in pixels.
    """

    label: str
    source: str
    shape: Shape
    shape_hw: tuple[int, int]

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Where it lies, (H, W).

        Raises:
            InputError: if it is of another shape, or the run lengths are damaged.
        """
        if self.shape_hw != shape_hw:
            raise InputError(f"{self.source}: {self.shape_hw} pixels, but the image has {shape_hw}; export both again.")
        try:
            return self.shape.mask(shape_hw)
        except InputError as error:
            raise InputError(f"{self.source}: {error}") from error


@dataclass(frozen=True)
class Brush:
    """What the brush painted.

    Attributes:
        rle: its run lengths, see `samiam.formats.brush_rle`.
    """

    rle: bytes

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels, (H, W).

        Raises:
            InputError: if the run lengths are damaged or of another image.
        """
        return where_painted(decode_alpha(self.rle, shape_hw), "brush RLE")


@dataclass(frozen=True)
class Polygon:
    """A polygon, filled as browsers fill it: whatever its outline goes around, also where it crosses itself.

    Attributes:
        points: at least 3 corners (x, y) in percent.

    Example:
        >>> Polygon([(0, 0), (50, 0), (50, 100), (0, 100)]).mask((1, 4))
        array([[ True,  True, False, False]])
    """

    points: Sequence[tuple[float, float]]

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels, (H, W)."""
        return filled(np.array(self.points) / 100 * shape_hw[::-1], shape_hw)


@dataclass(frozen=True)
class Rectangle:
    """A rectangle, turned about its upper left corner.

    Attributes:
        x: of that corner, in percent of the width.
        y: of that corner, in percent of the height.
        width: in percent of the width.
        height: in percent of the height.
        rotation: clockwise, in degrees.
    """

    x: float
    y: float
    width: float
    height: float
    rotation: float

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels, (H, W)."""
        along_x, along_y = _axes(self.rotation)
        per_percent = np.array(shape_hw[::-1]) / 100
        corner = (self.x, self.y) * per_percent
        wide, high = (self.width, self.height) * per_percent
        sides = wide * along_x, high * along_y
        return filled(np.array([corner, corner + sides[0], corner + sides[0] + sides[1], corner + sides[1]]), shape_hw)


@dataclass(frozen=True)
class Ellipse:
    """An ellipse, turned about its centre.

    Attributes:
        x: of the centre, in percent of the width.
        y: of the centre, in percent of the height.
        radius_x: in percent of the width.
        radius_y: in percent of the height.
        rotation: clockwise, in degrees.
    """

    x: float
    y: float
    radius_x: float
    radius_y: float
    rotation: float

    def mask(self, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Its pixels, (H, W): the outline itself is outside."""
        height, width = shape_hw
        along_x, along_y = _axes(self.rotation)
        radius_x, radius_y = self.radius_x * width / 100, self.radius_y * height / 100
        if radius_x == 0 or radius_y == 0:
            return np.zeros(shape_hw, bool)
        rows, columns = np.ogrid[:height, :width]
        right, down = columns + 0.5 - self.x * width / 100, rows + 0.5 - self.y * height / 100
        with np.errstate(over="ignore"):  # beside a radius of next to nothing everything is infinitely far
            u = (right * along_x[0] + down * along_x[1]) / radius_x
            v = (right * along_y[0] + down * along_y[1]) / radius_y
        return np.asarray(np.hypot(u, v) < 1)


def _axes(rotation: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The directions (x, y) of width and height turned clockwise; exact for whole quarters."""
    quarters, rest = divmod(rotation, 90)
    angle = math.radians(rest)
    along_x = np.array([math.cos(angle), math.sin(angle)])
    for _ in range(int(quarters) % 4):
        along_x = np.array([-along_x[1], along_x[0]])
    return along_x, np.array([-along_x[1], along_x[0]])


def filled(corners_xy: NDArray[np.float64], shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose centres an outline goes around, (H, W).

    Along each row, an edge that crosses the line of centres changes from there on how often they are gone around.

    Args:
        corners_xy: (N, 2), in pixels; the last is joined to the first.
        shape_hw: of the image.
    """
    height, width = shape_hw
    turns = np.zeros((height, width + 1), np.int32)
    for (x0, y0), (x1, y1) in zip(corners_xy, np.roll(corners_xy, -1, axis=0), strict=True):
        # Rows whose centres lie within [top, bottom): a corner belongs to one of the two edges that meet there.
        first, last = (int(np.clip(math.ceil(y - 0.5), 0, height)) for y in sorted((y0, y1)))
        if first == last:
            continue
        rows = np.arange(first, last)
        crossings = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.clip(np.ceil(crossings - 0.5), 0, width).astype(np.intp)
        turns[rows, columns] += 1 if y1 > y0 else -1
    return np.asarray(turns.cumsum(axis=1)[:, :width] != 0)


def shape_of(value: Mapping[str, Any]) -> Shape | None:
    """The shape that a result's value describes, whatever its kind is called; None if it is none that can be read.

    Raises:
        ValueError: or another error of Python's, if it is not as Label Studio writes it.
    """
    if "rle" in value:
        return Brush(bytes(list(value["rle"])))  # of a single number bytes() would make as many zeros
    if "points" in value:
        return _polygon(value)
    if {"radiusX", "radiusY"} <= value.keys():
        x, y, radius_x, radius_y, rotation = _numbers(value, "x", "y", "radiusX", "radiusY", "rotation")
        return Ellipse(x, y, _length(radius_x), _length(radius_y), rotation)
    if {"width", "height"} <= value.keys():
        x, y, width, height, rotation = _numbers(value, "x", "y", "width", "height", "rotation")
        return Rectangle(x, y, _length(width), _length(height), rotation)
    return None


def _polygon(value: Mapping[str, Any]) -> Polygon:
    points = [(_number(x), _number(y)) for x, y in value["points"]]
    if not 3 <= len(points) <= _MOST_POINTS or value.get("closed", True) is not True:
        raise InputError(f"a polygon of {len(points)} corners that is not closed; close it, or delete it")
    return Polygon(points)


def _numbers(value: Mapping[str, Any], *names: str) -> list[float]:
    return [_number(value.get(name, 0) if name == "rotation" else value[name]) for name in names]


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= _FURTHEST:
        raise ValueError(given)
    return float(given)


def _length(given: float) -> float:
    if given < 0:
        raise ValueError(given)
    return given
