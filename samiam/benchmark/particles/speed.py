"""How long finders take for one picture, one after the other in one run."""

from __future__ import annotations

from functools import partial

import pandas as pd

from samiam.benchmark.particles.methods import ParticleMethods
from samiam.benchmark.timing import laid_out, time_each
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
        A row for each, see `time_each`.
    """
    micrograph = Micrograph(laid_out(scene.micrograph.pixels, side_px), WORKING_NM, "timed")
    return time_each({name: partial(methods.find, name, micrograph) for name in methods.finders})
