"""Networks that tell the material of a crop, and how far a crop is from those they have learnt."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from samiam.errors import InputError
from samiam.storage.weight_files import seeded
from samiam.texture.fenet import EMBEDDING, FENet
from samiam.texture.settings import NetworkName

LEAST_PX = 64
"""Crops smaller than this are mirror-padded; all are shown at their own scale."""
_SHARPNESS = 16.0  # logits of unit vectors alone could never make the softmax sure
SHARE_WITHIN = 0.99
"""Share of the crops rightly told that lie within a class's reach."""


class CropNetwork(nn.Module):
    """A trunk that embeds crops, and one linear layer that tells classes from the direction of a vector.

    The softmax of a network is sure of things that it has never seen. What is unlike them shows in the embedding:
    each class has a centre there and a reach, within which nearly all crops of the class lie.

    Args:
        trunk: maps images (B, 3, h, w), normalised as ImageNet's, to vectors (B, width).
        width: of the embedding.
        classes: how many there are.

    Attributes:
        centres: float (classes, width), means of unit vectors.
        reaches: float (classes,); endless until `learn_reaches`.
    """

    def __init__(self, trunk: nn.Module, width: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(width, classes)
        self.centres: Tensor
        self.reaches: Tensor
        self.register_buffer("centres", torch.zeros(classes, width))
        self.register_buffer("reaches", torch.full((classes,), math.inf))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, 3, h, w)."""
        return self._told(self._directions(images))

    def _directions(self, images: Tensor) -> Tensor:
        return functional.normalize(self.trunk(images))

    def _told(self, directions: Tensor) -> Tensor:
        logits: Tensor = self.head(_SHARPNESS * directions)
        return logits

    def judge(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, classes), and distances (B, classes) from each centre in units of its reach."""
        directions = self._directions(images)
        return self._told(directions), torch.cdist(directions, self.centres) / self.reaches

    def learn_reaches(self, images: Tensor, labels: Tensor, share: float = SHARE_WITHIN) -> None:
        """Set centres and reaches by crops that were not trained on, in evaluation mode.

        Args:
            images: float (B, 3, h, w).
            labels: int (B,); only crops that the network tells rightly count. A class without one has no reach.
            share: of these crops, within the reach; (0, 1].
        """
        with torch.no_grad():
            directions = torch.cat([self._directions(part) for part in torch.split(images, 64)])
            is_right = self._told(directions).argmax(dim=1) == labels
        self.reaches.zero_()
        for label in torch.unique(labels[is_right]).tolist():
            own = directions[is_right & (labels == label)]
            self.centres[label] = own.mean(dim=0)
            distances = torch.linalg.vector_norm(own - self.centres[label], dim=1)
            self.reaches[label] = distances.quantile(share, interpolation="higher")


def new_crop_network(name: NetworkName, classes: int, seed: int = 0) -> CropNetwork:
    """An untrained network, its random weights from a seed.

    Args:
        name: "fenet" (three stages of a ResNet-18), "resnet18" or "efficientnet_lite0".
        classes: how many there are, at least 2.
        seed: of the weights, 0 to 2⁶³ - 1.

    Raises:
        InputError: if the packages of EfficientNet-Lite are missing.
    """
    build, width = _TRUNKS[name]
    network: CropNetwork = seeded(seed, lambda: CropNetwork(build(), width, classes))
    return network


def _resnet18() -> nn.Module:
    network: nn.Module = resnet18()
    network.fc = nn.Identity()
    return network


def _efficientnet_lite0() -> nn.Module:
    """Without its random depth and dropout, for which the few epochs here are too short."""
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError:
        raise InputError("efficientnet_lite0 needs packages of its own; pip install 'samiam[imagenet]'.") from None
    network: nn.Module = EfficientNet.from_name(
        "efficientnet-lite0", image_size=None, dropout_rate=0.0, drop_connect_rate=0.0, batch_norm_momentum=0.9
    )
    network._fc = nn.Identity()
    return network


_TRUNKS: dict[NetworkName, tuple[Callable[[], nn.Module], int]] = {
    "fenet": (partial(FENet, None, "resnet18", 3), EMBEDDING),
    "resnet18": (_resnet18, 512),
    "efficientnet_lite0": (_efficientnet_lite0, 1280),
}
