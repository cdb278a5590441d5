"""`samiam train`, and train.py: a network trained from its first step to a file of weights with its card.

The run's folder `outputs/train/<time>/` holds weights, card, metrics and checkpoints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from omegaconf import OmegaConf
from pytorch_lightning.utilities import rank_zero_only

from samiam.commands.composing.program import TRAIN
from samiam.commands.composing.running import main
from samiam.commands.run_settings import SETTINGS, write_settings
from samiam.commands.training.crops import crop_classifier_job
from samiam.commands.training.data import LabelledVideo, ParticleRegions
from samiam.commands.training.faults import train_faults
from samiam.commands.training.labelled import labelled_job
from samiam.commands.training.lattices import compact_job, fenet_lattices_job
from samiam.commands.training.particles import particles_job
from samiam.commands.training.polar import polar_job
from samiam.commands.training.polar_labels import train_limited
from samiam.commands.training.settings import FaultSettings, LimitedSettings, TrainSettings, read_training
from samiam.commands.training.textures import fenet_dtd_job
from samiam.errors import InputError
from samiam.training.run import Job, check_devices, check_resumable, run


def train_in(config: Mapping[str, Any], folder: Path, command: str, *, is_single: bool) -> int:  # noqa: ARG001 - one interface
    """Train in a folder, or go on with the run that `resume` names; nothing is left of one that cannot begin."""
    resumed = config.get("resume")
    if resumed is not None:
        with suppress(OSError):  # Hydra made it for a new run
            folder.rmdir()
        folder = check_resumable(Path(resumed))
        config, began = _read_settings_of_run(folder / SETTINGS)
        command = f"{began}, resumed"
    else:
        rank_zero_only(_check_free)(folder)
    try:
        if resumed is None:
            rank_zero_only(write_settings)(folder, recorded(read_training(config)), command)
        rank_zero_only(print)(train(config, folder, command, resume=resumed is not None))
    except InputError:
        if not (folder / "checkpoints").exists():
            (folder / SETTINGS).unlink(missing_ok=True)
        raise
    return 0


def _check_free(folder: Path) -> None:
    """Refuse the folder of a run that has finished an epoch: weights and settings of two runs would lie in it.

    Raises:
        InputError: if it is one.
    """
    if (folder / "checkpoints").is_dir() or any(folder.glob("*.safetensors")):
        raise InputError(f"{folder}: holds another run; go on with it by resume=, or give another hydra.run.dir.")


def train(config: Mapping[str, Any], folder: Path, command: str, *, resume: bool = False) -> str:
    """Train what a config describes; returns what to print. The card of the weights quotes config and command.

    Args:
        config: settings by name, see `TrainSettings`; those that are not there have their defaults.
        folder: of the run.
        command: what the user typed.
        resume: go on after the last epoch that the folder has.

    Raises:
        InputError: if a setting cannot be used, a machine has fewer devices, or there is nothing to resume.
    """
    settings = read_training(config)
    check_devices(settings.trainer)
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


_JOBS: Mapping[tuple[str, str], Callable[[Any, Any, int], Job]] = {
    ("lattices", "contrastive"): fenet_lattices_job,
    ("whole_scenes", "field"): compact_job,
    ("dtd", "classification"): fenet_dtd_job,
    ("simulated_crops", "classification"): crop_classifier_job,
    ("particle_scenes", "particles"): particles_job,
    ("labyrinths", "polar"): polar_job,
    ("labelled", "fine_tuning"): labelled_job,
}
"""What makes a job of the settings of data and learner and of the seed, for those of `PAIRS` that are one job."""


def job_of(settings: TrainSettings) -> Job:
    """The network, its data and its learner."""
    data, learner = settings.data, settings.learner
    return _JOBS[data.name, learner.name](data, learner, settings.seed)


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
    sys.exit(main(TRAIN, sys.argv[1:]))
