"""How long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_TRIES = 2  # of which the better counts


def time_each(finds: Mapping[str, Callable[[], object]]) -> pd.DataFrame:
    """Seconds of each of several things, one after the other.

    Args:
        finds: what to do, by the method that does it; the first is what others are compared with.

    Returns:
        A row for each: `method`, `seconds` on the clock, `cpu_seconds` of all threads, to which others on the machine
        do not add (of either the better of two), and the latter's `ratio` to those of the first.
    """
    rows = []
    for name, find in finds.items():
        on_clock, of_cpu = np.array([_seconds(find) for _ in range(_TRIES)]).min(axis=0)
        rows.append({"method": name, "seconds": on_clock, "cpu_seconds": of_cpu})
    found = pd.DataFrame(rows)
    return found.assign(ratio=found["cpu_seconds"] / found["cpu_seconds"].iloc[0])


def laid_out(pixels: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    """A square of an image (H, W) and, where that is smaller, of its mirror images: something to time on."""
    more = [(0, max(0, side_px - side)) for side in pixels.shape]
    return np.pad(pixels, more, mode="symmetric")[:side_px, :side_px]


def _seconds(find: Callable[[], object]) -> tuple[float, float]:
    """On the clock, and of the processors."""
    on_clock, of_cpu = time.perf_counter(), time.process_time()
    find()
    return time.perf_counter() - on_clock, time.process_time() - of_cpu
