"""What workers gain in a folder: images a second by one and by several, and what the machine itself gains.

    python -m scripts.speed.folder [--images N] [--side PX] [--workers N …]

`samiam segment` on made micrographs, from the command's start to its end; a second folder of one image is taken off, so
that what begins and ends a run does not count. *machine* is the rate of as many processes that do nothing but Fourier
transforms and share nothing, over that of one: no program of this kind can gain more where cores share hardware.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import fft

from simulate import procedural_scene

_TRANSFORMS = 40
_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def seconds_of(images: Path, output: Path, workers: int) -> float:
    """Of segmenting a folder."""
    words = ["segment", str(images), "-o", str(output), "--workers", str(workers), "--quiet"]
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "samiam", *words], check=True, env=_ENVIRONMENT, capture_output=True)
    return time.perf_counter() - started


def transformed(side_px: int) -> None:
    """Work that needs a core and its caches, and nothing else."""
    image = np.random.default_rng(0).random((side_px, side_px))
    for _ in range(_TRANSFORMS):
        fft.irfft2(fft.rfft2(image))


def machine_rate(processes: int, side_px: int) -> float:
    """How many such pieces of work a second that many processes do."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(transformed, [side_px] * processes))
        started = time.perf_counter()
        list(pool.map(transformed, [side_px] * (4 * processes)))
        return 4 * processes / (time.perf_counter() - started)


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20, metavar="N")
    parser.add_argument("--side", type=int, default=1024, metavar="PX")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    options = parser.parse_args(words)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, n in (("one", 1), ("all", options.images + 1)):
            (folder / part).mkdir()
            for number in range(n):
                pixels = procedural_scene(number, shape_hw=(options.side, options.side)).micrograph.pixels
                np.save(folder / part / f"{number:03}.npy", pixels)
        for workers in options.workers:
            one, every = (seconds_of(folder / part, folder / f"{part}-{workers}", workers) for part in ("one", "all"))
            rate = options.images / (every - one)
            rows.append({"workers": workers, "images a second": rate, "machine": machine_rate(workers, options.side)})
    table = pd.DataFrame(rows)
    table["gain"] = table["images a second"] / table["images a second"].iloc[0]
    table["machine"] /= table["machine"].iloc[0]
    print(table.to_markdown(index=False, floatfmt=".2f"))


if __name__ == "__main__":
    main()
