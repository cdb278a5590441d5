"""Embeddings of images that were made before, kept by content."""

from __future__ import annotations

import hashlib
from typing import cast

import torch
from torch import Tensor, nn

from samiam.generation.sam.encoder import TiledEncoder
from samiam.storage.bounded_folder import BoundedFolder

_FORMAT = "1"  # to be raised where the encoder changes what it makes


class RememberingEncoder(nn.Module):
    """An image encoder that makes no pass for what it has seen before.

    An embedding is known by the pixels that the encoder gets, its weights, its precision, and the kind of device, by
    which rounding differs.

    Args:
        encoder: makes the embeddings.
        folder: keeps them.
        weights: what tells its weights from others.
    """

    def __init__(self, encoder: TiledEncoder, folder: BoundedFolder, weights: str) -> None:
        super().__init__()
        self.encoder = encoder
        self.img_size = encoder.img_size
        self._folder = folder
        self._weights = weights

    def forward(self, images: Tensor) -> Tensor:
        """Embed normalised and padded images, (B, 3, S, S) -> (B, D, s, s)."""
        name = self._name(images)
        found = self._folder.recall(name)
        if found is not None:
            return torch.from_numpy(found).to(images.device)
        made = cast("Tensor", self.encoder(images))
        self._folder.keep(name, made.cpu().numpy())
        return made

    def _name(self, images: Tensor) -> str:
        facts = (_FORMAT, torch.__version__, self._weights, self.encoder.precision, images.device.type, images.shape)
        digest = hashlib.sha256(repr(facts).encode())
        digest.update(images.cpu().contiguous().numpy().data)
        return digest.hexdigest()
