"""Rectangles, upright or turned, that an image is cut to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pane:
    """A rectangle, upright or turned, that may reach out of the image.

    Attributes:
        turn: angle in radians of its first axis u to that of the columns, x.
        low_uv: where it begins along u and v, in pixels; -inf where the image's own edge comes first.
        high_uv: where it ends, inclusive; inf likewise.
    """

    turn: float
    low_uv: tuple[float, float]
    high_uv: tuple[float, float]

    def covers(self, shape_hw: tuple[int, int], *, inset_px: float = 0.0, step: tuple[int, int] = (1, 1)) -> Mask:
        """Pixels (H, W) whose centres lie inside, at least so far from its edges; of every n-th row and column."""
        y = np.arange(0, shape_hw[0], step[0], dtype=np.float32)[:, None]
        x = np.arange(0, shape_hw[1], step[1], dtype=np.float32)[None, :]
        inside = np.ones((len(y), x.shape[1]), np.bool_)
        for axis, (along_x, along_y) in enumerate(axes_of(self.turn)):
            place = x * np.float32(along_x) + y * np.float32(along_y)
            inside &= (place >= self.low_uv[axis] + inset_px) & (place <= self.high_uv[axis] - inset_px)
        return inside

    def margins(self, shape_hw: tuple[int, int]) -> tuple[int, int, int, int]:
        """How much an upright one leaves at the top, the right, the bottom and the left."""
        ends = [(low, high) for low, high in zip(self.low_uv, self.high_uv, strict=True)]
        (left, right), (top, bottom) = (
            (0 if low == -math.inf else round(low), 0 if high == math.inf else side - 1 - round(high))
            for (low, high), side in zip(ends, shape_hw[::-1], strict=True)
        )
        return top, right, bottom, left


def axes_of(turn: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The directions (x, y) of u and v."""
    return (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
