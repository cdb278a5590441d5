"""Settings of what a training learns from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, Seed, ShapeHW, Share, SquareHW, read_settings, settings
from samiam.training.compact.settings import WholeSceneRules
from samiam.training.faults.settings import RegionRules
from samiam.training.fenet.settings import DTDRules, SceneCropRules
from samiam.training.labelled.settings import LabelledRules
from samiam.training.particles.settings import ParticleSceneRules
from samiam.training.polar.settings import FrameRules, LabelRules
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
        shape_hw: of a scene, in pixels; square, as scenes are turned by quarters.
        scenes: what scenes are drawn from.
        rules: how many, and how they are varied.
        workers: processes that draw.
    """

    name: Literal["whole_scenes"]
    shape_hw: SquareHW = (384, 384)
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
        shape_hw: of a scene, in pixels; square, as scenes are turned by quarters.
        waves: a folder that `python -m simulate particles` wrote, with splits train and val; those that ship where
            null.
        conditions: from which the optics and the camera of a picture are drawn.
        p_drawn: probability that a scene is of drawn particles and not of exit waves; without waves where 1.
        drawn: what particles without any real crystal are drawn from; the size of pixels in pictures of waves too.
        rules: how many, and how they are varied.
        workers: processes that draw.
    """

    name: Literal["particle_scenes"]
    shape_hw: SquareHW = (256, 256)
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
        from samiam.polar.inputs import WORKING_PERIOD_PX, working_shape

        size_px, crop_px, period_px = self.video.size_px, self.rules.size_px, self.video.conditions.period_px[1]
        side_px, _ = working_shape((size_px, size_px), period_px)
        if side_px < crop_px:
            raise InputError(
                f"video.size_px={size_px}: such a frame has {side_px} px a side where its stripes are "
                f"{WORKING_PERIOD_PX:g} px apart, less than a crop, rules.size_px={crop_px}; give "
                f"{math.ceil(crop_px * period_px / WORKING_PERIOD_PX)} at least, or smaller crops."
            )


@settings
class LabelledImages:
    """Labelled micrographs, as `samiam dataset build` compiles them, with simulated scenes between them.

    Attributes:
        name: of the kind of data.
        folder: of the data set, in any layout that `benchmark=labelled` reads.
        rules: how they are learnt from.
        workers: processes that draw; a few images need none.
    """

    name: Literal["labelled"]
    folder: str
    rules: LabelledRules = field(default_factory=LabelledRules)
    workers: Workers = 0
