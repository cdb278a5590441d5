"""How long finders take for one picture, one after the other in one run."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd

from samiam.particles.finder.inputs import WORKING_NM
from samiam.particles.finder.protocol import ParticleFinder
from samiam.particles.finding import find_particles
from samiam.records import Micrograph
from samiam.records.particle_scene import ParticleScene


def timed(finders: Mapping[str, ParticleFinder], scene: ParticleScene, side_px: int) -> pd.DataFrame:
    """Seconds of each finder on a picture that is laid out of a smaller one and its mirror images.

    Args:
        finders: by name; the first is what others are compared with.
        scene: has the smaller one.
        side_px: of the picture, whose pixels are said to be of 0.04 nm: no finder has to resample it.

    Returns:
        A row for each: `method`, `seconds` (the better of two) and `ratio` to the first.
    """
    pixels = scene.micrograph.pixels
    repeats = [(0, max(0, side_px - side)) for side in pixels.shape]
    large = np.pad(pixels, repeats, mode="symmetric")[:side_px, :side_px]
    micrograph = Micrograph(large, WORKING_NM, "timed")
    rows = []
    for name, finder in finders.items():
        seconds = min(_seconds(finder, micrograph) for _ in range(2))
        rows.append({"method": name, "seconds": seconds})
    found = pd.DataFrame(rows)
    return found.assign(ratio=found["seconds"] / found["seconds"].iloc[0])


def _seconds(finder: ParticleFinder, micrograph: Micrograph) -> float:
    started = time.perf_counter()
    find_particles(micrograph, finder=finder)
    return time.perf_counter() - started
