"""Settings of the training of the network that finds ends and junctions of stripes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, RunSeed, Share, settings
from samiam.training.settings import BelowOne


@settings
class PolarRecipe:
    """How the network learns.

    Attributes:
        learning_rate: the highest, of AdamW, reached after `warm_up_steps` and falling to 0 as a cosine.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
        peak: standard deviation of the Gaussian about a point, in periods: twice, and two points a quarter of a period
            apart still have a valley between them.
        peak_weight: how much more a pixel on a peak counts than one far from any.
        stripe_weight: of what stripes are, beside what ends and junctions are.
        ema_decay: share of the averaged weights that a step keeps.
    """

    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.01
    warm_up_steps: Count = 20
    peak: Positive = 0.125
    peak_weight: NotNegative = 4.0
    stripe_weight: NotNegative = 5.0
    ema_decay: BelowOne = 0.99


@settings
class FrameRules:
    """How many frames there are, and how those to train on are varied.

    Attributes:
        scenes: in an epoch, a full batch at least; all of them are new ones.
        val_scenes: to validate on, the same in every epoch, not varied, of other labyrinths.
        batch_size: frames in a batch; those to validate on come one by one.
        size_px: of each side of what the network sees.
        misjudged: standard deviation of the logarithm of the period that the network is told.
        p_blurred: probability of a blur.
        p_curved: probability of another gradation of brightness.
        seed: of all draws.
    """

    scenes: Count = 768
    val_scenes: Count = 32
    batch_size: Count = 8
    size_px: Annotated[int, Field(ge=64)] = 192
    misjudged: NotNegative = 0.06
    p_blurred: Share = 0.2
    p_curved: Share = 0.3
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.scenes < self.batch_size:
            raise InputError(f"scenes={self.scenes}: give a full batch at least, batch_size={self.batch_size}.")


@settings
class LabelRules:
    """Which frames of a video are labelled, and how they are learnt from.

    Attributes:
        labelled: how many frames are, in one training after the other, spread over the first half of the video.
        val_frames: further frames of that half, by whose scores training stops.
        test_frames: spread over the last quarter of the video, and as many of another one.
        scenes: crops in an epoch, a full batch at least.
        batch_size: crops in a batch.
        size_px: of each side of what the network sees.
        seed: of all draws.
    """

    labelled: Annotated[tuple[Count, ...], Field(min_length=1)] = (1, 4, 17)
    val_frames: Count = 3
    test_frames: Count = 6
    scenes: Count = 160
    batch_size: Count = 8
    size_px: Annotated[int, Field(ge=64)] = 192
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.scenes < self.batch_size:
            raise InputError(f"scenes={self.scenes}: give a full batch at least, batch_size={self.batch_size}.")


@settings
class CalibrationFrames:
    """How new weights are calibrated.

    Attributes:
        scenes: of labyrinths that were not trained on, that thresholds are fitted on.
    """

    scenes: Count = 48
