"""One training from its first step to a file of weights."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lsf import LSFEnvironment
from lightning_fabric.plugins.environments.mpi import MPIEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.accelerators import CUDAAccelerator
from pytorch_lightning.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch import nn

from samiam.errors import InputError
from samiam.records.showing import counted
from samiam.storage.weight_files import read_card, write_weights
from samiam.training.finite import StopWhereNotFinite
from samiam.training.guard import Guard, Mode, Start, rounded
from samiam.training.logging import build_loggers, close, wandb_of
from samiam.training.quiet import without_advice
from samiam.training.settings import TrainerSettings
from samiam.training.showing import Showing
from samiam.training.unchanged import Unchanged
from samiam.wandb_mode import LoggerSettings

_LAST = Path("checkpoints") / "last.ckpt"
_TERMINATED = 128 + signal.SIGTERM
_CLUSTERS = SLURMEnvironment, TorchElasticEnvironment, LSFEnvironment, MPIEnvironment
_OF_MACHINES = "MASTER_ADDR", "MASTER_PORT", "NODE_RANK"
"""Variables by which Lightning's processes find each other where no cluster says how."""


class Learner(Protocol):
    """A LightningModule around one network."""

    network: nn.Module
    monitor: tuple[str, Mode]
    """The validation metric that decides when to stop and what to keep, and which way is better."""


@dataclass(frozen=True)
class Job:
    """What is trained.

    Attributes:
        name: of the file of weights.
        learner: a LightningModule that is a `Learner`.
        data: its batches; where it has a `test_dataloader`, the best weights are tested on it.
        facts: what a reader of the weights needs to build the network, see `write_weights`.
        ema_decay: share that each step keeps of the averaged weights, which are then what is validated and kept;
            None not to average.
        start: card of the weights that the network begins with, None where they are random or others'.
        finish: what is left to do with the file of weights once it is written with its card.
        guard: when the learnt weights take the place of those that the network begins with; None for always.
        learnt_from: a hash of the user's files that it learns from, which a run that is resumed has to find again; None
            where it draws its own.
    """

    name: str
    learner: pl.LightningModule
    data: pl.LightningDataModule
    facts: Mapping[str, Any]
    ema_decay: float | None = None
    start: Mapping[str, Any] | None = None
    finish: Callable[[Path], object] | None = None
    guard: Guard | None = None
    learnt_from: str | None = None

    @property
    def network(self) -> nn.Module:
        """What is trained."""
        return cast("Learner", self.learner).network

    @property
    def monitor(self) -> tuple[str, Mode]:
        """See `Learner.monitor`."""
        return cast("Learner", self.learner).monitor

    @property
    def has_test(self) -> bool:
        """Whether there are batches that neither training nor choosing has seen."""
        return type(self.data).test_dataloader is not pl.LightningDataModule.test_dataloader


