"""Settings of the training of the compact network."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, RunSeed, Share, settings
from samiam.training.settings import BelowOne


@settings
class FieldRecipe:
    """How the network of the compact generator learns.

    Attributes:
        learning_rate: the highest, of AdamW, reached after `warm_up_steps` and falling to 0 as a cosine.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
        temperature: what cosine similarities are divided by.
        sameness_weight: of the loss of absolute distances beside that of relative ones.
        points: of each image that are compared with one another, half of them spread over materials, half over grains.
        boundary_weight: of the boundary's loss beside that of the vectors.
        boundary_emphasis: how much more a point on a boundary counts than one off it.
        ema_decay: share of the averaged weights that a step keeps.
        seed: of the choice of points.
    """

    learning_rate: Positive = 1.5e-3
    weight_decay: NotNegative = 0.02
    warm_up_steps: Count = 150
    temperature: Positive = 0.1
    sameness_weight: NotNegative = 1.0
    points: Annotated[int, Field(ge=2)] = 384
    boundary_weight: NotNegative = 2.0
    boundary_emphasis: Positive = 3.0
    ema_decay: BelowOne = 0.998
    seed: RunSeed = 0


@settings
class CalibrationRules:
    """How many random scenes new weights are calibrated on; minutes on two cores.

    Attributes:
        scenes: whose regions are rated.
        distance_scenes: whose materials are counted.
    """

    scenes: Count = 100
    distance_scenes: Count = 60


@settings
class WholeSceneRules:
    """How many scenes there are, and how those to train on are varied.

    Attributes:
        scenes: in an epoch, a full batch at least; all of them are new ones.
        val_scenes: to validate on, the same in every epoch, not varied.
        scenes_of_slice: likewise of each effect, see `simulate.EFFECTS`.
        batch_size: scenes in a batch; those to validate on come one by one.
        zoom: a scene is magnified by up to 1 + this or reduced by as much.
        turn_deg: it is turned by up to this, and by multiples of 90°, and mirrored.
        p_shaded: probability of a slow gradient of brightness, as across a wedge.
        p_blurred: probability of a blur, as by defocus.
        p_noisy: probability of noise beyond that of the dose.
        seed: of all draws.
    """

    scenes: Count = 2400
    val_scenes: Count = 48
    scenes_of_slice: Count = 4
    batch_size: Count = 16
    zoom: NotNegative = 0.35
    turn_deg: NotNegative = 45.0
    p_shaded: Share = 0.3
    p_blurred: Share = 0.2
    p_noisy: Share = 0.3
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.scenes < self.batch_size:
            raise InputError(f"scenes={self.scenes}: give a full batch at least, batch_size={self.batch_size}.")
