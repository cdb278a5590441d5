"""An encoder trained so that crops of one material lie close together and others far (paper eq. 2)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from samiam.metrics import clustering_accuracy
from samiam.texture.fenet import FENet
from samiam.texture.inputs import as_imagenet
from samiam.training.fenet.settings import ContrastiveRecipe
from samiam.training.schedule import WarmedUpLearner


def contrastive_loss(vectors: Tensor, materials: Tensor, scenes: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss among the crops of each scene (Khosla et al., NeurIPS 2020, eq. 2).

    Crops are compared with others of their own scene only, because clustering never compares two images, and two
    images may show the same material.

    Args:
        vectors: float (N, D), of any length; directions are compared.
        materials: int (N,), the material of each crop; numbers mean something within a scene only.
        scenes: int (N,), the scene of each crop.
        temperature: what cosine similarities are divided by, > 0.

    Returns:
        The mean over all crops that have a partner of their material; 0 where none has.
    """
    directions = functional.normalize(vectors.float())
    same_scene = scenes[:, None] == scenes[None, :]
    other = ~torch.eye(len(vectors), dtype=torch.bool, device=vectors.device) & same_scene
    partners = other & (materials[:, None] == materials[None, :])
    logits = (directions @ directions.T / temperature).masked_fill(~other, -math.inf)
    log_share = logits - logits.logsumexp(dim=1, keepdim=True)
    n_partners = partners.sum(dim=1)
    per_crop = -log_share.where(partners, 0).sum(dim=1) / n_partners.clamp(min=1)
    return per_crop.sum() / (n_partners > 0).sum().clamp(min=1)


class ContrastiveLearner(WarmedUpLearner[FENet, ContrastiveRecipe]):
    """Trains a `FENet` on batches of (crops (N, 1, s, s), materials (N,), scenes (N,)).

    Logs `train/loss`, `val/loss` and `val/accuracy`, the clustering accuracy of a scene's crops, which decides when
    to stop and what to keep.

    Args:
        network: the encoder.
        recipe: how it learns.
    """

    monitor = ("val/accuracy", "max")

    def __init__(self, network: FENet, recipe: ContrastiveRecipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, crops: Tensor) -> Tensor:
        """Unit vectors (N, 128) of grey crops (N, 1, s, s) in [0, 1]."""
        images = as_imagenet(crops).contiguous(memory_format=torch.channels_last)
        return functional.normalize(self.network.embed(images))

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Loss of one batch of scenes."""
        crops, materials, scenes = batch
        loss = contrastive_loss(self(crops), materials, scenes, self.recipe.temperature)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(crops))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor]) -> None:
        """Loss and clustering accuracy of one batch of scenes."""
        crops, materials, scenes = batch
        vectors, n_scenes = self(crops), int(torch.unique(scenes).numel())
        loss = contrastive_loss(vectors, materials, scenes, self.recipe.temperature)
        self.log("val/loss", loss, prog_bar=True, batch_size=n_scenes, sync_dist=True)
        accuracy = _accuracy(vectors, materials, scenes)
        self.log("val/accuracy", accuracy, prog_bar=True, batch_size=n_scenes, sync_dist=True)

    def accuracy(self, batch: tuple[Tensor, Tensor, Tensor]) -> float:
        """Clustering accuracy of a scene's crops, the mean over the scenes of a batch."""
        crops, materials, scenes = batch
        return _accuracy(self(crops), materials, scenes)


def _accuracy(vectors: Tensor, materials: Tensor, scenes: Tensor) -> float:
    of_crop, truth, embedded = (tensor.cpu().numpy() for tensor in (scenes, materials, vectors.float()))
    each = [clustering_accuracy(embedded[of_crop == k], truth[of_crop == k]) for k in np.unique(of_crop)]
    return float(np.mean(each))
