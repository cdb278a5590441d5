"""Train a network: `python train.py experiment=fenet_lattices`, or fenet_dtd, crop_classifier.

The run's folder `outputs/train/<time>/` holds weights with their card, metrics and checkpoints;
`python train.py resume=<folder>` goes on with a run that was interrupted.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pytorch_lightning.utilities import rank_zero_only

from samiam.compact.field import load_field_model
from samiam.compact.network import FieldNetwork, FieldSize
from samiam.compact.network import facts_of as facts_of_field
from samiam.compact.settings import CompactWeights
from samiam.errors import InputError
from samiam.records import Scene
from samiam.settings import from_options
from samiam.storage.weight_files import read_card, seeded
from samiam.texture.classifier import facts_of
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from samiam.training.classification import Classification, ClassificationRecipe
from samiam.training.classifier.crop_classification import CropClassification
from samiam.training.classifier.crop_sets import CropSetsData
from samiam.training.classifier.initialisation import NetworkOptions, initialised
from samiam.training.compact.learning import FieldLearner, FieldRecipe
from samiam.training.compact.whole_scenes import WholeSceneRules, WholeScenesData
from samiam.training.fenet.contrastive import ContrastiveLearner, ContrastiveRecipe
from samiam.training.fenet.dtd import DTDData, DTDRules, DTDStart, start_fenet
from samiam.training.fenet.scene_crops import SceneCropRules, SceneCropsData
from samiam.training.run import Job, check_resumable, run
from samiam.training.settings import TrainerSettings
from simulate import SceneRanges, procedural_scene
from simulate.crops import CropConditions, SplitSizes, draw_once, held_out_splits, read_crops

_SETTINGS = "settings.yaml"
_GROUPS = {
    "data": {
        "lattices": ("name", "shape_hw", "scenes", "crops", "workers"),
        "whole_scenes": ("name", "shape_hw", "scenes", "rules", "workers"),
        "dtd": ("name", "rules", "workers"),
        "simulated_crops": (
            *("name", "folder", "materials", "size_px", "sizes", "conditions", "held_out"),
            *("seed", "workers", "batch_size"),
        ),
    },
    "learner": {
        "contrastive": ("name", "options"),
        "field": ("name", "start", "size", "options"),
        "classification": ("name", "network", "options"),
    },
}


def draw_scene(seed: int, *, shape_hw: tuple[int, int], ranges: SceneRanges) -> Scene:
    """A scene of random lattices; its seed lies above those that anybody gives to `benchmark=procedural`."""
    return procedural_scene(2**33 + seed, shape_hw=shape_hw, ranges=ranges)


def fenet_lattices(config: dict[str, Any]) -> Job:
    """FENet on crops of random lattices: crops of one lattice together, others apart."""
    data = config["data"]
    rules = from_options(SceneCropRules, "data.crops", {**data["crops"], "seed": config["seed"]})
    recipe = from_options(ContrastiveRecipe, "learner.options", config["learner"]["options"])
    learner = ContrastiveLearner(new_fenet(LATTICES, config["seed"]), recipe)
    return Job("fenet_lattices", learner, SceneCropsData(_scenes(data), rules, data["workers"]), LATTICES)


def compact(config: dict[str, Any]) -> Job:
    """The network of the compact generator on whole scenes of random lattices."""
    data, learner, seed = config["data"], config["learner"], config["seed"]
    recipe = from_options(FieldRecipe, "learner.options", {**learner["options"], "seed": seed})
    rules = from_options(WholeSceneRules, "data.rules", {**data["rules"], "seed": seed})
    network, start = _field_network(learner, seed)
    scenes = WholeScenesData(_scenes(data), rules, data["workers"])
    return Job(
        "compact", FieldLearner(network, recipe), scenes, facts_of_field(network.size), recipe.ema_decay, start=start
    )


def _field_network(learner: dict[str, Any], seed: int) -> tuple[FieldNetwork, Mapping[str, Any] | None]:
    """The network before training, and the card of the weights that it has."""
    if learner["start"] is None:
        size = from_options(FieldSize, "learner.size", learner["size"])
        return seeded(seed, partial(FieldNetwork, size)), None
    if learner["size"]:
        raise InputError(f"learner.size={learner['size']}: the weights of learner.start have a size; give one of both.")
    card = read_card(learner["start"])
    weights = CompactWeights(learner["start"], card["sha256"], device="cpu")
    return load_field_model(weights).network.train(), card


def _scenes(data: dict[str, Any]) -> Callable[[int], Scene]:
    """What draws the scenes that a config describes."""
    ranges = from_options(SceneRanges, "data.scenes", data["scenes"])
    return partial(draw_scene, shape_hw=tuple(data["shape_hw"]), ranges=ranges)


def crop_classifier(config: dict[str, Any]) -> Job:
    """A classifier of simulated crops, tested under conditions that it was not trained under."""
    data = config["data"]
    options = from_options(NetworkOptions, "network", config["learner"]["network"])
    recipe = from_options(ClassificationRecipe, "learner.options", config["learner"]["options"])
    network = initialised(options, len(data["materials"]), config["seed"])
    folder, names = drawn_crops(data)
    train, val, *tests = (read_crops(folder, name) for name in names)
    crops = CropSetsData(
        train, val, dict(zip(names[2:], tests, strict=True)), seed=config["seed"], batch_size=data["batch_size"]
    )
    facts = facts_of(options.name, data["materials"])
    return Job("crop_classifier", CropClassification(network, recipe), crops, facts)


def drawn_crops(data: dict[str, Any]) -> tuple[Path, tuple[str, ...]]:
    """The folder of simulated crops, drawn first unless they are there, and its splits: train, val, then tests."""
    conditions = from_options(CropConditions, "data.conditions", data["conditions"])
    held_out = {
        name: from_options(CropConditions, f"data.held_out.{name}", {**data["conditions"], **changed})
        for name, changed in data["held_out"].items()
    }
    sizes = from_options(SplitSizes, "data.sizes", data["sizes"])
    splits = held_out_splits(data["materials"], conditions, held_out, sizes, data["size_px"], data["seed"])
    return draw_once(data["folder"], splits, data["workers"]), tuple(splits)


def fenet_dtd(config: dict[str, Any]) -> Job:
    """FENet on photographs of textures: the paper's encoder."""
    data, learner = config["data"], config["learner"]
    rules = from_options(DTDRules, "data.rules", {**data["rules"], "seed": config["seed"]})
    recipe = from_options(ClassificationRecipe, "learner.options", learner["options"])
    start = from_options(DTDStart, "learner.network", learner["network"])
    network, facts = start_fenet(start, rules)
    return Job("fenet_dtd", Classification(network, recipe), DTDData(rules, data["workers"]), facts)


