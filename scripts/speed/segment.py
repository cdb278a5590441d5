"""What `samiam segment` costs from start to end, on ONNX Runtime and on torch side by side, and whether they agree.

    python scripts/speed/segment.py [--sides PX …] [--threads N] [--repeats N]

Each number is of a process of its own that reads a scene and writes all results, imports included; the fewest CPU
seconds of the repeats count. Below stands what intersecting many masks costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray

from samiam.geometry import intersections
from samiam.records import Masks
from simulate import procedural_scene

_DRAWN_PX = 1024  # larger scenes are this one magnified
_SCENE, _SEED = 3, 0
_N_MASKS = (16, 64, 256, 512)
_DISC_PX = (12, 400)  # smallest and largest radius in an image of 1024 px
_ON_TORCH = """
from samiam.compact import committee, sights, weights
weights._read_views = lambda path, sha256: committee.in_use(sights.read_sight(path, sha256))
"""
_BEGIN = "from samiam.beginning import begin; begin()\n"
_COMMAND = """
import json, resource, sys
from samiam.cli import main
code = main(["segment", sys.argv[1], "-o", sys.argv[2], "--overwrite", "--again", "--generator-option", "device=cpu"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
sys.exit(code)
"""
RUNTIMES = {"onnxruntime": "", "torch": _ON_TORCH}


def scene_of(side_px: int) -> NDArray[np.float32]:
    """A procedural scene, float32 (side, side)."""
    drawn = procedural_scene(_SCENE, shape_hw=(min(side_px, _DRAWN_PX),) * 2).micrograph.pixels
    return np.clip(cv2.resize(drawn, (side_px, side_px), interpolation=cv2.INTER_CUBIC), 0, 1)


def run(path: Path, output: Path, prelude: str, threads: int) -> dict[str, float]:
    """CPU seconds and peak memory of the command on a file."""
    words = [sys.executable, "-c", _BEGIN + prelude + _COMMAND, str(path), str(output)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def row_of(side_px: int, folder: Path, threads: int, repeats: int) -> dict[str, float]:
    """Both runtimes on a scene."""
    path = folder / f"{side_px}.npy"
    np.save(path, scene_of(side_px))
    row: dict[str, float] = {"side_px": side_px}
    for name, prelude in RUNTIMES.items():
        runs = [run(path, folder / name, prelude, threads) for _ in range(repeats)]
        row[f"{name}_cpu_s"] = min(one["cpu_s"] for one in runs)
        row[f"{name}_peak_mb"] = max(one["peak_mb"] for one in runs)
    first, second = (tifffile.imread(folder / name / str(side_px) / "labels.tif") for name in RUNTIMES)
    row["labels_differ_percent"] = 100 * float(np.mean(first != second))
    return row


def discs(n: int) -> Masks:
    """Discs of many sizes strewn over 1024² pixels."""
    rng = np.random.default_rng(_SEED)
    y, x = np.ogrid[:_DRAWN_PX, :_DRAWN_PX]
    middles, radii = rng.integers(0, _DRAWN_PX, (n, 2)), np.exp(rng.uniform(*np.log(_DISC_PX), n))
    inside = ((y - my) ** 2 + (x - mx) ** 2 < r**2 for (my, mx), r in zip(middles, radii, strict=True))
    return Masks.from_arrays(inside, (_DRAWN_PX, _DRAWN_PX))


def seconds_of_intersecting(n: int) -> float:
    """CPU seconds for all pairs of n masks."""
    masks = discs(n)
    started = time.process_time()
    intersections(masks)
    return time.process_time() - started


def main(words: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048, 4096], metavar="PX")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row_of(side, Path(folder), options.threads, options.repeats) for side in options.sides]
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".4g"))
    table = pd.DataFrame({"masks": _N_MASKS, "cpu_s": [seconds_of_intersecting(n) for n in _N_MASKS]})
    print(f"\n{table.to_markdown(index=False, floatfmt='.3g')}")


if __name__ == "__main__":
    main()
