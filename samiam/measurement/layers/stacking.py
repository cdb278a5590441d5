"""Which way layers are stacked, and materials along lines that cross them.

Places are (x, y) in a unit of length from the centre of the top left pixel, so that pixels need not be square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from samiam.records.showing import nearest

# Chosen by hand on scenes of `simulate.scenes` with seeds from 5000 on, which no result in the docs is of.
_REDUCED_PX = 512  # side of the image on which directions are looked at
_SMOOTHED_PX = 2.0  # of it: takes the stairs of pixels off interfaces
_ONE_DIRECTION = 0.5  # coherence of the edges of materials, 0 for discs, 1 for parallel lines
_MOST_LINES = 1024  # across the layers: as many as the pixels of a usual image
_LINES_AT_ONCE = 16  # that are looked at, for the sake of the processor's cache
OUTSIDE = -1
"""The material of what is beyond the image, or not shown."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crossing:
    """The materials along parallel lines that cross the layers.

    Attributes:
        materials: int32 (n, m), along each of n lines the material of m points, 0 where none is, `OUTSIDE` beyond.
        origin_xy: of the first point of the first line.
        along_xy: unit vector along the layers, from line to line.
        across_xy: unit vector across them, from point to point: down, or to the right where they stand upright.
        line_step: from line to line.
        step: from point to point.
    """

    materials: NDArray[np.int32]
    origin_xy: Floats
    along_xy: Floats
    across_xy: Floats
    line_step: float
    step: float

    def places(self, lines: ArrayLike, points: ArrayLike) -> Floats:
        """Places (…, 2) of points, counted in steps, on lines."""
        along, across = np.asarray(lines, np.float64) * self.line_step, np.asarray(points, np.float64) * self.step
        of_axes = zip(self.origin_xy, self.along_xy, self.across_xy, strict=True)
        return np.stack([origin + (along * line + across * point) for origin, line, point in of_axes], axis=-1)


def across_layers(
    materials: NDArray[np.int32], shown: NDArray[np.bool_] | None, sides_xy: tuple[float, float]
) -> Floats | None:
    """The unit vector across the layers; None where the edges of materials have no direction.

    Args:
        materials: (H, W), 0 where none is.
        shown: bool (H, W), None where all is; edges of what is not are no interfaces.
        sides_xy: width and height of a pixel.
    """
    height, width = materials.shape
    factor = max(1.0, max(height, width) / _REDUCED_PX)
    shape = max(4, round(height / factor)), max(4, round(width / factor))
    reduced = nearest(materials, shape)
    steps_xy = sides_xy[0] * width / shape[1], sides_xy[1] * height / shape[0]
    counts = ndimage.uniform_filter(nearest(shown, shape).astype(np.float32), 7) > 0.999 if shown is not None else 1.0
    tensor = np.zeros((2, 2))
    for material in np.unique(reduced[reduced > 0]):
        smooth = ndimage.gaussian_filter((reduced == material).astype(np.float32), _SMOOTHED_PX, mode="nearest")
        slope_y, slope_x = (slope * counts for slope in np.gradient(smooth, *steps_xy[::-1]))
        xy = np.sum(slope_x * slope_y)
        tensor += [[np.sum(slope_x**2), xy], [xy, np.sum(slope_y**2)]]
    weak, strong = np.linalg.eigvalsh(tensor)
    if strong <= 0 or strong - weak < _ONE_DIRECTION * (strong + weak):
        return None
    x, y = np.linalg.eigh(tensor)[1][:, 1]
    is_flat = abs(y) >= np.sin(np.deg2rad(45))
    return np.asarray(np.array([x, y]) * np.sign(y if is_flat else x), np.float64)


def crossed(
    materials: NDArray[np.int32], shown: NDArray[np.bool_] | None, sides_xy: tuple[float, float], across_xy: Floats
) -> Crossing:
    """The materials along lines in a direction, over all of the image.

    Args:
        materials: (H, W), 0 where none is.
        shown: bool (H, W), None where all is.
        sides_xy: width and height of a pixel.
        across_xy: unit vector.
    """
    height, width = materials.shape
    along_xy = np.array([across_xy[1], -across_xy[0]])
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]]) * sides_xy
    (first_line, last_line), (first, last) = (
        (float((corners @ axis).min()), float((corners @ axis).max())) for axis in (along_xy, across_xy)
    )
    step = min(sides_xy)
    line_step = max(step, (last_line - first_line) / (_MOST_LINES - 1))
    n = max(1, int((last_line - first_line) / line_step + 1e-9) + 1), int(np.ceil((last - first) / step)) + 1
    start_line = (first_line + last_line - (n[0] - 1) * line_step) / 2
    start = (first + last - (n[1] - 1) * step) / 2
    origin_xy = start_line * along_xy + start * across_xy
    inside = np.full(n, OUTSIDE, np.int32)
    crossing = Crossing(inside, origin_xy, along_xy, across_xy, line_step, step)
    known = np.pad(materials if shown is None else np.where(shown, materials, OUTSIDE), 1, constant_values=OUTSIDE)
    points = np.arange(n[1])
    for first_of_some in range(0, n[0], _LINES_AT_ONCE):
        lines = np.arange(first_of_some, min(first_of_some + _LINES_AT_ONCE, n[0]))
        x, y = np.moveaxis(np.rint(crossing.places(lines[:, None], points) / sides_xy), -1, 0)
        columns, rows = (np.clip(at, -1, side).astype(np.intp) + 1 for at, side in ((x, width), (y, height)))
        inside[lines] = known[rows, columns]
    return crossing
