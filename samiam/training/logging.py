"""Where the metrics of a training go."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger

from samiam.errors import InputError
from samiam.wandb_mode import wandb_mode


def build_loggers(folder: Path, config: Mapping[str, Any], name: str | None, **options: Any) -> list[Logger]:
    """`metrics/metrics.csv` in a folder (a resumed run goes on in `metrics-2`, …), and W&B where that is the name.

    Args:
        folder: of the run.
        config: the settings to record.
        name: "wandb", or None for the CSV file alone.
        options: for W&B its `project` and `mode`.

    Raises:
        InputError: if name or mode is unknown.
    """
    n_before = len(list(folder.glob("metrics*")))
    loggers: list[Logger] = [CSVLogger(folder, name="", version=f"metrics-{n_before + 1}" if n_before else "metrics")]
    if name is None:
        return loggers
    if name != "wandb":
        raise InputError(f"logger {name!r} is unknown; there is wandb, and null for none.")
    mode = wandb_mode(options.get("mode", "auto"))
    os.environ.setdefault("WANDB_SILENT", "true")
    logger = WandbLogger(project=options.get("project", "sam-i-am"), save_dir=folder, mode=mode, job_type="train")
    logger.log_hyperparams(dict(config))
    return [*loggers, logger]


def close(loggers: Sequence[Logger]) -> None:
    """End W&B's run, so that another one in this process begins its own."""
    for logger in loggers:
        if isinstance(logger, WandbLogger) and logger.experiment is not None:
            logger.experiment.finish()
