"""Train a network: `python train.py experiment=fenet_lattices`, or fenet_dtd, crop_classifier.

The run's folder `outputs/train/<time>/` holds weights with their card, metrics and checkpoints;
`python train.py resume=<folder>` goes on with a run that was interrupted.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from samiam.errors import InputError
from samiam.options import from_options
from samiam.records import Scene
from samiam.texture.fenet_encoder import LATTICES, new_fenet
from samiam.training.contrastive import ContrastiveLearner, ContrastiveRecipe
from samiam.training.run import Job, check_resumable, run
from samiam.training.scene_crops import SceneCropRules, SceneCropsData
from samiam.training.settings import TrainerSettings
from simulate import SceneRanges, procedural_scene

_SETTINGS = "settings.yaml"
_GROUPS = {
    "data": {"lattices": ("name", "shape_hw", "scenes", "crops", "workers")},
    "learner": {"contrastive": ("name", "options")},
}


def draw_scene(seed: int, *, shape_hw: tuple[int, int], ranges: SceneRanges) -> Scene:
    """A scene of random lattices; its seed lies above those that anybody gives to `benchmark=procedural`."""
    return procedural_scene(2**33 + seed, shape_hw=shape_hw, ranges=ranges)


def fenet_lattices(config: dict[str, Any]) -> Job:
    """FENet on crops of random lattices: crops of one lattice together, others apart."""
    data = config["data"]
    ranges = from_options(SceneRanges, "data.scenes", data["scenes"])
    scenes = partial(draw_scene, shape_hw=tuple(data["shape_hw"]), ranges=ranges)
    rules = from_options(SceneCropRules, "data.crops", {**data["crops"], "seed": config["seed"]})
    recipe = from_options(ContrastiveRecipe, "learner.options", config["learner"]["options"])
    learner = ContrastiveLearner(new_fenet(LATTICES, config["seed"]), recipe)
    return Job("fenet_lattices", learner, SceneCropsData(scenes, rules, data["workers"]), LATTICES)


JOBS: dict[tuple[str, str], Callable[[dict[str, Any]], Job]] = {("lattices", "contrastive"): fenet_lattices}
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
            folder = check_resumable(Path(resumed))
            config = OmegaConf.load(folder / _SETTINGS)
        settings: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        if resumed is None:
            OmegaConf.save(config, folder / _SETTINGS, resolve=True)
        print(train(settings, folder, command, resume=resumed is not None))
    except (InputError, OmegaConfBaseException) as error:
        if is_single:  # what Hydra catches gets a line of Hydra's own before ours
            _give_up(error)
        raise  # of several runs Hydra finishes the others first


def _give_up(error: Exception) -> NoReturn:
    print(f"train.py: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # so that errors reach this line instead of a shortened traceback
    try:
        main()
    except (InputError, HydraException, OmegaConfBaseException) as error:
        _give_up(error)
