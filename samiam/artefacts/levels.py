"""How the levels of an image are compared, whatever its type."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[Any]
_SAMPLES_ALONG_A_SIDE = 512


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
