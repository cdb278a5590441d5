"""Masks whose pixels are painted or not, read from values that may have soft edges and a noisy ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError

DARK = 1 / 8
"""Share of the brightest value up to which a value is black: the noise of JPEG is less, the levels of a mask more."""
REMEDY = "save it with 0 where nothing is painted and 255 elsewhere"
_EDGE_PX = 2  # as far as brushes and resampling soften an edge


def where_painted(values: NDArray[Any], source: str | Path) -> NDArray[np.bool_]:
    """Where values (H, W) are painted: those of two levels, the lower of which is 0, or nearly so.

    Beside a level in the upper half of what their type holds, values near 0 are noise, and those between the two that
    lie along an edge are painted from half the level on.

    Args:
        values: unsigned whole numbers, of 8 or 16 bits.
        source: where they are from, for the message.

    Raises:
        InputError: if there are other levels, which may be numbers of something.
    """
    top = int(values.max(initial=0))
    if not ((values != 0) & (values != top)).any():
        return values > 0
    dark, bright = values <= DARK * top, values >= (1 - DARK) * top
    between = ~(dark | bright)
    window = np.ones((2 * _EDGE_PX + 1,) * 2, bool)
    at_edge = ndimage.binary_dilation(bright, window) & ndimage.binary_dilation(dark, window)
    if top <= np.iinfo(values.dtype).max // 2 or (between & ~at_edge).any():
        levels = ", ".join(map(str, np.unique(values)[:6]))
        raise InputError(f"{source}: levels {levels}, …, of which a mask has two; {REMEDY}.")
    return values > top / 2
