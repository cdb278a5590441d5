"""Compare `samiam.geometry.intersections` with a dense matrix product on the same masks: seconds, memory, result.

Run `python scripts/benchmark_overlaps.py`; each way is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam import Masks
from samiam.geometry import intersections


def blobs(n: int, side: int) -> Masks:
    """N irregular masks of all sizes: smoothed noise above a quantile of its own."""
    rng = np.random.default_rng(0)
    widths_px = rng.uniform(side / 100, side / 15, size=n)
    fields = (ndimage.gaussian_filter(rng.normal(size=(side, side)), width_px) for width_px in widths_px)
    return Masks.from_arrays(field > np.quantile(field, rng.uniform(0.1, 0.9)) for field in fields)


def by_runs(masks: Masks) -> NDArray[np.int64]:
    """The package's way."""
    return intersections(masks)


def dense(masks: Masks) -> NDArray[np.int64]:
    """All masks unpacked into one float32 matrix, times its transpose (exact up to 2^24 pixels)."""
    flat = masks[:].reshape(len(masks), -1).astype(np.float32)
    return np.rint(flat @ flat.T).astype(np.int64)


def _measure(way: str, n: int, side: int, results: multiprocessing.Queue[tuple[float, float, bytes]]) -> None:
    masks = blobs(n, side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    overlaps = {"runs": by_runs, "dense": dense}[way](masks)
    seconds = time.perf_counter() - started
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    results.put((seconds, grown_mb, overlaps.tobytes()))


def main() -> None:
    """Measure both and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--masks", type=int, default=300)
    parser.add_argument("--side", type=int, default=1024)
    options = parser.parse_args()
    measured = {}
    for way in ("runs", "dense"):
        results: multiprocessing.Queue[tuple[float, float, bytes]] = multiprocessing.Queue()
        process = multiprocessing.Process(target=_measure, args=(way, options.masks, options.side, results))
        process.start()
        measured[way] = results.get()
        process.join()
        print(f"{way:>5}: {measured[way][0]:6.2f} s, {measured[way][1]:7.0f} MB more than the packed masks")
    same = "equal" if measured["runs"][2] == measured["dense"][2] else "DIFFERENT"
    print(f"time ratio dense / runs: {measured['dense'][0] / measured['runs'][0]:.2f}; the results are {same}")


if __name__ == "__main__":
    main()
