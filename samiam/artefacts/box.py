"""Rectangles of pixels."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """Rows and columns, the ends exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    def grown(self, px: int, shape_hw: tuple[int, int]) -> Box:
        """With a margin, within the image."""
        return Box(
            max(0, self.top - px),
            max(0, self.left - px),
            min(shape_hw[0], self.bottom + px),
            min(shape_hw[1], self.right + px),
        )

    def moved(self, down: int, right: int) -> Box:
        """So many pixels on."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def meets(self, other: Box) -> bool:
        """Whether they have pixels in common."""
        in_rows = self.top < other.bottom and other.top < self.bottom
        return in_rows and self.left < other.right and other.left < self.right

    def lies_in(self, window: Box, shape_hw: tuple[int, int]) -> bool:
        """Whether it ends before a window does, or where the image does."""
        return (
            (self.top > window.top or window.top == 0)
            and (self.left > window.left or window.left == 0)
            and (self.bottom < window.bottom or window.bottom == shape_hw[0])
            and (self.right < window.right or window.right == shape_hw[1])
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def box_of(mask: NDArray[np.bool_]) -> Box:
    """The smallest one around what is true of a mask, bool (H, W)."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def around_all(boxes: list[Box], shape_hw: tuple[int, int], gap_px: int) -> Box | None:
    """The box around boxes each of which lies within so many pixels of another; None where one lies apart."""
    first, *others = boxes
    while others:
        beside = [box for box in others if first.grown(gap_px, shape_hw).meets(box)]
        if not beside:
            return None
        others = [box for box in others if box not in beside]
        first = functools.reduce(Box.around, beside, first)
    return first