def run(
    job: Job,
    settings: TrainerSettings,
    logger: LoggerSettings,
    folder: Path,
    config: Mapping[str, Any],
    command: str,
    *,
    resume: bool = False,
) -> dict[str, Any]:
    """Train, keep the best and the last epoch in `folder/checkpoints`, test the best and write its weights.

    Args:
        job: what to train.
        settings: how long and on what.
        logger: where metrics go.
        folder: of the run.
        config: all settings, to record.
        command: what the user typed, for the card.
        resume: go on after the last epoch that `folder` has, as if the run had not been interrupted.

    Returns:
        The card of `folder/<name>.safetensors`: scores of the best epoch on val, and on test where there is one. Of
        a guarded job also the scores that it began with and, in words, which weights the file has; its epoch is 0 where
        they are those.

    Raises:
        InputError: if there is nothing to resume, what there is is of another run or place, Lightning refuses the
            settings, or numbers are no longer finite.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    score = partial(_scores_of, job, settings, folder)
    start = None if job.guard is None else Start.of(job.learner, score)
    last = _checked(check_resumable(folder) / _LAST, job) if resume else None
    started = time.perf_counter()
    loggers = build_loggers(folder, config, logger)
    metric, mode = job.monitor
    keep = ModelCheckpoint(folder / _LAST.parent, "best", monitor=metric, mode=mode, enable_version_counter=False)
    # Lightning's own save_last keeps an epoch only where it is the best, too.
    latest = ModelCheckpoint(folder / _LAST.parent, _LAST.stem, enable_version_counter=False)
    job.learner.train()  # one read from a file is in evaluation mode, and Lightning leaves it so
    with without_advice():
        trainer = _trainer(settings, [*_callbacks(job, settings, loggers), keep, latest], loggers, folder)
        with _said_how_to_go_on(folder):
            trainer.fit(job.learner, job.data, ckpt_path=last, weights_only=True)
        epoch = _restored(job, keep, settings)
        found = _tested(job, epoch, trainer, keep) if start is None else _judged(job, epoch, start, score)
    card = {
        "command": command,
        "config": {name: value for name, value in config.items() if name != "logger"},
        **found,
        "minutes" if not resume else "minutes_since_resumed": round((time.perf_counter() - started) / 60, 1),
        **({} if job.start is None else {"start": job.start}),
    }
    return _written(job, card, folder, loggers) if trainer.is_global_zero else card


def _scores_of(job: Job, settings: TrainerSettings, folder: Path) -> dict[str, float]:
    """All scores of the weights that the learner has now; of a trainer of its own, without averages and loggers."""
    with without_advice():
        trainer = _trainer(settings, [], [], folder)
        found = list(trainer.validate(job.learner, job.data, verbose=False))
        if job.has_test:
            found += trainer.test(job.learner, job.data, verbose=False)
    return {name: value for of_loader in found for name, value in of_loader.items()}


@contextmanager
def _said_how_to_go_on(folder: Path) -> Iterator[None]:
    """Where a signal ends a training, say how it goes on, and end with the code that shells give to the signal.

    Lightning ends the process with 0 on SIGTERM, and with 1 on Ctrl-C.
    """
    try:
        yield
    except SystemExit as error:
        is_term = isinstance(error, SIGTERMException)
        if not is_term and not isinstance(error.__context__, KeyboardInterrupt):
            raise
        if (folder / _LAST).is_file():
            said = f"stopped; resume={folder} goes on after the last epoch."
        else:
            said = "stopped before the first epoch was over; nothing is left to go on from."
        rank_zero_only(print)(said, file=sys.stderr)
        if is_term:
            raise SystemExit(_TERMINATED) from None
        raise KeyboardInterrupt from None


def _restored(job: Job, keep: ModelCheckpoint, settings: TrainerSettings) -> int:
    """Let the learner have its best weights; of which epoch they are, from 1."""
    if not keep.best_model_path:
        given = "" if settings.max_minutes is None else f"trainer.max_minutes={settings.max_minutes}: "
        raise InputError(f"{given}no epoch was over by then; give the training more time.")
    best = read_checkpoint(Path(keep.best_model_path))
    job.learner.load_state_dict(best["state_dict"])
    return int(best["epoch"]) + 1


def _tested(job: Job, epoch: int, trainer: pl.Trainer, keep: ModelCheckpoint) -> dict[str, Any]:
    """How good the best weights are, for the card."""
    scores = {job.monitor[0]: float(cast("torch.Tensor", keep.best_model_score))}
    if job.has_test:
        scores |= trainer.test(job.learner, job.data, verbose=False)[0]
    return {"epoch": epoch, "scores": rounded(scores)}


def _judged(job: Job, epoch: int, start: Start, score: Callable[[], dict[str, float]]) -> dict[str, Any]:
    """The same of a guarded job, whose learner has the weights of its start again where none are better."""
    judged = start.judged(job.learner, cast("Guard", job.guard), job.monitor, score)
    return {"epoch": epoch if judged.verdict.is_better else 0, "scores": rounded(judged.scores), **judged.card}


def _written(job: Job, card: dict[str, Any], folder: Path, loggers: Sequence[Logger]) -> dict[str, Any]:
    """Write the weights with their card, do what is left to do with them, and close the run; the card as it then is."""
    weights = folder / f"{job.name}.safetensors"
    write_weights(weights, job.network.state_dict(), job.facts, card)
    if job.finish is not None:
        job.finish(weights)
        card = read_card(weights)
    close(loggers, weights)
    return card


def check_devices(settings: TrainerSettings) -> None:
    """Refuse processes that would wait for one another: more than a machine has cores, or GPUs where these compute, and
    machines that do not know of each other.

    Raises:
        InputError: if there are more, or nothing says where the machines are.
    """
    missing = [name for name in _OF_MACHINES if name not in os.environ]
    if settings.num_nodes > 1 and missing and not any(cluster.detect() for cluster in _CLUSTERS):
        raise InputError(
            f"trainer.num_nodes={settings.num_nodes}: nothing says where the machines are; start train.py on each by "
            f"srun or torchrun, or set {', '.join(missing)}."
        )
    there, of_kind = os.cpu_count() or 1, "CPU core"
    if settings.accelerator != "cpu" and CUDAAccelerator.is_available():
        there, of_kind = CUDAAccelerator.auto_device_count(), "GPU"
    elif settings.accelerator == "gpu":
        return  # Lightning knows other kinds, and says where there is none
    if settings.devices != "auto" and settings.devices > there:
        raise InputError(
            f"trainer.devices={settings.devices}: this machine has {counted(there, of_kind)}; give {there} at most, or "
            "auto."
        )


def check_resumable(folder: Path) -> Path:
    """The folder, if it is of a run that has finished an epoch.

    Raises:
        InputError: if it is not.
    """
    if not (folder / _LAST).is_file():
        raise InputError(f"{folder}: holds no {_LAST}; resume= takes the folder of a run that has finished an epoch.")
    return folder


def _checked(path: Path, job: Job) -> Path:
    """The path of a checkpoint, if it is of this network and in the folder where it was written.

    Raises:
        InputError: if it is not.
    """
    found = read_checkpoint(path)
    try:
        job.learner.load_state_dict(found["state_dict"])
        places = {state["dirpath"] for state in found["callbacks"].values() if "dirpath" in state}
    except (AttributeError, KeyError, RuntimeError, TypeError) as error:
        raise InputError(f"{path}: of another network than the run's settings say.") from error
    here = str(path.resolve().parent)
    if places != {here}:
        found_in = ", ".join(map(str, places))
        raise InputError(f"{path}: written in {found_in}; move the run back to resume it.")
    return path


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What Lightning keeps of a run; no code in it is run.

    Raises:
        InputError: if it cannot be read so.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise InputError(f"{path}: no checkpoint that train.py wrote ({type(error).__name__}).") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: no checkpoint that train.py wrote.")
    return found


def _callbacks(job: Job, settings: TrainerSettings, loggers: Sequence[Logger]) -> Iterator[Callback]:
    """All but those that keep weights."""
    metric, mode = job.monitor
    if job.ema_decay is not None:
        yield EMAWeightAveraging(decay=job.ema_decay)
    yield StopWhereNotFinite(metric)
    if job.learnt_from is not None:
        yield Unchanged(job.learnt_from)
    if settings.patience is not None:
        yield EarlyStopping(metric, mode=mode, patience=settings.patience)
    if settings.progress:
        yield TQDMProgressBar()
    yield from _shown(loggers, job.facts.get("materials", ()))


def _shown(loggers: Sequence[Logger], materials: Sequence[str]) -> list[Callback]:
    """The learning rate at every step, and in W&B what is learnt from and which classes are taken for which."""
    logger = wandb_of(loggers)
    classes = [*materials, "none of these"] if materials else []
    return [LearningRateMonitor("step"), *([] if logger is None else [Showing(logger, classes)])]


def _trainer(settings: TrainerSettings, callbacks: list[Callback], loggers: list[Logger], folder: Path) -> pl.Trainer:
    try:
        return pl.Trainer(
            max_epochs=settings.epochs,
            max_time=None if settings.max_minutes is None else {"seconds": round(60 * settings.max_minutes)},
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.num_nodes,
            strategy=settings.strategy,
            precision=cast("Any", settings.precision),
            gradient_clip_val=settings.gradient_clip,
            callbacks=callbacks,
            logger=loggers,
            default_root_dir=folder,
            deterministic="warn",
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            enable_progress_bar=settings.progress,
            enable_model_summary=False,
            log_every_n_steps=1,
        )
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from error
