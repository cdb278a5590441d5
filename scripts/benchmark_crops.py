"""Crops drawn a second, by one and by two worker processes.

Run `python scripts/benchmark_crops.py`. Workers first draw some that do not count: the probes and the levels of
neighbours are worked out when they are first met.
"""

from __future__ import annotations

import argparse
import os
import time

import torch
from torch.utils.data import DataLoader

from simulate.crops import CropConditions, CropDataset


def crops_per_s(dataset: CropDataset, n_workers: int, batch: int, n_uncounted: int) -> float:
    """Speed of a loader once its workers have drawn `n_uncounted` crops."""
    batches = iter(DataLoader(dataset, batch_size=batch, num_workers=n_workers))
    for _ in range(n_uncounted // batch):
        next(batches)
    started, n = time.perf_counter(), 0
    for crops, _ in batches:
        n += len(crops)
    return n / (time.perf_counter() - started)


def cpu_ms(dataset: CropDataset, n_uncounted: int) -> float:
    """Processor time of a crop in this process, which other programs on the machine change little."""
    for index in range(n_uncounted):
        dataset[index]
    started = time.process_time()
    for index in range(n_uncounted, len(dataset)):
        dataset[index]
    return 1e3 * (time.process_time() - started) / (len(dataset) - n_uncounted)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--materials", nargs="+", default=["SrTiO3", "Ge", "PtC", "Vac"])
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--crops", type=int, default=2000, help="that count")
    options = parser.parse_args()
    batch, n_uncounted = 32, 1024
    dataset = CropDataset(options.materials, options.crops + n_uncounted, options.size, CropConditions())
    torch.set_num_threads(1)
    print(f"{cpu_ms(dataset, n_uncounted):.1f} ms of processor time a crop")
    for n_workers in (1, 2):
        speed = crops_per_s(dataset, n_workers, batch, n_uncounted)
        load = os.getloadavg()[0]
        print(f"{n_workers} worker{'s' * (n_workers > 1)}: {speed:.0f} crops/s of {options.size} px (load {load:.1f})")


if __name__ == "__main__":
    main()
