"""Networks that tell the material of a crop, or that it is of none that they know."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from samiam.errors import InputError
from samiam.storage.weight_files import seeded
from samiam.texture.fenet import EMBEDDING, FENet
from samiam.texture.inputs import MEAN_RGB, STD_RGB
from samiam.texture.settings import NetworkName

LEAST_PX = 64
"""Crops smaller than this are mirror-padded; all are shown at their own scale."""
_SHARPNESS = 16.0  # logits of unit vectors alone could never make the softmax sure


class CropNetwork(nn.Module):
    """A trunk that embeds crops, and one linear layer that tells classes from the direction of a vector.

    Args:
        trunk: maps images (B, 3, h, w), normalised as ImageNet's, to vectors (B, width).
        width: of the embedding.
        classes: how many there are: the materials, and what is none of them.
    """

    def __init__(self, trunk: nn.Module, width: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, 3, h, w)."""
        directions = functional.normalize(self.trunk(_with_roots(images)))
        logits: Tensor = self.head(_SHARPNESS * directions)
        return logits


def _with_roots(images: Tensor) -> Tensor:
    """The same with the square root of the grey values in the last channel, normalised as that is.

    The root tells vacuum from a thin film of carbon, both of them nearly black beside a crystal.
    """
    grey = images[:, 2:] * STD_RGB[2] + MEAN_RGB[2]
    return torch.cat([images[:, :2], (grey.clamp(min=0).sqrt() - MEAN_RGB[2]) / STD_RGB[2]], dim=1)


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
