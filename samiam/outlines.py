"""The outline of a region, finer than its pixels; lengths are in the unit of the pixels' sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from skimage.measure import block_reduce, find_contours

_BLUR_PX = 1.0
"""Takes most of the stairs of the pixels out of a contour and rounds corners by no more than that."""
_STAIRS = 1.0053
"""What is left of them makes contours longer, by this on discs of 15 to 200 px: the median over their positions."""
_BLUR_ENDS = 4  # standard deviations from its middle
_MARGIN_PX = 5  # more than that
FEWEST_PX = 16
"""Of a region that has an outline; fewer are a speck, of no shape."""
_LARGEST_PX = 1024  # longer side of a region whose outline is drawn on its own pixels
_TORN = 0.1  # of its area: a region of which larger pixels gain or lose more is finer than they are


@dataclass(frozen=True, eq=False)
class Outline:
    """A closed contour.

    Attributes:
        points_xy: (N, 2), in order around the region; the first is not repeated.
        stairs: how many times longer than the region's own outline it is, because of the pixels.

    Example:
        >>> square = Outline(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]))
        >>> square.area, square.perimeter, square.feret
        (4.0, 8.0, (2.0, 2.8284271247461903))
    """

    points_xy: NDArray[np.float64]
    stairs: float = 1.0

    @classmethod
    def of(cls, mask: NDArray[np.bool_], sides_xy: tuple[float, float]) -> Outline:
        """The contour around the largest connected part of a mask, its holes filled.

        The mask is blurred by a pixel and cut at one half. That draws a convex outline in by about the square of the
        blur over twice its radius, so it is then grown until it encloses as much as the pixels do: pixels counted have
        no bias, and extents measured from corner to corner or from centre to centre would be too large or too small by
        up to a pixel.

        Args:
            mask: (H, W), one pixel at least.
            sides_xy: width and height of a pixel; the blur is as wide as the longer along both.
        """
        return cls._around(largest_part(mask), sides_xy)

    @classmethod
    def _around(cls, part: NDArray[np.bool_], sides_xy: tuple[float, float]) -> Outline:
        """The same of what is one part."""
        part = _filled(np.pad(part, _margin_px(sides_xy)))
        sigmas_px = [_BLUR_PX * max(sides_xy) / side for side in sides_xy]
        window_px = [2 * round(_BLUR_ENDS * sigma) + 1 for sigma in sigmas_px]
        blurred = cv2.GaussianBlur(part.astype(np.float64), window_px, sigmas_px[0], sigmaY=sigmas_px[1])
        # The maximum, because the blur leaves a few pixels nowhere above one half.
        found = find_contours(blurred, 0.5 * float(blurred.max()))  # type: ignore[no-untyped-call]
        outline = max((cls(contour[:-1, ::-1] * sides_xy) for contour in found), key=lambda one: one.area)
        enclosed = np.count_nonzero(part) * sides_xy[0] * sides_xy[1]
        return cls(outline.points_xy * np.sqrt(enclosed / outline.area), _STAIRS)

    @classmethod
    def of_region(cls, mask: NDArray[np.bool_], sides_xy: tuple[float, float]) -> Outline:
        """The same, on pixels as many times larger as a large region needs, on which it is as smooth.

        A region is in several tables; its outline is drawn once.

        Args:
            mask: (H, W), `FEWEST_PX` at least, connected through sides or corners.
            sides_xy: width and height of a pixel.
        """
        return _drawn(np.packbits(mask).tobytes(), mask.shape, sides_xy)

    @property
    def area(self) -> float:
        """What it encloses."""
        x, y = self.points_xy.T
        return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)

    @property
    def perimeter(self) -> float:
        """Its length."""
        return float(np.hypot(*(np.roll(self.points_xy, -1, axis=0) - self.points_xy).T).sum()) / self.stairs

    @property
    def circularity(self) -> float:
        """4πA/P²: 1 for a disc, less for all else."""
        return float(4 * np.pi * self.area / self.perimeter**2)

    @property
    def solidity(self) -> float:
        """What it encloses as a share of what its convex hull does."""
        return self.area / float(ConvexHull(self.points_xy).volume)  # of two dimensions, an area

    @property
    def feret(self) -> tuple[float, float]:
        """The least and the largest distance between two parallel lines that touch it on either side."""
        corners = self.points_xy[ConvexHull(self.points_xy).vertices]
        edges = np.roll(corners, -1, axis=0) - corners
        normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1) / np.hypot(*edges.T)[:, None]
        across = corners @ normals.T  # the least width of a polygon is across one of its sides
        longest = np.hypot(*(corners[:, None] - corners[None]).transpose(2, 0, 1)).max()
        return float(np.ptp(across, axis=0).min()), float(longest)


@lru_cache(maxsize=64)
def _drawn(bits: bytes, shape_hw: tuple[int, int], sides_xy: tuple[float, float]) -> Outline:
    """The outline of a region whose pixels are bits."""
    pixels = np.unpackbits(np.frombuffer(bits, np.uint8), count=shape_hw[0] * shape_hw[1])
    mask = pixels.reshape(shape_hw).view(np.bool_)
    factor = -(-max(shape_hw) // _LARGEST_PX)
    if factor > 1:
        coarse = largest_part(block_reduce(mask.view(np.uint8), factor, np.mean) >= 0.5)  # type: ignore[no-untyped-call]
        area = np.count_nonzero(mask)
        if abs(np.count_nonzero(coarse) * factor**2 - area) <= _TORN * area:
            return Outline._around(coarse, (sides_xy[0] * factor, sides_xy[1] * factor))
    return Outline._around(mask, sides_xy)


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest part of a mask that is connected through sides or corners."""
    if not mask.size:
        return mask
    n, parts, facts, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)  # 0 is all else
    return mask if n <= 2 else np.asarray(parts == 1 + facts[1:, cv2.CC_STAT_AREA].argmax())


def parts_of(mask: NDArray[np.bool_]) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
    """The parts of a mask that are connected through sides or corners: the box of each, and the part in it."""
    _, parts, facts, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    for number, (left, top, width, height, _) in enumerate(facts[1:].tolist(), start=1):
        box = slice(top, top + height), slice(left, left + width)
        yield box, parts[box] == number


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask with its holes filled: all that cannot be reached from the top left pixel, which is outside."""
    outside = mask.astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 2)
    return np.asarray(outside != 2)


def _margin_px(sides_xy: tuple[float, float]) -> list[tuple[int, int]]:
    """Above and below, left and right."""
    margins = (1 + round(_MARGIN_PX * max(sides_xy) / side) for side in sides_xy[::-1])
    return [(margin, margin) for margin in margins]
