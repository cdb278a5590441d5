"""How the levels of an image are compared, whatever its type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[Any]
_SAMPLES_ALONG_A_SIDE = 512
_COUNTED_AT_ONCE = 2**20  # they take eight bytes each meanwhile


def near(counts: Counts, level: float, tolerance: float = 0.0) -> NDArray[np.bool_]:
    """Where counts are at a level; without a tolerance to the bit, and no copy is made."""
    if tolerance == 0:
        return np.asarray(counts == level)
    return np.asarray(np.abs(counts.astype(np.float32) - np.float32(level)) <= tolerance)


def may_be_lossy(counts: Counts) -> bool:
    """Whether the image may have been a JPEG: constant parts of it are then not constant to the bit."""
    return counts.dtype == np.uint8


def sampled(array: NDArray[Any]) -> NDArray[Any]:
    """Every n-th row and column, 512 or a few more of each, as much as levels can be judged by."""
    step_y, step_x = (max(1, side // _SAMPLES_ALONG_A_SIDE) for side in array.shape)
    return array[::step_y, ::step_x]


def commonest(values: NDArray[Any]) -> tuple[Any, float]:
    """The value that most have, as the array holds it, and their share."""
    found, times = np.unique(values, return_counts=True)
    place = int(times.argmax())
    return found[place], float(times[place] / values.size)


def percentiles(values: NDArray[Any], wanted: Sequence[float]) -> list[float]:
    """What `numpy.percentile` finds; integers of 16 bits or fewer are counted, which takes a quarter of the time.

    Args:
        values: real, one at least, of any shape.
        wanted: percentiles, 0 to 100.

    Example:
        >>> percentiles(np.arange(11, dtype=np.uint16), (0, 25, 99))
        [0.0, 2.5, 9.9]
    """
    if values.dtype.kind not in "iu" or values.dtype.itemsize > 2:
        return [float(value) for value in np.percentile(values, wanted)]
    lowest, n_levels, flat = int(np.iinfo(values.dtype).min), 256**values.dtype.itemsize, values.ravel()
    up_to = np.zeros(n_levels, np.intp)
    for start in range(0, flat.size, _COUNTED_AT_ONCE):
        levels = flat[start : start + _COUNTED_AT_ONCE].astype(np.intp)
        up_to += np.bincount(levels - lowest, minlength=n_levels)
    up_to = np.cumsum(up_to)
    places = (values.size - 1) * (np.asarray(wanted, np.float64) / 100)
    before = np.floor(places)
    below, above = lowest + np.searchsorted(up_to, [before, np.minimum(before + 1, values.size - 1)], side="right")
    share, step = places - before, above - below
    return [float(value) for value in np.where(share < 0.5, below + step * share, above - step * (1 - share))]
