"""A network trained to tell classes of images apart."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.classification import MulticlassAccuracy

from samiam.training.settings import ClassificationRecipe


class Classification(pl.LightningModule):
    """Trains a network on batches of (images float (B, 3, h, w) as the network takes them, labels int64 (B,)).

    Logs `train/loss`, `val/loss` and `val/accuracy`, which decides when to stop and what to keep, and in testing
    `test/accuracy`; or `test/<name>/accuracy` for each of several sets of batches, where the data module says their
    names as `test_names`. Accuracies are shares of images, over all batches and processes.

    Args:
        network: maps images to logits (B, classes). Parameters that ask for no gradient stay as they are.
        recipe: how it learns.
    """

    monitor = ("val/accuracy", "max")

    def __init__(self, network: nn.Module, recipe: ClassificationRecipe) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self.val_accuracy = MulticlassAccuracy(average="micro")
        self.test_accuracies: dict[str, MulticlassAccuracy] = {}

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, 3, h, w)."""
        logits: Tensor = self.network(images.contiguous(memory_format=torch.channels_last))
        return logits

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Loss of one batch."""
        images, labels = batch
        loss = functional.cross_entropy(self(images), labels, label_smoothing=self.recipe.label_smoothing)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Loss and accuracy of one batch; returns the classes (B,) that the network takes its images for."""
        images, labels = batch
        logits = self(images)
        self.val_accuracy.update(logits, labels)
        loss = functional.cross_entropy(logits, labels)
        self.log("val/loss", loss, prog_bar=True, batch_size=len(labels), sync_dist=True)
        found: Tensor = logits.argmax(dim=1)
        return found

    def on_validation_epoch_end(self) -> None:
        """Accuracy over the whole set."""
        self.log("val/accuracy", self.val_accuracy, prog_bar=True)

    def on_test_start(self) -> None:
        """One accuracy for each set of batches."""
        names = getattr(self.trainer.datamodule, "test_names", None)  # type: ignore[attr-defined]
        metrics = ["test/accuracy"] if names is None else [f"test/{name}/accuracy" for name in names]
        self.test_accuracies = {metric: MulticlassAccuracy(average="micro").to(self.device) for metric in metrics}

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002
        """Accuracy of one batch."""
        images, labels = batch
        list(self.test_accuracies.values())[dataloader_idx].update(self(images), labels)

    def on_test_epoch_end(self) -> None:
        """Accuracy over each whole set; logged here, all of them stand in every result that Lightning returns."""
        for name, accuracy in self.test_accuracies.items():
            self.log(name, accuracy.compute(), sync_dist=True)

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """The recipe's optimizer under its schedule, epoch by epoch."""
        schedule: torch.optim.lr_scheduler.LRScheduler
        recipe = self.recipe
        learnt = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        optimizer = _optimizer(learnt, recipe)
        if recipe.schedule == "step":
            schedule = torch.optim.lr_scheduler.StepLR(optimizer, recipe.step_epochs, recipe.gamma)
        else:
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.trainer.max_epochs or 1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "epoch"}}


def _optimizer(learnt: list[nn.Parameter], recipe: ClassificationRecipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(learnt, recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(learnt, recipe.learning_rate, weight_decay=recipe.weight_decay)
