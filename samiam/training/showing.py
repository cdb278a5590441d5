"""What a network learns from, and which classes it takes for which, as pictures in Weights & Biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import wandb
from numpy.typing import NDArray
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import WandbLogger
from torch import Tensor

_SHOWN = 16  # images of the first batch


class Showing(Callback):
    """Logs images of the first batch as `train/samples` and, of a classifier, `val/confusion` after every epoch.

    On several processes both are of what the first of them sees.

    Args:
        logger: of the run.
        classes: their names, in the order of the labels; numbers where there are none.
    """

    def __init__(self, logger: WandbLogger, classes: Sequence[str] = ()) -> None:
        self._logger, self._classes = logger, list(classes)
        self._seen: list[tuple[Tensor, Tensor]] = []

    def on_train_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,  # noqa: ARG002
        batch: Sequence[Tensor],
        batch_idx: int,
    ) -> None:
        """Log images of the batch if it is the first of all, with their classes where they have one each."""
        if batch_idx == trainer.current_epoch == 0 and trainer.is_global_zero:
            images, labels = batch[0][:_SHOWN], batch[1][:_SHOWN]
            captions = [self._name(int(label)) if label.ndim == 0 else None for label in labels]
            shown = [
                wandb.Image(_stretched(image), caption=caption) for image, caption in zip(images, captions, strict=True)
            ]
            self._log(trainer, {"train/samples": shown})

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Forget the epoch before."""
        self._seen = []

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,  # noqa: ARG002
        pl_module: pl.LightningModule,  # noqa: ARG002
        outputs: object,
        batch: Sequence[Tensor],
        *_: int,
    ) -> None:
        """Keep the classes (B,) that a classifier's `validation_step` returns, beside the true ones."""
        if isinstance(outputs, Tensor):
            self._seen.append((batch[1].cpu(), outputs.cpu()))

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Log which classes were taken for which."""
        if self._seen and trainer.is_global_zero:
            true, found = (torch.cat(each).tolist() for each in zip(*self._seen, strict=True))
            names = self._classes or [str(k) for k in range(max(true + found) + 1)]
            chart = wandb.plot.confusion_matrix(y_true=true, preds=found, class_names=names)
            self._log(trainer, {"val/confusion": chart})

    def _log(self, trainer: pl.Trainer, shown: dict[str, Any]) -> None:
        self._logger.experiment.log({**shown, "trainer/global_step": trainer.global_step})

    def _name(self, label: int) -> str:
        return self._classes[label] if label < len(self._classes) else str(label)


def _stretched(image: Tensor) -> NDArray[np.float32]:
    """Grey or RGB pixels (H, W, C) in [0, 1] of an image (C, H, W), whatever it was standardised to."""
    low, high = image.min(), image.max()
    pixels: NDArray[np.float32] = ((image - low) / (high - low).clamp(min=1e-6)).movedim(0, -1).float().cpu().numpy()
    return pixels
