"""Where the metrics of a training go."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger

from samiam.wandb_mode import LoggerSettings, wandb_mode


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
    os.environ.setdefault("WANDB_SILENT", "true")
    logger = WandbLogger(project=settings.project, save_dir=folder, mode=wandb_mode(settings.mode), job_type="train")
    logger.log_hyperparams(dict(config))
    return [*loggers, logger]


def close(loggers: Sequence[Logger]) -> None:
    """End W&B's run, so that another one in this process begins its own."""
    for logger in loggers:
        if isinstance(logger, WandbLogger) and logger.experiment is not None:
            logger.experiment.finish()
