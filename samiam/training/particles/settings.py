"""Settings of the training of the network that finds particles."""

from __future__ import annotations

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Positive, RunSeed, Share, settings
from samiam.training.settings import BelowOne


@settings
class ParticleRecipe:
    """How the network that finds particles learns.

    Attributes:
        learning_rate: the highest, of AdamW, reached after `warm_up_steps` and falling to 0 as a cosine.
        weight_decay: of AdamW.
        warm_up_steps: batches during which the learning rate rises.
        dice_weight: of the Dice loss of particles beside their cross-entropy.
        depth_weight: of the depth; the paper's network says none.
        overlap_weight: of the overlap; likewise.
        ema_decay: share of the averaged weights that a step keeps.
    """

    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.01
    warm_up_steps: Count = 20
    dice_weight: NotNegative = 1.0
    depth_weight: NotNegative = 1.5
    overlap_weight: NotNegative = 0.3
    ema_decay: BelowOne = 0.99


@settings
class ParticleSceneRules:
    """How many scenes of particles there are, and how those to train on are varied.

    Attributes:
        scenes: in an epoch, a full batch at least; all of them are new ones.
        val_scenes: to validate on, the same in every epoch, not varied, of other specimens.
        batch_size: scenes in a batch; those to validate on come one by one.
        zoom: a scene is magnified by up to 1 + this or reduced by as much.
        p_placed: probability that it is, and turned by any angle; it is always turned by quarters and mirrored.
        p_shaded: probability of a slow gradient of brightness.
        p_blurred: probability of a blur.
        p_noisy: probability of noise beyond that of the dose.
        p_compressed: probability of a JPEG, of a quality of 30 to 95.
        seed: of all draws.
    """

    scenes: Count = 800
    val_scenes: Count = 48
    batch_size: Count = 8
    zoom: NotNegative = 0.2
    p_placed: Share = 0.3
    p_shaded: Share = 0.2
    p_blurred: Share = 0.2
    p_noisy: Share = 0.15
    p_compressed: Share = 0.15
    seed: RunSeed = 0

    def __post_init__(self) -> None:
        if self.scenes < self.batch_size:
            raise InputError(f"scenes={self.scenes}: give a full batch at least, batch_size={self.batch_size}.")


@settings
class CalibrationScenes:
    """How new weights are calibrated.

    Attributes:
        scenes: of the specimens to validate on, seen under other conditions, that thresholds are fitted on.
    """

    scenes: Count = 80