JOBS: dict[tuple[str, str], Callable[[dict[str, Any]], Job]] = {
    ("lattices", "contrastive"): fenet_lattices,
    ("whole_scenes", "field"): compact,
    ("dtd", "classification"): fenet_dtd,
    ("simulated_crops", "classification"): crop_classifier,
}
"""What a data set and a learner make together."""


def train(config: dict[str, Any], folder: Path, command: str, *, resume: bool = False) -> str:
    """Train what a config describes; returns what to print. The card of the weights quotes config and command."""
    job = job_of(config)
    settings = from_options(TrainerSettings, "trainer", config["trainer"])
    card = run(job, settings, folder, config, command, resume=resume)
    scores = ", ".join(f"{name} {value:.3f}" for name, value in card["scores"].items())
    return f"{scores} after epoch {card['epoch']}\n{folder / job.name}.safetensors"


def job_of(config: dict[str, Any]) -> Job:
    """The network, its data and its learner; refuses what would fail or be overlooked later."""
    for group, kinds in _GROUPS.items():
        name = config[group]["name"]
        if name not in kinds:
            raise InputError(f"unknown {group} {name!r}; known are {', '.join(kinds)}.")
        unknown = config[group].keys() - kinds[name]
        if unknown:
            known = ", ".join(kinds[name][1:])
            raise InputError(f"{group} {name} has no setting {', '.join(sorted(unknown))}; it has {known}.")
    chosen = (config["data"]["name"], config["learner"]["name"])
    if chosen not in JOBS:
        pairs = ", ".join(" with ".join(pair) for pair in JOBS)
        raise InputError(f"data {chosen[0]} cannot be learnt by {chosen[1]}; what goes together is {pairs}.")
    return JOBS[chosen](config)


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def main(config: DictConfig) -> None:
    """Compose the config, train, print."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    is_single = HydraConfig.get().mode == RunMode.RUN
    command = shlex.join(["python", "train.py", *HydraConfig.get().overrides.task])
    try:
        resumed = config.resume
        if resumed is not None:
            _remove_if_empty(folder)  # Hydra made it for a new run
            folder = check_resumable(Path(resumed))
            config = cast("DictConfig", OmegaConf.load(folder / _SETTINGS))
            command = f"{_command_of(folder)}, resumed"
        settings: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        if resumed is None:
            rank_zero_only(_write_settings)(folder, command, config)
        rank_zero_only(print)(train(settings, folder, command, resume=resumed is not None))
    except (InputError, OmegaConfBaseException) as error:
        if not (folder / "checkpoints").exists():
            (folder / _SETTINGS).unlink(missing_ok=True)
            _remove_if_empty(folder)
        if is_single:  # what Hydra catches gets a line of Hydra's own before ours
            _give_up(error)
        raise  # of several runs Hydra finishes the others first


def _write_settings(folder: Path, command: str, config: DictConfig) -> None:
    settings = f"# {command}\n{OmegaConf.to_yaml(config, resolve=True)}"
    (folder / _SETTINGS).write_text(settings, encoding="utf-8")


def _command_of(folder: Path) -> str:
    """What began the run in a folder."""
    return (folder / _SETTINGS).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _give_up(error: Exception) -> NoReturn:
    print(f"train.py: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # so that errors reach this line instead of a shortened traceback
    try:
        main()
    except (InputError, HydraException, OmegaConfBaseException) as error:
        _give_up(error)
