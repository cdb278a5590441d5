"""The compact network, one or several together, tuned on labelled images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from samiam.compact.committee import Committee, Sight
from samiam.compact.network import STRIDE_PX, FieldNetwork, standardised
from samiam.compact.regions.calibration import Calibration
from samiam.training.compact.learning import boundaries_of_field, labels_of_field, loss_of_vectors, points_of_step
from samiam.training.compact.settings import FieldRecipe
from samiam.training.compact.whole_scenes import Batch
from samiam.training.labelled.names import test_name
from samiam.training.labelled.norms import NormsTuner
from samiam.training.labelled.scoring import segmentation_scores
from samiam.training.labelled.settings import FineTuningRecipe
from samiam.training.schedule import WarmedUpLearner

_BORDER_PX = 5
"""Side of the square around a pixel without a label in which nobody says where a boundary lies."""


def known_boundaries(materials: Tensor, orientations: Tensor) -> Tensor:
    """Where labels say whether there is a boundary, at the points of the field.

    Args:
        materials: int (B, H, W), 0 where nothing is labelled; annotators leave out what is hard to tell.
        orientations: int (B, H, W), 0 where nobody knows how a lattice lies.

    Returns:
        float (B, 2, H/4, W/4), 1 where they say so of boundaries between materials; between grains.
    """
    unknown = torch.stack([materials == 0, (materials == 0) | (orientations == 0)], dim=1).float()
    near = functional.max_pool2d(unknown, _BORDER_PX, stride=1, padding=_BORDER_PX // 2)
    return 1 - functional.max_pool2d(near, STRIDE_PX)


class LabelledFieldLearner(NormsTuner, WarmedUpLearner[Sight, FineTuningRecipe]):
    """Tunes a `FieldNetwork`, or each of several that look together, on parts of labelled images and simulated scenes.

    Labelled images teach vectors of materials and boundaries between them; what grains are is rehearsed on simulated
    scenes only, since labels do not say how lattices lie.

    Args:
        network: what is tuned.
        calibration: of the starting weights; the tuned ones are judged, and used, by it.
        recipe: how it learns.
    """

    monitor = ("val/score", "max")

    def __init__(self, network: Sight, calibration: Calibration, recipe: FineTuningRecipe) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.calibration, self.recipe, self.norms = calibration, recipe, recipe.norms
        self._losses = FieldRecipe(seed=recipe.seed)

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch, the mean over the networks."""
        losses = [self._loss(network, sees, batch) for network, sees in members_of(self.network)]
        loss = torch.stack(losses).mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch[0]))
        return loss

    def _loss(self, network: FieldNetwork, sees_grains: bool, batch: Batch) -> Tensor:
        pixels, materials, grains, orientations = batch
        inputs = standardised(pixels).contiguous(memory_format=torch.channels_last)
        vectors, of_grains, logits = network(inputs)
        of_point, lies_as = labels_of_field(materials), labels_of_field(orientations)
        points = points_of_step(of_point, lies_as, self._losses, self.global_step)
        loss = loss_of_vectors(vectors, of_point, points, network.sameness[0], self._losses)
        if sees_grains:
            loss = loss + loss_of_vectors(of_grains, lies_as, points, network.sameness[1], self._losses)
        is_known = known_boundaries(materials, orientations)
        emphasis = torch.tensor(self._losses.boundary_emphasis, device=self.device)
        each = functional.binary_cross_entropy_with_logits(
            logits, boundaries_of_field(materials, grains), pos_weight=emphasis, reduction="none"
        )
        return loss + self._losses.boundary_weight * (each * is_known).sum() / is_known.sum().clamp(min=1)

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """Scores of the segmentation of one image that decides."""
        self._score(batch, "val")

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002
        """Likewise of one to test on, simulated or labelled."""
        self._score(batch, test_name(self, dataloader_idx))

    def _score(self, batch: tuple[Tensor, Tensor], name: str) -> None:
        pixels, labels = (maps[0].cpu().numpy() for maps in batch)
        found = segmentation_scores(self.network, self.calibration, pixels, labels)
        shown = {f"{name}/{score}": value for score, value in found.items()}
        self.log_dict(shown, batch_size=1, sync_dist=True, add_dataloader_idx=False)


def members_of(sight: Sight) -> Iterable[tuple[FieldNetwork, bool]]:
    """The networks, and whether each tells grains apart."""
    if isinstance(sight, Committee):
        return zip(cast("Iterable[FieldNetwork]", sight.members), sight.sees_grains, strict=True)
    return [(sight, True)]
