"""FENet: a ResNet whose features are described by where they are strong, beside how strong they are on average.

Xu et al., NeurIPS 2021. The paper's texture vector is the 128-d output of the layer before the classifier.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from samiam.texture.fractal import GROUPS, FractalModule

EMBEDDING = 128  # the paper's texture vector
_MAPS = 3  # to which the features are reduced before fractals are taken, as the authors have them
_DESCRIPTOR = _MAPS * GROUPS

Backbone = Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


class FENet(nn.Module):
    """FENet on a torchvision ResNet.

    A sample's embedding does not depend on the others in its batch (in evaluation mode).

    Args:
        classes: number of classes of the last layer; None for a network that embeds only.
        backbone: name of the ResNet; its weights are random.
        stages: how many of the ResNet's four stages are used. Three leave maps of 1/16 of the image's side instead
            of 1/32, which suits crops of a few lattice periods, and a quarter of the parameters.

    Attributes:
        backbone: the ResNet; with four stages its own classifier is kept, unused and fixed, so that published weights
            fit.
    """

    def __init__(self, classes: int | None, backbone: Backbone = "resnet18", stages: Literal[3, 4] = 4) -> None:
        super().__init__()
        self.backbone: models.ResNet = models.get_model(backbone, weights=None)
        channels = self.backbone.fc.in_features
        self.backbone.fc.requires_grad_(False)
        if stages == 3:
            self.backbone.layer4, self.backbone.fc = nn.Identity(), nn.Identity()
            channels //= 2
        self.upsample = nn.ConvTranspose2d(channels, channels, 3, stride=2, groups=channels)
        self.reduce = nn.Sequential(nn.Conv2d(channels, _MAPS, 1), nn.BatchNorm2d(_MAPS), nn.ReLU())
        self.fractal = FractalModule()
        self.average = nn.Sequential(nn.Linear(channels, _DESCRIPTOR), nn.BatchNorm1d(_DESCRIPTOR))
        self.embedding = nn.Linear(_DESCRIPTOR**2, EMBEDDING)
        self.classifier = nn.Identity() if classes is None else nn.Linear(EMBEDDING, classes)

    def features(self, images: Tensor) -> Tensor:
        """The ResNet's last maps: (B, 3, H, W) → (B, C, H/32, W/32), or 1/16 with three stages."""
        net = self.backbone
        maps = net.maxpool(net.relu(net.bn1(net.conv1(images))))
        return net.layer4(net.layer3(net.layer2(net.layer1(maps))))  # type: ignore[no-any-return]

    def embed(self, images: Tensor) -> Tensor:
        """Texture vectors, not normalised.

        Args:
            images: float (B, 3, H, W), normalised as ImageNet's; 224 × 224 in the paper, at least 65 a side
                (33 with three stages).

        Returns:
            float (B, 128).
        """
        features = self.features(images)
        maps = self.reduce(self.upsample(features))
        spatial = torch.cat([self.fractal(one) for one in maps.split(1, dim=1)], dim=1)
        average = self.average(features.mean(dim=(2, 3)))
        joint = torch.einsum("bi,bj->bij", spatial, average).flatten(1)
        embedded: Tensor = self.embedding(functional.normalize(joint))
        return embedded

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (B, classes) of images (B, 3, H, W); without classes, unit vectors (B, 128)."""
        scores: Tensor = self.classifier(functional.normalize(self.embed(images)))
        return scores
