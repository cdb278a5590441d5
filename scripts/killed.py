"""A folder segmented in one go, and one whose run is killed time and again: the same tables, nothing done twice.

Run `python scripts/killed.py FOLDER`. It draws micrographs of thin films into `FOLDER/in`, segments them into
`FOLDER/at_once` and, killed by SIGKILL each time that a share of them is done, into `FOLDER/killed`; what is there
already is not made again. `--rate N` instead says how many images a second one worker and two segment, in N short runs
of each that take turns; processors that others use too are better judged by the processor time of an image.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import tifffile

PIXEL_SIZE_A = 0.25
OF_ALL = ("materials.csv", "regions.csv")


def draw(folder: Path, n: int, side: int) -> None:
    """Films of SrTiO3 from 30 Å up on Ge under Pt and C, each with noise and roughness of its own."""
    from simulate import Acquisition, Interface, Layer, Optics, Scan, Specimen, compose

    folder.mkdir(parents=True, exist_ok=True)
    scan = Scan((side, side), pixel_size_A=PIXEL_SIZE_A, jitter_A=0.1)
    acquisition = Acquisition(scan, dose_e_per_A2=20_000, optics=Optics(energy_kV=300), detector="HAADF")
    for number in range(n):
        path = folder / f"film_{number:03d}.tif"
        if path.is_file():
            continue
        film = Layer("SrTiO3", thickness_A=30 + side * PIXEL_SIZE_A / 3 * (number / n), top=Interface(roughness_A=2))
        layers = (Layer("Ge", top=Interface(roughness_A=1.5)), film, Layer("PtC"))
        specimen = Specimen(layers=layers, first_interface_A=-side * PIXEL_SIZE_A / 5, thickness_A=250)
        pixels = compose(specimen, acquisition, seed=number).micrograph.pixels
        whole = path.with_suffix(".part")
        tifffile.imwrite(
            whole,
            np.rint(255 * pixels).astype(np.uint8),
            resolution=(1e8 / PIXEL_SIZE_A, 1e8 / PIXEL_SIZE_A),
            resolutionunit="CENTIMETER",
        )
        whole.replace(path)


def command(inputs: list[str], output: Path, workers: int) -> list[str]:
    """What a user types."""
    return [sys.executable, "-m", "samiam", "segment", *inputs, "-o", str(output), "--workers", str(workers)]


def stamps(output: Path) -> dict[str, int]:
    """When the results of each image were written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in output.glob("*/provenance.json")}


def killed(images: Path, output: Path, times: int) -> tuple[list[int], int]:
    """Segment a folder, killed on the way; how many were done at each kill, and how many were done twice."""
    n = len(list(images.glob("*.tif")))
    seen, counts, n_twice = stamps(output), [], 0
    for kill in range(1, times + 2):
        process = subprocess.Popen(command([str(images)], output, 2), stdout=subprocess.DEVNULL)
        while process.poll() is None and (kill > times or len(stamps(output)) < kill * n // (times + 1)):
            time.sleep(0.02)
        if kill <= times:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(2)  # what its workers were about to write is there, or never will be
        now = stamps(output)
        n_twice += sum(now.get(name) != stamp for name, stamp in seen.items())
        seen = now
        counts.append(len(now))
    return counts, n_twice


def rates(images: Path, output: Path, runs: int, n_images: int) -> None:
    """Print images per second of wall and of processor time, by one worker and by two in turn."""
    inputs = [str(path) for path in sorted(images.glob("*.tif"))[:n_images]]
    print("workers  wall s  processor s   per image: wall s, processor s", flush=True)
    for run in range(runs):
        for workers in (1, 2):
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            place = output / f"{run}_{workers}"
            subprocess.run([*command(inputs, place, workers), "--quiet"], check=True, stdout=subprocess.DEVNULL)
            after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            each = f"{wall_s / n_images:.2f}  {cpu_s / n_images:.2f}"
            print(f"{workers:<8} {wall_s:6.1f}  {cpu_s:6.1f}   {each}", flush=True)


def main() -> None:
    """Draw, segment both ways and compare, or measure the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rate", type=int, metavar="N")
    options = parser.parse_args()
    images = options.folder / "in"
    draw(images, options.images, options.side)
    if options.rate:
        rates(images, options.folder / "rates", options.rate, options.images)
        return
    counts, n_twice = killed(images, options.folder / "killed", options.kills)
    print(f"killed when {counts[:-1]} were done, {counts[-1]} at the end; {n_twice} done twice", flush=True)
    subprocess.run(command([str(images)], options.folder / "at_once", 2), check=True, stdout=subprocess.DEVNULL)
    for name in OF_ALL:
        one, other = ((options.folder / way / name).read_bytes() for way in ("at_once", "killed"))
        print(f"{name}: {'the same bytes' if one == other else 'OTHERS'} ({len(one.splitlines()) - 1} rows)")


if __name__ == "__main__":
    main()
