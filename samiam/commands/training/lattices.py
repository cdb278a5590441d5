"""FENet and the network of the compact generator, which learn from scenes of random lattices."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from samiam.commands.training.data import LatticeCrops, WholeLattices
from samiam.commands.training.settings import ContrastiveSettings, FieldSettings
from samiam.commands.training.starting import started
from samiam.compact.network import FieldNetwork, facts_of
from samiam.compact.settings import FieldSize
from samiam.compact.sights import read_network
from samiam.records import Scene
from samiam.settings import read_settings
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from samiam.training.compact.fitting import calibrate
from samiam.training.compact.learning import FieldLearner
from samiam.training.compact.whole_scenes import WholeScenesData
from samiam.training.fenet.contrastive import ContrastiveLearner
from samiam.training.fenet.scene_crops import SceneCropsData
from samiam.training.run import Job
from simulate import EFFECTS, SceneRanges, procedural_scene


def fenet_lattices_job(data: LatticeCrops, learner: ContrastiveSettings, seed: int) -> Job:
    """FENet on crops of random lattices: crops of one lattice together, others apart."""
    crops = SceneCropsData(partial(draw_scene, data=data), replace(data.crops, seed=seed), data.workers)
    return Job("fenet_lattices", ContrastiveLearner(new_fenet(LATTICES, seed), learner.options), crops, LATTICES)


def compact_job(data: WholeLattices, learner: FieldSettings, seed: int) -> Job:
    """The network of the compact generator on whole scenes of random lattices."""
    recipe = replace(learner.options, seed=seed)
    network, start = started(learner.start, seed, partial(_new_network, learner), read_network)
    slices = {
        name.replace(" ", "_"): partial(draw_scene, data=replace(data, scenes=ranges))
        for name, ranges in EFFECTS.items()
    }
    scenes = WholeScenesData(partial(draw_scene, data=data), replace(data.rules, seed=seed), data.workers, slices)
    facts = facts_of(network.size)
    finish = partial(calibrate, draw_scene=partial(draw_to_calibrate, ranges=data.scenes), rules=learner.calibration)
    return Job("compact", FieldLearner(network, recipe), scenes, facts, recipe.ema_decay, start, finish)


def _new_network(learner: FieldSettings) -> FieldNetwork:
    return FieldNetwork(read_settings(FieldSize, "learner.size", learner.size))


def draw_scene(seed: int, *, data: LatticeCrops | WholeLattices) -> Scene:
    """A scene of random lattices; its seed lies above those that anybody gives to `benchmark=procedural`."""
    return procedural_scene(2**33 + seed, shape_hw=data.shape_hw, ranges=data.scenes)


def draw_to_calibrate(number: int, *, ranges: SceneRanges) -> Scene:
    """A scene of random lattices, 512 px a side as what the compact network mostly sees; none of those trained on."""
    return procedural_scene(2**34 + number, shape_hw=(512, 512), ranges=ranges)
