"""Settings of a training: data, learner, trainer and logger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from samiam.compact.settings import FieldSize
from samiam.errors import InputError
from samiam.networks.variant import Variant
from samiam.settings import Count, Positive, Seed, ShapeHW, Share, read_settings, settings
from samiam.training.classifier.settings import NetworkOptions
from samiam.training.compact.settings import CalibrationRules, FieldRecipe, WholeSceneRules
from samiam.training.faults.settings import ForestRecipe, RegionRules
from samiam.training.fenet.settings import ContrastiveRecipe, DTDRules, DTDStart, SceneCropRules
from samiam.training.particles.settings import CalibrationScenes, ParticleRecipe, ParticleSceneRules
from samiam.training.polar.settings import CalibrationFrames, FrameRules, LabelRules, PolarRecipe
from samiam.training.settings import ClassificationRecipe, TrainerSettings
from samiam.wandb_mode import LoggerSettings
from simulate import SceneRanges
from simulate.crops import CropConditions, SplitSizes
from simulate.labyrinth import LabyrinthConditions, Physics, VideoSettings
from simulate.library.materials import material
from simulate.particles import ParticleConditions
from simulate.phase_objects import ParticleRanges

Workers = Annotated[int, Field(ge=0)]


@settings
class LatticeCrops:
    """Crops of random scenes without any real crystal, drawn on the fly.

    Attributes:
        name: of the kind of data.
        shape_hw: of a scene, in pixels.
        scenes: what scenes are drawn from.
        crops: how crops are drawn.
        workers: processes that draw.
    """

    name: Literal["lattices"]
    shape_hw: ShapeHW = (352, 352)
    scenes: SceneRanges = field(default_factory=SceneRanges)
    crops: SceneCropRules = field(default_factory=SceneCropRules)
    workers: Workers = 1


@settings
class WholeLattices:
    """Random scenes without any real crystal, drawn on the fly.

    Attributes:
        name: of the kind of data.
        shape_hw: of a scene, in pixels.
        scenes: what scenes are drawn from.
        rules: how many, and how they are varied.
        workers: processes that draw.
    """

    name: Literal["whole_scenes"]
    shape_hw: ShapeHW = (384, 384)
    scenes: SceneRanges = field(default_factory=SceneRanges)
    rules: WholeSceneRules = field(default_factory=WholeSceneRules)
    workers: Workers = 1


@settings
class Textures:
    """The Describable Textures Dataset: 47 classes of 120 photographs, published in ten partitions.

    Attributes:
        name: of the kind of data.
        rules: which images, and how they are shown.
        workers: processes that read.
    """

    name: Literal["dtd"]
    rules: DTDRules = field(default_factory=DTDRules)
    workers: Workers = 1


@settings
class SimulatedCrops:
    """Crops of named materials, imaged by multislice; drawn once, then read from the folder.

    Attributes:
        name: of the kind of data.
        folder: of the crops.
        materials: names of the classes.
        size_px: side of a crop.
        sizes: how many crops.
        conditions: of training, validation and the test "same".
        held_out: tests by name, each with what it changes of the conditions.
        stand_ins: whether as many crops of what is none of the materials are learnt from, chosen by and tested on.
        seed: of the crops; the weights' is another.
        workers: processes that draw.
        batch_size: crops in a batch.
    """

    name: Literal["simulated_crops"]
    folder: str = "outputs/crops"
    materials: tuple[str, ...] = ("SrTiO3", "Ge", "PtC", "Vac")
    size_px: Count = 60
    sizes: SplitSizes = field(default_factory=SplitSizes)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    held_out: Mapping[str, Any] = field(default_factory=dict)
    stand_ins: bool = True
    seed: Seed = 0
    workers: Count = 2
    batch_size: Count = 64

    def __post_init__(self) -> None:
        for name in self.materials:
            try:
                material(name)
            except InputError as error:
                raise InputError(f"materials: {error}") from error
        read_settings(CropConditions, "conditions", self.conditions)
        self.conditions_of_tests()

    def conditions_of_tests(self) -> dict[str, CropConditions]:
        """The conditions of each test, by its name."""
        found = {}
        for name, changes in self.held_out.items():
            if not isinstance(changes, Mapping):
                raise InputError(f"held_out.{name}={changes!r}: give what it changes, as {{thickness_A: [300, 460]}}.")
            found[name] = read_settings(CropConditions, f"held_out.{name}", {**self.conditions, **changes})
        return found


@settings
class ParticleScenes:
    """Scenes of particles on a support, drawn on the fly: pictures of exit waves, and particles without any crystal.

    Attributes:
        name: of the kind of data.
        shape_hw: of a scene, in pixels.
        waves: a folder that `python -m simulate particles` wrote, with splits train and val; those that ship where
            null.
        conditions: from which the optics and the camera of a picture are drawn.
        p_drawn: probability that a scene is of drawn particles and not of exit waves; without waves where 1.
        drawn: what particles without any real crystal are drawn from; the size of pixels in pictures of waves too.
        rules: how many, and how they are varied.
        workers: processes that draw.
    """

    name: Literal["particle_scenes"]
    shape_hw: ShapeHW = (256, 256)
    waves: str | None = None
    conditions: ParticleConditions = field(default_factory=ParticleConditions)
    p_drawn: Share = 0.5
    drawn: ParticleRanges = field(default_factory=ParticleRanges)
    rules: ParticleSceneRules = field(default_factory=ParticleSceneRules)
    workers: Workers = 1


@settings
class ParticleRegions:
    """Regions of simulated pictures of particles, drawn once; specimens are on one side of every split.

    Attributes:
        name: of the kind of data.
        waves: folders that `python -m simulate particles` wrote, with splits train, val and tests between them; what
            ships where empty.
        tests: splits to test on; the first says how often faults are told rightly.
        conditions: from which the optics and the camera of a picture are drawn.
        folder: of the regions.
        rules: how many.
        workers: processes that draw.
    """

    name: Literal["particle_regions"]
    waves: tuple[str, ...] = ()
    tests: Annotated[tuple[str, ...], Field(min_length=1)] = ("test",)
    conditions: ParticleConditions = field(default_factory=ParticleConditions)
    folder: str = "outputs/particle_regions"
    rules: RegionRules = field(default_factory=RegionRules)
    workers: Count = 1


@settings
class LabyrinthFrames:
    """Frames of labyrinths of stripe domains, drawn on the fly.

    Attributes:
        name: of the kind of data.
        physics: that the labyrinths obey.
        conditions: from which how they are seen is drawn.
        rules: how many, and how they are varied.
        workers: processes that draw.
    """

    name: Literal["labyrinths"]
    physics: Physics = "swift_hohenberg"
    conditions: LabyrinthConditions = field(default_factory=LabyrinthConditions)
    rules: FrameRules = field(default_factory=FrameRules)
    workers: Workers = 1


@settings
class LabelledVideo:
    """A video of which a few frames are labelled.

    Attributes:
        name: of the kind of data.
        video: that is drawn; another one of the same conditions is for testing.
        rules: which frames are labelled, and how they are learnt from.
    """

    name: Literal["labelled_video"]
    video: VideoSettings = field(default_factory=VideoSettings)
    rules: LabelRules = field(default_factory=LabelRules)

    def __post_init__(self) -> None:
        least = max(2 * (max(self.rules.labelled) + self.rules.val_frames), 4 * self.rules.test_frames)
        if self.video.frames < least:
            raise InputError(
                f"video.frames={self.video.frames}: give {least} at least, of which half are there to be labelled and "
                "validated on, and a quarter to test on."
            )


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
    """The forest that tells stacking faults.

    Attributes:
        name: of the learner.
        variant: "ours", or "paper" for the five numbers of Groschner et al. (2021).
        options: how it is grown.
    """

    name: Literal["faults"]
    variant: Variant = "ours"
    options: ForestRecipe = field(default_factory=ForestRecipe)


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
    )
    learner: (
        ContrastiveSettings
        | FieldSettings
        | ClassificationSettings
        | ParticleSettings
        | FaultSettings
        | PolarSettings
        | LimitedSettings
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
            raise InputError(
                "trainer: a forest is grown at once, without epochs; of the trainer leave all but progress."
            )


PAIRS = (
    ("lattices", "contrastive"),
    ("whole_scenes", "field"),
    ("dtd", "classification"),
    ("simulated_crops", "classification"),
    ("particle_scenes", "particles"),
    ("particle_regions", "faults"),
    ("labyrinths", "polar"),
    ("labelled_video", "polar_limited_labels"),
)
"""Which data a learner can learn."""


def read_training(config: Mapping[str, Any]) -> TrainSettings:
    """The settings of a training from its config.

    Raises:
        InputError: if a setting, at whatever level, is unknown or cannot be used.
    """
    return read_settings(TrainSettings, "", config)
