"""What learns to find ends and junctions of stripes, and the frames that it learns from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from samiam.commands.training.data import LabyrinthFrames
from samiam.commands.training.settings import PolarSettings
from samiam.commands.training.starting import started
from samiam.networks.variant import Variant
from samiam.polar.inputs import WORKING_PERIOD_PX
from samiam.polar.network import NETWORK, facts_of, new_network, read_network, seen_by
from samiam.polar.settings import Places
from samiam.records.polar_scene import PolarScene, Sign
from samiam.training.polar.fitting import calibrate
from samiam.training.polar.learning import PolarLearner
from samiam.training.polar.scenes import PolarFramesData, TrainingFrames, ValidationFrames
from samiam.training.run import Job
from simulate.draws import log_uniform
from simulate.labyrinth import LabyrinthConditions, Physics, draw_frame

_FIRST = {"train": 1 << 40, "val": 1 << 41, "calibration": 1 << 42}
"""Seeds of frames for each use; they are above those that anybody gives, and none shares a labyrinth with another."""
_OF_A_RUN = 1 << 28  # seeds, more than any training draws


def polar_job(data: LabyrinthFrames, learner: PolarSettings, seed: int) -> Job:
    """The network that finds ends and junctions, its frames and its learner."""
    new, read = partial(new_network, learner.variant), partial(read_network, variant=learner.variant)
    network, card = started(learner.start, seed, new, read)
    rules, recipe, periods = replace(data.rules, seed=seed), learner.options, data.conditions.period_px
    is_ours = learner.variant == "ours"
    draw = partial(drawn_frame, physics=data.physics, conditions=data.conditions, first=_first(seed))
    train = TrainingFrames(draw, partial(seen_by, network), rules, periods, recipe.peak, at_working_period=is_ours)
    one, size = partial(frame_of, data=data, variant=learner.variant), rules.size_px
    val = ValidationFrames(partial(one, first=_FIRST["val"], size_px=size), rules.val_scenes)
    to_calibrate = partial(one, first=_FIRST["calibration"], size_px=2 * size)
    looked_at: tuple[Places, ...] = ("peaks", "stripes") if is_ours else ("peaks",)
    finish = partial(calibrate, draw=to_calibrate, n_scenes=learner.calibration.scenes, looked_at=looked_at)
    border_px = WORKING_PERIOD_PX if is_ours else float(np.mean(periods))
    module = PolarLearner(network, recipe, border_px, looked_at)
    frames = PolarFramesData(train, val, rules.batch_size, data.workers)
    return Job(NETWORK, module, frames, facts_of(learner.variant), recipe.ema_decay, card, finish)


def _first(seed: int) -> int:
    return _FIRST["train"] + seed * _OF_A_RUN


def drawn_frame(
    index: int, side: int, period_px: float, *, physics: Physics, conditions: LabyrinthConditions, first: int
) -> PolarScene:
    """A frame to train on, of bright or of dark stripes.

    Args:
        index: of the frame.
        side: of it, in pixels.
        period_px: of its stripes.
        physics: that they obey.
        conditions: from which the others are drawn.
        first: seed of the first frame.
    """
    seed = first + index
    chosen = replace(conditions, period_px=(period_px, period_px))
    sign: Sign = "bright" if np.random.default_rng(seed).random() < 0.5 else "dark"
    return draw_frame(seed, shape_hw=(side, side), physics=physics, conditions=chosen, sign=sign)


def frame_of(number: int, *, data: LabyrinthFrames, variant: Variant, first: int, size_px: int) -> PolarScene:
    """A frame to validate on, or to calibrate with.

    Args:
        number: of the frame.
        data: what it is drawn from.
        variant: that is to look at it: ours sees it at the working period.
        first: seed of the first frame.
        size_px: of a side of what is seen.
    """
    period = log_uniform(np.random.default_rng([first, number]), data.conditions.period_px)
    side = round(size_px * period / WORKING_PERIOD_PX) if variant == "ours" else size_px
    return drawn_frame(number, side, period, physics=data.physics, conditions=data.conditions, first=first)
