"""How well events of true tracks are defined: the same points, linked in steps twice as long.

    python scripts/polar_truth.py [--physics swift_hohenberg] [--seed 0] [--kick 0.3 0.8]

True points of the benchmark's videos are linked in all steps and in every second one. Of the events that the first
tells, the share that the second tells too, and the other way round: of one name, within a period and two frames. What
methods find cannot be held to more. Noise has no part in it. Two minutes of one core.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd

from samiam.benchmark.polar.rows import TRUTHS
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.benchmark.polar.truth import OF_TWO, TrueTracks, events_found
from samiam.commands.evaluating.polar_samples import sources_of
from samiam.polar.linking.tracks import Event, Tracks
from samiam.records.polar_scene import PolarScene

NAMES: dict[str, tuple[Event, ...]] = {"annihilations": ("annihilation",), "events": tuple(OF_TWO)}


def told_twice(frames: Iterable[PolarScene], benchmark: PolarBenchmark) -> dict[str, tuple[Tracks, Tracks]]:
    """By each truth, the tracks as all steps tell them and as every second one does."""
    between = benchmark.between
    scenes = iter(frames)
    first = next(scenes)
    fine, coarse = (TrueTracks(first, parts, benchmark.linking) for parts in (between, between // 2))
    fine.add(first)
    coarse.add(first)
    for number, scene in enumerate(scenes, start=1):
        fine.add(scene)
        if number % 2 == 0:
            coarse.add(scene)
    by_all, by_half = fine.seen(), coarse.seen()
    return {truth: (by_all[truth], by_half[truth]) for truth in TRUTHS}


def main() -> None:
    """Simulate, link, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--physics", default="ginzburg_landau", choices=["ginzburg_landau", "swift_hohenberg"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kick", type=float, nargs=2, default=(0.3, 0.8), help="of the probe, from and to")
    given = parser.parse_args()
    benchmark = PolarBenchmark(
        name="polar", physics=given.physics, tracked_noise=(0.0,), conditions={"kick": list(given.kick)}
    )
    counts: defaultdict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for source in sources_of(benchmark, given.seed):
        if source.is_linked:
            for truth, both in told_twice(source.frames(), benchmark).items():
                for kind, names in NAMES.items():
                    counts[truth, kind].append(events_found(*both, names))
    rows = []
    for (truth, kind), own in counts.items():
        by_all, by_half, same = np.sum(own, axis=0).tolist()
        rows.append((truth, kind, by_all, by_half, f"{same / by_all:.2f}", f"{same / by_half:.2f}"))
    columns = ["truth", "of", "by all steps", "by half of them", "found again", "true"]
    print(pd.DataFrame(rows, columns=columns).to_string(index=False))


if __name__ == "__main__":
    main()
