"""How long after a file is complete its line is written, by `samiam watch` on a folder that is being filled.

Run `python scripts/watch_latency.py`. Micrographs of random lattices land one after the other, each once the line of
the one before is there, so that what is measured is the way of one file and not a queue. `--every-s` lets them land by
the clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
import tifffile

from simulate import procedural_scene

REGIONS = "regions.jsonl"


def lines(output: Path) -> list[dict[str, object]]:
    """Those that are written whole."""
    path = output / REGIONS
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def wait_for(output: Path, n: int) -> None:
    """Until so many lines are there."""
    path = output / REGIONS
    while not path.is_file() or path.read_bytes().count(b"\n") < n:
        time.sleep(0.05)


def main() -> None:
    """Fill a folder and print latencies and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--every-s", type=float, help="default: each when the one before is done")
    parser.add_argument("--polling", action="store_true")
    options = parser.parse_args()
    scenes = [procedural_scene(2**36 + seed, shape_hw=(options.size, options.size)) for seed in range(4)]
    pictures = [(65535 * scene.micrograph.pixels).astype(np.uint16) for scene in scenes]
    with tempfile.TemporaryDirectory() as place:
        folder, output = Path(place, "in"), Path(place, "out")
        folder.mkdir()
        words = ["watch", str(folder), "-o", str(output), *(["--polling"] if options.polling else [])]
        watch = subprocess.Popen([sys.executable, "-m", "samiam", *words], stdout=subprocess.DEVNULL)
        process, landed, memory_mb = psutil.Process(watch.pid), dict[str, float](), []
        for number in range(options.frames + 1):  # the first warms up and does not count
            name = f"{number:05d}.tif"
            tifffile.imwrite(Path(place, name), np.roll(pictures[number % len(pictures)], number, axis=1))
            Path(place, name).rename(folder / name)
            landed[name] = time.time()
            if options.every_s is None or number == 0:
                wait_for(output, number + 1)
            else:
                time.sleep(options.every_s)
            memory_mb.append(process.memory_info().rss / 1e6)
        wait_for(output, options.frames + 1)
        watch.terminate()
        watch.wait()
        written = {Path(str(line["path"])).name: datetime.fromisoformat(str(line["time"])) for line in lines(output)}
    waits = [written[name].timestamp() - moment for name, moment in landed.items()][1:]
    median, p95, tenth = np.median(waits), np.quantile(waits, 0.95), max(1, len(memory_mb) // 10)
    first, last = np.median(memory_mb[1 : tenth + 1]), np.median(memory_mb[-tenth:])
    print(f"{len(waits)} frames of {options.size} px: median {median:.2f} s, p95 {p95:.2f} s")
    print(f"memory {first:.0f} MB at first, {last:.0f} MB in the end")


if __name__ == "__main__":
    main()
