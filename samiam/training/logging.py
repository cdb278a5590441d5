"""Where the metrics of a training go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import wandb
from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger
from pytorch_lightning.utilities import rank_zero_only

from samiam.wandb_mode import LoggerSettings, wandb_mode
from samiam.wandb_runs import end, log_weights

if TYPE_CHECKING:
    from wandb import Run


def build_loggers(folder: Path, config: Mapping[str, Any], settings: LoggerSettings) -> list[Logger]:
    """`metrics/metrics.csv` in a folder (a resumed run goes on in `metrics-2`, …), and W&B where asked for.

    Args:
        folder: of the run.
        config: all settings of the run, to record.
        settings: whether W&B gets the metrics as well.

    Raises:
        InputError: if W&B has no key for the mode.
    """
    n_before = len(list(folder.glob("metrics*")))
    loggers: list[Logger] = [CSVLogger(folder, name="", version=f"metrics-{n_before + 1}" if n_before else "metrics")]
    if settings.name is None:
        return loggers
    logger = WandbLogger(experiment=_run(folder, settings))
    logger.log_hyperparams(dict(config))
    return [*loggers, logger]


@rank_zero_only
def _run(folder: Path, settings: LoggerSettings) -> Run:
    """A run of W&B; one that Lightning begins warns of a setting that it gives itself."""
    return wandb.init(
        name=folder.name,
        project=settings.project,
        dir=folder,
        mode=cast("Any", wandb_mode(settings.mode)),
        job_type="train",
        settings=wandb.Settings(silent=True, console="off"),
    )


def wandb_of(loggers: Sequence[Logger]) -> WandbLogger | None:
    """The one that logs to W&B."""
    return next((logger for logger in loggers if isinstance(logger, WandbLogger)), None)


@rank_zero_only
def close(loggers: Sequence[Logger], weights: Path) -> None:
    """Log a file of weights to W&B as what was made, and end its run."""
    logger = wandb_of(loggers)
    if logger is not None:
        log_weights(logger.experiment, weights)
        end(logger.experiment)
