"""The end of a training whose numbers have run away."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from samiam.errors import InputError

_REMEDY = "lower learner.options.learning_rate, or give trainer.gradient_clip=1"


class StopWhereNotFinite(Callback):
    """Refuses to go on, at the end of an epoch, with weights or scores that are NaN or infinite.

    Args:
        metric: the validation metric that decides.

    Raises:
        InputError: where they are.
    """

    def __init__(self, metric: str) -> None:
        self.metric = metric

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the weights; what is once NaN stays so, so that once in an epoch is often enough."""
        if not all(torch.isfinite(weights).all() for weights in pl_module.parameters()):
            raise InputError(f"weights are no longer finite in epoch {trainer.current_epoch + 1}; {_REMEDY}.")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Look at the metric."""
        value = trainer.callback_metrics.get(self.metric)
        if value is not None and not torch.isfinite(value):
            raise InputError(f"{self.metric} is {float(value)} in epoch {trainer.current_epoch + 1}; {_REMEDY}.")
