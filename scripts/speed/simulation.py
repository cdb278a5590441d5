"""What scenes of the benchmark cost: by family, by processes at once, by the side of the frame.

    python -m scripts.speed.simulation [--scenes N] [--processes N …] [--sides PX …]

CPU seconds are of a process that has read the library before. Scenes a second are by the clock: on a machine that does
other work as well they are fewer.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from simulate.scenes.benchmark import BENCHMARK, Recipe
from simulate.scenes.families import FAMILIES

_SIDE_PX = 1024  # of most frames of the benchmark
_GROWING = BENCHMARK[2]  # crystals, a doped one among them, and a film, at a usual pixel size


def of_family(family: str, n: int) -> list[Recipe]:
    """The benchmark's first scenes of a family that have a frame of 1024²."""
    found = (made for made in BENCHMARK if made.family == family)
    return [made for made in found if made.drawn()[1].scan.shape_hw == (_SIDE_PX, _SIDE_PX)][:n]


def cpu_seconds(made: Recipe) -> float:
    """Of making a scene."""
    started = time.process_time()
    made.scene()
    return time.process_time() - started


def by_family(n: int) -> pd.DataFrame:
    """CPU seconds a scene: the mean, the least and the most of each family."""
    rows = []
    for family in FAMILIES:
        scenes = of_family(family, n)
        scenes[0].scene()  # reads the family's entries of the library
        costs = [cpu_seconds(made) for made in scenes]
        rows.append({"family": family, "cpu_s": np.mean(costs), "least": min(costs), "most": max(costs)})
    return pd.DataFrame(rows)


def scenes_a_second(recipes: Sequence[Recipe], processes: int) -> float:
    """By the clock, once every process has made a scene."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(cpu_seconds, recipes[:1] * processes))
        started = time.perf_counter()
        list(pool.map(cpu_seconds, recipes))
        return len(recipes) / (time.perf_counter() - started)


def by_side(sides_px: Sequence[int]) -> tuple[pd.DataFrame, float]:
    """CPU seconds of one recipe in frames of many sides, and the exponent with which they grow with the pixels."""
    costs = [cpu_seconds(Recipe(_GROWING.name, _GROWING.family, _GROWING.seed, side)) for side in sides_px]
    exponent = np.polyfit(2 * np.log(sides_px), np.log(costs), 1)[0] if len(sides_px) > 1 else np.nan
    return pd.DataFrame({"side_px": sides_px, "cpu_s": costs}), float(exponent)


def main(words: Sequence[str] | None = None) -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=2, metavar="N", help="of each family")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048], metavar="PX")
    options = parser.parse_args(words)
    print(by_family(options.scenes).to_markdown(index=False, floatfmt=".2f"), flush=True)
    recipes = [made for family in FAMILIES for made in of_family(family, options.scenes)]
    rates = [scenes_a_second(recipes, processes) for processes in options.processes]
    table = pd.DataFrame({"processes": options.processes, "scenes a second": rates})
    print(f"\n{table.to_markdown(index=False, floatfmt='.2f')}", flush=True)
    table, exponent = by_side(options.sides)
    print(
        f"\n{table.to_markdown(index=False, floatfmt='.2f')}\n\nCPU seconds grow as pixels to the power {exponent:.2f}."
    )


if __name__ == "__main__":
    main()
