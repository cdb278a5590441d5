"""What workers gain in a folder: images a second by one and by several.

    python -m scripts.speed.folder [--images N] [--side PX] [--workers N …]

`samiam segment` on made micrographs, from the command's start to its end; a second folder of one image is taken off, so
that what begins and ends a run does not count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from simulate import procedural_scene

_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def seconds_of(images: Path, output: Path, workers: int) -> float:
    """Of segmenting a folder."""
    words = ["segment", str(images), "-o", str(output), "--workers", str(workers), "--quiet"]
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "samiam", *words], check=True, env=_ENVIRONMENT, capture_output=True)
    return time.perf_counter() - started


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
            rows.append({"workers": workers, "images a second": options.images / (every - one)})
    table = pd.DataFrame(rows)
    table["gain"] = table["images a second"] / table["images a second"].iloc[0]
    print(table.to_markdown(index=False, floatfmt=".2f"))


if __name__ == "__main__":
    main()
