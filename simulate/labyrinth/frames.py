"""Random frames, one at a time, for training."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from samiam.records.polar_scene import PolarScene, Sign
from simulate.labyrinth.evolution import Field
from simulate.labyrinth.fields import RELAXED, Labyrinth, grid_side
from simulate.labyrinth.pictures import Specimen, drawn_view
from simulate.labyrinth.seeing import Sight
from simulate.labyrinth.settings import LabyrinthConditions, Physics

_AT_ONCE = 8  # labyrinths that consecutive seeds take turns in
_MOMENTS = 8  # at which each is seen
_WINDOWS = 4  # of each, at every moment
_IN_TURN = _AT_ONCE * _MOMENTS * _WINDOWS
_DISTURBED = 0.5  # share of the labyrinths that a probe has passed over


def draw_frame(
    seed: int,
    *,
    shape_hw: tuple[int, int],
    physics: Physics = "swift_hohenberg",
    conditions: LabyrinthConditions = LabyrinthConditions(),
    sign: Sign = "bright",
) -> PolarScene:
    """A random frame of a labyrinth between freshly ordered and relaxed.

    A labyrinth takes seconds and is seen 32 times, at eight moments; 256 consecutive seeds share eight of them, so
    that seeds are best taken in their order, and those of one split from blocks of 256 of its own.

    Args:
        seed: of everything that is drawn, 0 or more.
        shape_hw: of the frame, in pixels.
        physics: that the labyrinth obeys.
        conditions: from which how it is seen is drawn.
        sign: of the stripes whose ends and junctions are the truth.

    Example:
        >>> draw_frame(0, shape_hw=(128, 128))
        PolarScene(...)
    """
    number = seed // _IN_TURN * _AT_ONCE + seed % _AT_ONCE
    moment = seed % _IN_TURN // _AT_ONCE % _MOMENTS
    n = grid_side(max(shape_hw), conditions.period_px[0])
    field, period_px = _moments(physics, number, n)[moment]
    rng = np.random.default_rng([seed, *physics.encode()])
    view = drawn_view(conditions, rng)
    sight = Sight(
        f"{physics}-{number}", physics, sign, view, Specimen(view, rng, n), period_px, (shape_hw[0], shape_hw[1])
    )
    top, left = rng.uniform(0, n, 2).tolist()
    return sight.scene(field, (top, left), rng, moment)


@lru_cache(maxsize=_AT_ONCE)
def _moments(physics: Physics, number: int, n: int) -> list[tuple[Field, float]]:
    """A labyrinth at moments equally far apart in the logarithm of time, each with its period."""
    rng = np.random.default_rng([number, n, *physics.encode()])
    labyrinth = Labyrinth(physics, rng, n)
    kick = float(rng.uniform(0.3, 0.8)) if rng.random() < _DISTURBED else 0.0
    times = np.geomspace(*RELAXED, _MOMENTS).astype(int)
    found = []
    for steps in np.diff(times, prepend=times[0]).tolist():
        labyrinth.scan(steps, kick) if kick and steps else labyrinth.relax(steps)
        found.append((labyrinth.field, labyrinth.period_px))
    return found
