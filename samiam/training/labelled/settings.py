"""Settings of fine-tuning on labelled micrographs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, RunSeed, Share, settings
from samiam.training.settings import BelowOne

_MULTIPLE_PX = 16  # the stride of the coarsest maps of the compact network


@settings
class LabelledRules:
    """How labelled micrographs are learnt from.

    Attributes:
        side_px: of the part of an image that is learnt from at once, at the scale at which the network sees it; a
            multiple of 16.
        batch_size: parts in a batch.
        batches: in an epoch, between two looks at what is held out.
        rehearsal: share of what is learnt from that is simulated, so that the old world is not forgotten.
        old_scenes: simulated scenes, never learnt from, by which it is told how much was forgotten.
        held_out: share of the specimens that is held out to decide, one at least, where the data set has no split val.
        least_gain: by how much the score has to rise where a single image decides, or the starting weights stay; where
            n images decide, by this over √n, since chance moves the score of one image about as far; where a part of
            the only image does, by twice as much.
        seed: of all draws.
    """

    side_px: Annotated[int, Field(ge=64, le=2**12)] = 256
    batch_size: Annotated[int, Field(ge=2)] = 4
    batches: Count = 10
    rehearsal: BelowOne = 0.5
    old_scenes: Count = 6
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.25
    least_gain: Share = 0.1
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.side_px % _MULTIPLE_PX:
            raise InputError(f"side_px={self.side_px}: give a multiple of {_MULTIPLE_PX}.")


@settings
class FineTuningRecipe:
    """How weights that know much already learn a little more.

    Attributes:
        learning_rate: the highest, of AdamW, reached after `warm_up_steps` and falling to 0 as a cosine.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
        ema_decay: share of the averaged weights that a step keeps; the averaged ones are validated and kept.
        norms: whether batch normalisation keeps the statistics of the starting weights or learns new ones; few
            images have poor ones, see `docs/learning.md`.
        seed: of the choice of points.
    """

    learning_rate: Positive = 2e-4
    weight_decay: NotNegative = 0.02
    warm_up_steps: Count = 5
    ema_decay: BelowOne = 0.9
    norms: Literal["kept", "learnt"] = "kept"
    seed: RunSeed = 0
