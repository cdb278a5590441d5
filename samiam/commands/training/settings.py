"""Settings of a training: data, learner, trainer and logger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal

from samiam.commands.training.data import (
    LabelledImages,
    LabelledVideo,
    LabyrinthFrames,
    LatticeCrops,
    ParticleRegions,
    ParticleScenes,
    SimulatedCrops,
    Textures,
    WholeLattices,
)
from samiam.compact.settings import FieldSize
from samiam.errors import InputError
from samiam.networks.variant import Variant
from samiam.settings import Positive, Seed, read_settings, settings
from samiam.training.classifier.settings import NetworkOptions
from samiam.training.compact.settings import CalibrationRules, FieldRecipe
from samiam.training.faults.settings import BoostingRecipe, ForestRecipe
from samiam.training.fenet.settings import ContrastiveRecipe, DTDStart
from samiam.training.labelled.settings import FineTuningRecipe
from samiam.training.particles.settings import CalibrationScenes, ParticleRecipe
from samiam.training.polar.settings import CalibrationFrames, PolarRecipe
from samiam.training.settings import ClassificationRecipe, TrainerSettings
from samiam.wandb_mode import LoggerSettings


@settings
class ContrastiveSettings:
    """Crops of one lattice together, others apart (paper eq. 2).

    Attributes:
        name: of the learner.
        options: how it learns.
    """

    name: Literal["contrastive"]
    options: ContrastiveRecipe = field(default_factory=ContrastiveRecipe)


@settings
class FieldSettings:
    """The compact network: vectors that point the same way within a material, and boundaries.

    Attributes:
        name: of the learner.
        start: a file of weights of this network to go on from, with its card; random weights where null.
        size: of the network; that of `start` where it is given.
        options: how it learns.
        calibration: how the weights are calibrated in the end.
    """

    name: Literal["field"]
    start: str | None = None
    size: Mapping[str, Any] = field(default_factory=dict)
    options: FieldRecipe = field(default_factory=FieldRecipe)
    calibration: CalibrationRules = field(default_factory=CalibrationRules)

    def __post_init__(self) -> None:
        if self.start is not None and self.size:
            raise InputError(
                f"size={dict(self.size)}: the weights of start={self.start} have a size; give one of both."
            )
        read_settings(FieldSize, "size", self.size)


@settings
class ParticleSettings:
    """The finder of particles: where they are, how deep a pixel lies in one, where two lie over each other.

    Attributes:
        name: of the learner.
        variant: "ours", or "paper" for the network of Groschner et al. (2021).
        start: a file of weights of this variant to go on from, with its card; random weights where null.
        options: how it learns.
        calibration: how the weights are calibrated in the end.
    """

    name: Literal["particles"]
    variant: Variant = "ours"
    start: str | None = None
    options: ParticleRecipe = field(default_factory=ParticleRecipe)
    calibration: CalibrationScenes = field(default_factory=CalibrationScenes)


@settings
class PolarSettings:
    """The finder of ends and junctions of stripes.

    Attributes:
        name: of the learner.
        variant: "ours", or "paper" for the two networks at full size of Lin et al.
        start: a file of weights of this variant to go on from, with its card; random weights where null.
        options: how it learns.
        calibration: how the weights are calibrated in the end.
    """

    name: Literal["polar"]
    variant: Variant = "ours"
    start: str | None = None
    options: PolarRecipe = field(default_factory=PolarRecipe)
    calibration: CalibrationFrames = field(default_factory=CalibrationFrames)


@settings
class LimitedSettings:
    """The finder of ends and junctions on a few labelled frames, alone and after simulation.

    Attributes:
        name: of the learner.
        start: a file of weights that simulation has taught, with its card; those that ship where null.
        domain: likewise of weights that have learnt from simulations of the video's own physics, to compare with.
        fine_tuning_rate: highest learning rate after simulation.
        options: how it learns.
    """

    name: Literal["polar_limited_labels"]
    start: str | None = None
    domain: str | None = None
    fine_tuning_rate: Positive = 5e-4
    options: PolarRecipe = field(default_factory=PolarRecipe)


@settings
class FaultSettings:
    """What tells stacking faults.

    Attributes:
        name: of the learner.
        variant: "ours", or "paper" for the five numbers of Groschner et al. (2021).
        options: how our trees are grown.
        forest: how the paper's are.
    """

    name: Literal["faults"]
    variant: Variant = "ours"
    options: BoostingRecipe = field(default_factory=BoostingRecipe)
    forest: ForestRecipe = field(default_factory=ForestRecipe)


@settings
class ClassificationSettings:
    """Classes of images told apart.

    Attributes:
        name: of the learner.
        network: what is trained and where its weights start, see `NetworkOptions` and, on data=dtd, `DTDStart`.
        options: how it learns.
    """

    name: Literal["classification"]
    network: Mapping[str, Any] = field(default_factory=dict)
    options: ClassificationRecipe = field(default_factory=ClassificationRecipe)


@settings
class FineTuningSettings:
    """Weights that know much already, tuned on labelled micrographs; where they get no better, they stay.

    Attributes:
        name: of the learner.
        network: what is tuned: the generator and encoder "compact", the encoder "fenet", the "crop_classifier", or the
            mask decoder of "sam".
        start: a file of weights to go on from; those that ship where null. Of "sam" the checkpoint, which has to be
            given unless the published one is to be fetched.
        start_sha256: the hash that this file must have.
        sam: which SAM the checkpoint is of.
        options: how it learns.
    """

    name: Literal["fine_tuning"]
    network: Literal["compact", "fenet", "crop_classifier", "sam"] = "compact"
    start: str | None = None
    start_sha256: str | None = None
    sam: Literal["vit_b", "vit_l", "vit_h"] = "vit_b"
    options: FineTuningRecipe = field(default_factory=FineTuningRecipe)

    def __post_init__(self) -> None:
        if self.start is None and self.start_sha256 is not None:
            raise InputError(f"start_sha256={self.start_sha256}: give the file that has this hash as start=.")


@settings
class TrainSettings:
    """All settings of train.py.

    Attributes:
        data: what is learnt from.
        learner: what learns, and how.
        trainer: how long and on what.
        logger: where metrics are logged beside the run's folder.
        resume: the folder of a run to go on with, under that run's own settings.
        seed: of weights and data.
    """

    data: (
        LatticeCrops
        | WholeLattices
        | Textures
        | SimulatedCrops
        | ParticleScenes
        | ParticleRegions
        | LabyrinthFrames
        | LabelledVideo
        | LabelledImages
    )
    learner: (
        ContrastiveSettings
        | FieldSettings
        | ClassificationSettings
        | ParticleSettings
        | FaultSettings
        | PolarSettings
        | LimitedSettings
        | FineTuningSettings
    )
    trainer: TrainerSettings = field(default_factory=TrainerSettings)
    logger: LoggerSettings = field(default_factory=LoggerSettings)
    resume: str | None = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        chosen = (self.data.name, self.learner.name)
        if chosen not in PAIRS:
            pairs = ", ".join(" with ".join(pair) for pair in PAIRS)
            raise InputError(f"data={chosen[0]} cannot be learnt by {chosen[1]}; what goes together is {pairs}.")
        if isinstance(self.learner, ClassificationSettings):
            kind = DTDStart if self.data.name == "dtd" else NetworkOptions
            read_settings(kind, "learner.network", self.learner.network)
        if isinstance(self.learner, FaultSettings) and replace(self.trainer, progress=True) != TrainerSettings():
            raise InputError("trainer: trees are grown at once, without epochs; of the trainer leave all but progress.")


PAIRS = (
    ("lattices", "contrastive"),
    ("whole_scenes", "field"),
    ("dtd", "classification"),
    ("simulated_crops", "classification"),
    ("particle_scenes", "particles"),
    ("particle_regions", "faults"),
    ("labyrinths", "polar"),
    ("labelled_video", "polar_limited_labels"),
    ("labelled", "fine_tuning"),
)
"""Which data a learner can learn."""


def read_training(config: Mapping[str, Any]) -> TrainSettings:
    """The settings of a training from its config.

    Raises:
        InputError: if a setting, at whatever level, is unknown or cannot be used.
    """
    return read_settings(TrainSettings, "", config)
