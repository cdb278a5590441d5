"""A field whose vectors point the same way within a material and different ways across, with its boundaries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from samiam.compact.network import STRIDE_PX, FieldNetwork, standardised
from samiam.training.compact.scores import field_scores, kmeans_iou
from samiam.training.compact.settings import FieldRecipe
from samiam.training.compact.whole_scenes import Batch
from samiam.training.schedule import WarmedUpLearner


def labels_of_field(labels: Tensor) -> Tensor:
    """Labels (B, H, W) at the points of the field, (B, H/4, W/4): 0 where the pixels of a point are of several."""
    first, second = (labels[:, at::STRIDE_PX, at::STRIDE_PX] for at in (1, 2))
    return first.where(first == second, 0)


def boundaries_of_field(materials: Tensor, grains: Tensor) -> Tensor:
    """Where boundaries lie at the points of the field.

    Args:
        materials: int (B, H, W), 0 where there is none.
        grains: int (B, H, W).

    Returns:
        float (B, 2, H/4, W/4), 1 where the pixels of a point meet another material; another grain of the same one.
    """
    between_materials, between_grains = _edges(materials), _edges(grains)
    edges = torch.stack([between_materials, between_grains & ~between_materials], dim=1)
    return functional.max_pool2d(edges.float(), STRIDE_PX)


def _edges(labels: Tensor) -> Tensor:
    """Pixels whose right or lower neighbour has another label."""
    edges = torch.zeros_like(labels, dtype=torch.bool)
    edges[:, :, :-1] |= labels[:, :, 1:] != labels[:, :, :-1]
    edges[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    return edges


def chosen_points(materials: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Indices (B, n) of labelled points of the field (B, h, w), all materials nearly equally often."""
    flat = materials.flatten(1)
    counts = torch.zeros(len(flat), int(flat.max()) + 1, device=flat.device)
    counts.scatter_add_(1, flat, torch.ones_like(flat, dtype=counts.dtype))
    weights = (1 / counts).gather(1, flat) + 1 / flat.shape[1]
    uniform = torch.rand(flat.shape, device=flat.device, generator=generator)
    keys = (uniform.log() / weights).masked_fill(flat == 0, -math.inf)  # weighted, without replacement
    return keys.topk(min(n, flat.shape[1])).indices


