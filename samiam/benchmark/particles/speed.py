"""How long finders take for one picture, one after the other in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from samiam.benchmark.particles.methods import ParticleMethods
from samiam.particles.finder.inputs import WORKING_NM
from samiam.records import Micrograph
from samiam.records.particle_scene import ParticleScene


def timed(methods: ParticleMethods, scene: ParticleScene, side_px: int) -> pd.DataFrame:
    """Seconds of each finder on a picture that is laid out of a smaller one and its mirror images.

    Args:
        methods: the first is what others are compared with.
        scene: has the smaller one.
        side_px: of the picture, whose pixels are said to be of 0.04 nm: no finder has to resample it.

    Returns:
        A row for each: `method`, `seconds` on the clock, `cpu_seconds` of all threads, to which others on the machine
        do not add (of either the better of two), and the latter's `ratio` to those of the first.
    """
    pixels = scene.micrograph.pixels
    repeats = [(0, max(0, side_px - side)) for side in pixels.shape]
    large = np.pad(pixels, repeats, mode="symmetric")[:side_px, :side_px]
    micrograph = Micrograph(large, WORKING_NM, "timed")
    rows = []
    for name in methods.finders:
        tries = np.array([_seconds(partial(methods.find, name, micrograph)) for _ in range(2)])
        on_clock, of_cpu = tries.min(axis=0)
        rows.append({"method": name, "seconds": on_clock, "cpu_seconds": of_cpu})
    found = pd.DataFrame(rows)
    return found.assign(ratio=found["cpu_seconds"] / found["cpu_seconds"].iloc[0])


def _seconds(find: Callable[[], object]) -> tuple[float, float]:
    """On the clock, and of the processors."""
    on_clock, of_cpu = time.perf_counter(), time.process_time()
    find()
    return time.perf_counter() - on_clock, time.process_time() - of_cpu
