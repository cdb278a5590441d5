"""`samiam train`, and train.py: a network trained from its first step to a file of weights with its card.

The run's folder `outputs/train/<time>/` holds weights, card, metrics and checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from omegaconf import OmegaConf
from pytorch_lightning.utilities import rank_zero_only
from torch.utils.data import ConcatDataset

from samiam.commands.composing import TRAIN
from samiam.commands.run_settings import SETTINGS, write_settings
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
from samiam.commands.training.faults import train_faults
from samiam.commands.training.labelled import labelled_job
from samiam.commands.training.polar import polar_job
from samiam.commands.training.polar_labels import train_limited
from samiam.commands.training.settings import (
    ClassificationSettings,
    ContrastiveSettings,
    FaultSettings,
    FieldSettings,
    FineTuningSettings,
    LimitedSettings,
    ParticleSettings,
    PolarSettings,
    TrainSettings,
    read_training,
)
from samiam.compact.network import FieldNetwork
from samiam.compact.network import facts_of as facts_of_field
from samiam.compact.settings import FieldSize
from samiam.compact.sights import read_network
from samiam.errors import InputError
from samiam.particles.finder.network import facts_of as facts_of_particles
from samiam.particles.finder.network import new_network, seen_by
from samiam.particles.finder.weights import read_network as read_particles
from samiam.records import Scene
from samiam.records.particle_scene import ParticleScene
from samiam.settings import read_settings
from samiam.storage.weight_files import read_card, seeded
from samiam.texture.classifier import facts_of
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from samiam.training.classification import Classification
from samiam.training.classifier.crop_sets import AllOfClass, Crops, CropSetsData
from samiam.training.classifier.fitting import calibrate as calibrate_classifier
from samiam.training.classifier.initialisation import initialised
from samiam.training.classifier.settings import NetworkOptions
from samiam.training.compact.fitting import calibrate
from samiam.training.compact.learning import FieldLearner
from samiam.training.compact.whole_scenes import WholeScenesData
from samiam.training.fenet.contrastive import ContrastiveLearner
from samiam.training.fenet.dtd import DTDData, start_fenet
from samiam.training.fenet.scene_crops import SceneCropsData
from samiam.training.fenet.settings import DTDStart
from samiam.training.particles.fitting import calibrate as calibrate_particles
from samiam.training.particles.learning import ParticleLearner
from samiam.training.particles.scenes import ParticleScenesData
from samiam.training.run import Job, check_resumable, run
from simulate import EFFECTS, SceneRanges, procedural_scene
from simulate.crops import CropConditions, draw_once, held_out_splits, read_crops, stand_in_splits
from simulate.particles import WaveLibrary, picture, read_waves
from simulate.phase_objects import drawn_particles


def train_in(config: Mapping[str, Any], folder: Path, command: str, *, is_single: bool) -> int:  # noqa: ARG001 - one interface
    """Train in a folder, or go on with the run that `resume` names; nothing is left of one that cannot begin."""
    resumed = config.get("resume")
    if resumed is not None:
        with suppress(OSError):  # Hydra made it for a new run
            folder.rmdir()
        folder = check_resumable(Path(resumed))
        config, began = _read_settings_of_run(folder / SETTINGS)
        command = f"{began}, resumed"
    try:
        if resumed is None:
            rank_zero_only(write_settings)(folder, recorded(read_training(config)), command)
        rank_zero_only(print)(train(config, folder, command, resume=resumed is not None))
    except InputError:
        if not (folder / "checkpoints").exists():
            (folder / SETTINGS).unlink(missing_ok=True)
        raise
    return 0


def train(config: Mapping[str, Any], folder: Path, command: str, *, resume: bool = False) -> str:
    """Train what a config describes; returns what to print. The card of the weights quotes config and command.

    Args:
        config: settings by name, see `TrainSettings`; those that are not there have their defaults.
        folder: of the run.
        command: what the user typed.
        resume: go on after the last epoch that the folder has.

    Raises:
        InputError: if a setting cannot be used, or there is nothing to resume.
    """
    settings = read_training(config)
    if isinstance(settings.data, ParticleRegions) and isinstance(settings.learner, FaultSettings):
        return train_faults(settings, settings.data, settings.learner, folder, recorded(settings), command)
    if isinstance(settings.data, LabelledVideo) and isinstance(settings.learner, LimitedSettings):
        return train_limited(settings, settings.data, settings.learner, folder, recorded(settings), command)
    job = job_of(settings)
    card = run(job, settings.trainer, settings.logger, folder, recorded(settings), command, resume=resume)
    scores = ", ".join(f"{name} {value:.3f}" for name, value in card["scores"].items())
    said = f"{scores} after epoch {card['epoch']}\n{folder / job.name}.safetensors"
    decisions = [part["decision"] for part in (card, card.get("numbers", {})) if "decision" in part]
    return "\n".join([said, *decisions])


def job_of(settings: TrainSettings) -> Job:
    """The network, its data and its learner."""
    data, learner, seed = settings.data, settings.learner, settings.seed
    if isinstance(data, LatticeCrops) and isinstance(learner, ContrastiveSettings):
        return _fenet_lattices(data, learner, seed)
    if isinstance(data, WholeLattices) and isinstance(learner, FieldSettings):
        return _compact(data, learner, seed)
    if isinstance(data, Textures) and isinstance(learner, ClassificationSettings):
        return _fenet_dtd(data, learner, seed)
    if isinstance(data, SimulatedCrops) and isinstance(learner, ClassificationSettings):
        return _crop_classifier(data, learner, seed)
    if isinstance(data, ParticleScenes) and isinstance(learner, ParticleSettings):
        return _particles(data, learner, seed)
    if isinstance(data, LabyrinthFrames) and isinstance(learner, PolarSettings):
        return polar_job(data, learner, seed)
    if isinstance(data, LabelledImages) and isinstance(learner, FineTuningSettings):
        return labelled_job(data, learner, seed)
    raise InputError(f"data={data.name} cannot be learnt by {learner.name}.")


def draw_scene(seed: int, *, data: LatticeCrops | WholeLattices) -> Scene:
    """A scene of random lattices; its seed lies above those that anybody gives to `benchmark=procedural`."""
    return procedural_scene(2**33 + seed, shape_hw=data.shape_hw, ranges=data.scenes)


def draw_to_calibrate(number: int, *, ranges: SceneRanges) -> Scene:
    """A scene of random lattices, 512 px a side as what the compact network mostly sees; none of those trained on."""
    return procedural_scene(2**34 + number, shape_hw=(512, 512), ranges=ranges)


def _drawing(data: LatticeCrops | WholeLattices) -> Callable[[int], Scene]:
    return partial(draw_scene, data=data)


def _fenet_lattices(data: LatticeCrops, learner: ContrastiveSettings, seed: int) -> Job:
    """FENet on crops of random lattices: crops of one lattice together, others apart."""
    crops = SceneCropsData(_drawing(data), replace(data.crops, seed=seed), data.workers)
    return Job("fenet_lattices", ContrastiveLearner(new_fenet(LATTICES, seed), learner.options), crops, LATTICES)


def _compact(data: WholeLattices, learner: FieldSettings, seed: int) -> Job:
    """The network of the compact generator on whole scenes of random lattices."""
    recipe = replace(learner.options, seed=seed)
    network, start = _field_network(learner, seed)
    slices = {
        name.replace(" ", "_"): partial(draw_scene, data=replace(data, scenes=ranges))
        for name, ranges in EFFECTS.items()
    }
    scenes = WholeScenesData(_drawing(data), replace(data.rules, seed=seed), data.workers, slices)
    facts = facts_of_field(network.size)
    finish = partial(calibrate, draw_scene=partial(draw_to_calibrate, ranges=data.scenes), rules=learner.calibration)
    return Job("compact", FieldLearner(network, recipe), scenes, facts, recipe.ema_decay, start, finish)


def _field_network(learner: FieldSettings, seed: int) -> tuple[FieldNetwork, Mapping[str, Any] | None]:
    """The network before training, and the card of the weights that it has."""
    if learner.start is None:
        return seeded(seed, partial(FieldNetwork, read_settings(FieldSize, "learner.size", learner.size))), None
    card = read_card(learner.start)
    return read_network(Path(learner.start), card["sha256"]), card


def _particles(data: ParticleScenes, learner: ParticleSettings, seed: int) -> Job:
    """The network that finds particles."""
    card = None if learner.start is None else read_card(learner.start)
    if learner.start is None or card is None:
        network = seeded(seed, partial(new_network, learner.variant))
    else:
        network = read_particles(Path(learner.start), card["sha256"], learner.variant)
    waves = {split: None if data.p_drawn == 1 else read_waves(data.waves, split) for split in ("train", "val")}
    draw = {use: partial(draw_particles, data=data, waves=waves[split], use=use) for use, split in _USES.items()}
    see = partial(seen_by, network)
    rules = replace(data.rules, seed=seed)
    scenes = ParticleScenesData(draw["train"], draw["val"], see, rules, data.workers)
    facts = facts_of_particles(learner.variant)
    finish = partial(calibrate_particles, draw_scene=draw["calibration"], n_scenes=learner.calibration.scenes)
    module = ParticleLearner(network, learner.options)
    return Job("particles", module, scenes, facts, learner.options.ema_decay, card, finish)


_USES = {"train": "train", "val": "val", "calibration": "val"}
"""What scenes of particles are for, and the split of the exit waves that they show."""


def draw_particles(seed: int, *, data: ParticleScenes, waves: WaveLibrary | None, use: str) -> ParticleScene:
    """A scene of particles.

    Args:
        seed: a whole number below 2³².
        data: what it is drawn from.
        waves: of which a picture is taken, None to draw particles only.
        use: "train", "val" or "calibration", of which none shares a drawn scene with another. Thresholds are fitted on
            waves and, of what is drawn, on shadows: how often drawn supports look like particles is made up. Without
            waves half of what they are fitted on is empty, since that is what they are mostly for.
    """
    rng = np.random.default_rng([list(_USES).index(use), seed])
    if waves is None or rng.random() < data.p_drawn:
        to_fit = replace(data.drawn, p_empty=0.5) if waves is None else replace(data.drawn, p_shadows=1.0)
        ranges = to_fit if use == "calibration" else data.drawn
        return drawn_particles(int(rng.integers(2**63)), shape_hw=data.shape_hw, ranges=ranges)
    wave, pixel_nm = waves[int(rng.integers(len(waves)))], float(rng.uniform(*data.drawn.pixel_size_nm))
    picture_seed = int(rng.integers(2**63))
    return picture(wave, data.conditions, picture_seed, shape_hw=data.shape_hw, pixel_size_nm=pixel_nm, d_prime=False)


def _crop_classifier(data: SimulatedCrops, learner: ClassificationSettings, seed: int) -> Job:
    """A classifier of simulated crops, tested under conditions that it was not trained under."""
    options = read_settings(NetworkOptions, "learner.network", learner.network)
    network = initialised(options, len(data.materials) + 1, seed)
    folder, names = drawn_crops(data)
    sets: dict[str, Crops] = {name: read_crops(folder, name) for name in names}
    for name, of_none in crops_of_none(data).items():
        sets[name] = ConcatDataset([sets[name], of_none]) if name in sets else of_none
    train, val, tests = sets.pop("train"), sets.pop("val"), sets
    crops = CropSetsData(train, val, tests, seed=seed, batch_size=data.batch_size)
    facts, finish = facts_of(options.name, data.materials), partial(calibrate_classifier, crops=val)
    return Job("crop_classifier", Classification(network, learner.options), crops, facts, finish=finish)


def crops_of_none(data: SimulatedCrops) -> dict[str, Crops]:
    """Crops to learn what is none of the materials from, to choose by and to test on; none where not wanted."""
    if not data.stand_ins:
        return {}
    conditions = read_settings(CropConditions, "data.conditions", data.conditions)
    splits = stand_in_splits(data.materials, conditions, data.sizes, data.size_px, data.seed)
    folder = draw_once(data.folder, splits, data.workers)
    return {name: AllOfClass(read_crops(folder, name), len(data.materials)) for name in splits}


def drawn_crops(data: SimulatedCrops) -> tuple[Path, tuple[str, ...]]:
    """The folder of simulated crops, drawn first unless they are there, and its splits: train, val, then tests."""
    conditions = read_settings(CropConditions, "data.conditions", data.conditions)
    splits = held_out_splits(
        data.materials, conditions, data.conditions_of_tests(), data.sizes, data.size_px, data.seed
    )
    return draw_once(data.folder, splits, data.workers), tuple(splits)


def _fenet_dtd(data: Textures, learner: ClassificationSettings, seed: int) -> Job:
    """FENet on photographs of textures: the paper's encoder."""
    rules = replace(data.rules, seed=seed)
    network, facts = start_fenet(read_settings(DTDStart, "learner.network", learner.network), rules)
    return Job("fenet_dtd", Classification(network, learner.options), DTDData(rules, data.workers), facts)


def recorded(settings: TrainSettings) -> dict[str, Any]:
    """All settings, defaults included, as plain values; draws have the seed of the run."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    for group in ("data", "learner"):
        for part in ("crops", "rules", "options", "forest"):
            if isinstance(whole[group].get(part), dict):
                whole[group][part].pop("seed", None)
    return whole


def _read_settings_of_run(path: Path) -> tuple[dict[str, Any], str]:
    """The settings that a run was begun with, and its command."""
    try:
        text = path.read_text(encoding="utf-8")
        config = OmegaConf.to_container(OmegaConf.create(text))
    except Exception as error:  # YAML of somebody else can raise nearly anything
        raise InputError(f"{path}: cannot be read as the settings of a run ({type(error).__name__}).") from error
    if not isinstance(config, dict) or config.get("resume") is not None:
        raise InputError(f"{path}: not the settings of a run.")
    return cast("dict[str, Any]", config), text.partition("\n")[0].removeprefix("# ")


if __name__ == "__main__":  # a further process of a training that `samiam train` began
    import sys

    from samiam.commands.composing import TRAIN, main

    sys.exit(main(TRAIN, sys.argv[1:]))