def field_loss(vectors: Tensor, materials: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss among the points of each image (Khosla et al., NeurIPS 2020, eq. 2).

    Args:
        vectors: float (B, N, D), unit vectors.
        materials: int (B, N), 0 for points that do not count.
        temperature: what cosine similarities are divided by.

    Returns:
        The mean over points that have a partner of their material in their image.
    """
    counts = materials > 0
    other = counts[:, :, None] & counts[:, None, :]
    other &= ~torch.eye(materials.shape[1], dtype=torch.bool, device=materials.device)
    partners = other & (materials[:, :, None] == materials[:, None, :])
    logits = (vectors @ vectors.transpose(1, 2) / temperature).masked_fill(~other, -1e4)
    log_share = logits - logits.logsumexp(dim=2, keepdim=True)
    n_partners = partners.sum(dim=2)
    per_point = -(log_share * partners).sum(dim=2) / n_partners.clamp(min=1)
    return per_point.sum() / (n_partners > 0).sum().clamp(min=1)


def sameness_loss(vectors: Tensor, labels: Tensor, sameness: Tensor) -> Tensor:
    """Cross-entropy of whether two points of an image are of one label, by the cosine of their vectors.

    It gives distances a meaning that one image shares with another, which the contrastive loss leaves open; that is
    what the number of materials is told by.

    Args:
        vectors: float (B, N, D), unit vectors.
        labels: int (B, N), 0 for points that do not count.
        sameness: (2,), slope and offset of the log odds.

    Returns:
        The mean over pairs; pairs of one label and of two weigh as much where there are both.
    """
    counts = (labels > 0).float()
    both = counts[:, :, None] * counts[:, None, :]
    same = (labels[:, :, None] == labels[:, None, :]).float()
    n_same, n_other = (both * same).sum(), (both * (1 - same)).sum()
    weights = both * (same / n_same.clamp(min=1) + (1 - same) / n_other.clamp(min=1)) / 2
    log_odds = sameness[0] * (vectors @ vectors.transpose(1, 2)) + sameness[1]
    return (weights * functional.binary_cross_entropy_with_logits(log_odds, same, reduction="none")).sum()


def loss_of_vectors(vectors: Tensor, labels: Tensor, points: Tensor, sameness: Tensor, recipe: FieldRecipe) -> Tensor:
    """What vectors lack of the order and the distance that labels ask for, at some points.

    Args:
        vectors: float (B, 16, h, w), unit vectors.
        labels: int (B, h, w), 0 for points that do not count.
        points: int (B, n), which points.
        sameness: (2,), see `sameness_loss`.
        recipe: how the two are weighed.
    """
    chosen = vectors.flatten(2).transpose(1, 2).gather(1, points[:, :, None].expand(-1, -1, vectors.shape[1]))
    labels = labels.flatten(1).gather(1, points)
    of_distances = sameness_loss(chosen, labels, sameness)
    return field_loss(chosen, labels, recipe.temperature) + recipe.sameness_weight * of_distances


def points_of_step(materials: Tensor, orientations: Tensor, recipe: FieldRecipe, step: int) -> Tensor:
    """The points (B, n) that a step compares: half spread over materials (B, h, w), half over orientations."""
    # A CPU's generator knows 32 bits of a seed only, so both numbers have to be mixed into these.
    (drawn,) = np.random.SeedSequence((recipe.seed, step)).generate_state(1)
    generator = torch.Generator(materials.device).manual_seed(int(drawn))
    half = recipe.points // 2
    return torch.cat([chosen_points(labels, half, generator) for labels in (materials, orientations)], dim=1)


class FieldLearner(WarmedUpLearner[FieldNetwork, FieldRecipe]):
    """Trains a `FieldNetwork` on batches of pixels (B, 1, H, W) and materials, grains and orientations (B, H, W).

    Args:
        network: what is trained.
        recipe: how it learns.
    """

    monitor = ("val/score", "max")

    def __init__(self, network: FieldNetwork, recipe: FieldRecipe) -> None:
        super().__init__()
        # As validation leaves it: a run that goes on must not compute in another order than one that was not halted.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the network makes of grey pixels (B, 1, H, W) in [0, 1]; see `FieldNetwork.forward`."""
        inputs = standardised(pixels).contiguous(memory_format=torch.channels_last)
        found: tuple[Tensor, Tensor, Tensor] = self.network(inputs)
        return found

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch of scenes."""
        pixels, materials, grains, orientations = batch
        vectors, of_grains, logits = self(pixels)
        of_point, lies_as = labels_of_field(materials), labels_of_field(orientations)
        points = points_of_step(of_point, lies_as, self.recipe, self.global_step)
        losses = {"vectors": self._of_vectors(vectors, of_point, points, 0)}
        losses["grains"] = self._of_vectors(of_grains, lies_as, points, 1)
        emphasis = torch.tensor(self.recipe.boundary_emphasis, device=self.device)
        losses["boundary"] = functional.binary_cross_entropy_with_logits(
            logits, boundaries_of_field(materials, grains), pos_weight=emphasis
        )
        loss = losses["vectors"] + losses["grains"] + self.recipe.boundary_weight * losses["boundary"]
        shown = {"train/loss": loss, **{f"train/{name}": value for name, value in losses.items()}}
        self.log_dict(shown, prog_bar=True, batch_size=len(pixels))
        return loss

    def _of_vectors(self, vectors: Tensor, labels: Tensor, points: Tensor, head: int) -> Tensor:
        return loss_of_vectors(vectors, labels, points, self.network.sameness[head], self.recipe)

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:  # noqa: ARG002 - Lightning's
        """Scores of one scene: of its field, of the masks generated from it, and of those that clicks select.

        Of scenes that show one effect each, the IoU of KMeans on the vectors alone.
        """
        images = [maps[0].cpu().numpy() for maps in (batch[0][0], *batch[1:])]
        name = self._data_names[dataloader_idx]
        if name:
            shown = {f"val/{name}": kmeans_iou(self.network, images[0], images[1])}
        else:
            shown = {f"val/{score}": value for score, value in field_scores(self.network, *images).items()}
        self.log_dict(shown, prog_bar=not name, batch_size=1, sync_dist=True, add_dataloader_idx=False)

    @property
    def _data_names(self) -> list[str]:
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        return getattr(data, "names", [""])
