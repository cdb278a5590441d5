"""SAM's mask decoder tuned on clicks into labelled regions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from samiam.generation.sam.tunable import TunableDecoder
from samiam.training.labelled.clicks.items import Batch
from samiam.training.labelled.names import test_name
from samiam.training.labelled.settings import FineTuningRecipe
from samiam.training.schedule import WarmedUpLearner

_FOCAL_WEIGHT, _FOCAL_POWER, _FOCAL_INSIDE = 20.0, 2.0, 0.25
"""Of the loss of masks beside Dice, as SAM's (Kirillov et al., ICCV 2023, appendix A; focal: Lin et al., ICCV 2017)."""


class ClickLearner(WarmedUpLearner[TunableDecoder, FineTuningRecipe]):
    """Tunes a `TunableDecoder` on batches of clicks.

    Args:
        network: what is tuned: its mask decoder.
        recipe: how it learns.
    """

    monitor = ("val/click_iou", "max")

    def __init__(self, network: TunableDecoder, recipe: FineTuningRecipe) -> None:
        super().__init__()
        self.tunable, self.recipe = network, recipe
        self.network = network.decoder

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch: of the best of three masks, and of the quality that is expected of each."""
        targets, points, embedding, is_known = batch
        logits, expected = self.tunable(embedding[None], points)
        of_masks, ious = mask_losses(logits, targets, is_known)
        loss = of_masks.min(dim=1).values.mean() + functional.mse_loss(expected, ious)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(points))
        return loss

    def validation_step(self, batch: Batch) -> None:
        """IoU after one click into each region of an image, of the mask that is expected to be best."""
        self._score(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002
        """Likewise of an image to test on, simulated or labelled."""
        self._score(batch, test_name(self, dataloader_idx))

    def _score(self, batch: Batch, name: str) -> None:
        targets, points, embedding, is_known = batch
        logits, expected = self.tunable(embedding[None], points)
        _, ious = mask_losses(logits, targets, is_known)
        chosen = ious.gather(1, expected.argmax(dim=1, keepdim=True))
        shown = {f"{name}/click_iou": chosen.mean(), f"{name}/best_iou": ious.max(dim=1).values.mean()}
        self.log_dict(shown, batch_size=1, sync_dist=True, add_dataloader_idx=False)


def mask_losses(logits: Tensor, targets: Tensor, is_known: Tensor) -> tuple[Tensor, Tensor]:
    """What masks lack, where labels are known.

    Args:
        logits: (B, M, h, w), above 0 inside.
        targets: (B, 1, h, w), 1 inside.
        is_known: (h, w), 1 where labels are known.

    Returns:
        The focal loss of each mask, weighed, and its Dice loss together, (B, M); and its IoU, (B, M).
    """
    targets = targets.expand_as(logits)
    n_known = is_known.sum().clamp(min=1)
    surprise = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    of_inside = targets * _FOCAL_INSIDE + (1 - targets) * (1 - _FOCAL_INSIDE)
    focal = (of_inside * (1 - torch.exp(-surprise)) ** _FOCAL_POWER * surprise * is_known).sum(dim=(2, 3)) / n_known
    shares = logits.sigmoid() * is_known
    dice = 1 - (2 * (shares * targets).sum(dim=(2, 3)) + 1) / ((shares + targets).sum(dim=(2, 3)) + 1)
    inside, wanted = (logits > 0) & (is_known > 0), targets > 0
    union = (inside | wanted).sum(dim=(2, 3)).clamp(min=1)
    return _FOCAL_WEIGHT * focal + dice, (inside & wanted).sum(dim=(2, 3)) / union
