"""U-Nets with several outputs, for images of any size (Ronneberger et al., MICCAI 2015, arXiv:1505.04597)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from samiam.networks.variant import Variant


class PaddedNetwork(nn.Module):
    """Maps of an image, at its size, whatever its sides.

    Args:
        heads: how many channels each output has, by its name.
        stride: what the network needs sides to be a multiple of.
    """

    def __init__(self, heads: Mapping[str, int], stride: int) -> None:
        super().__init__()
        self.heads, self.stride = dict(heads), stride

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Outputs by name, (B, channels, H, W), of images (B, C, H, W); borders are repeated up to a whole stride."""
        height, width = images.shape[-2:]
        padded = functional.pad(images, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        maps = self.maps(padded)[..., :height, :width]
        return dict(zip(self.heads, torch.split(maps, list(self.heads.values()), dim=1), strict=True))

    @abstractmethod
    def maps(self, images: Tensor) -> Tensor:
        """All outputs, one after the other, of images whose sides are multiples of the stride."""


class UNet(PaddedNetwork):
    """Two convolutions a level, the first of which halves the image: half of the time goes where half of it is.

    Args:
        heads: how many channels each output has, by its name.
        widths: channels of the levels, at strides of 2, 4, 8, … px.
        channels: of the image.
    """

    def __init__(
        self, heads: Mapping[str, int], widths: tuple[int, ...] = (16, 32, 64, 96, 128), channels: int = 1
    ) -> None:
        super().__init__(heads, stride=2 ** len(widths))
        self.stem = nn.Conv2d(channels, widths[0], 4, stride=2, padding=1)
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList([_convolutions(widths[0], widths[0]), *(_convolutions(*pair) for pair in pairs)])
        self.up = nn.ModuleList(_convolutions(fine + coarse, fine) for fine, coarse in pairs)
        self.head = nn.Conv2d(widths[0], sum(heads.values()), 1)

    def maps(self, images: Tensor) -> Tensor:
        """All outputs (B, channels, H, W)."""
        found = self.stem(images)  # (B, 16, H/2, W/2)
        levels = []
        for level, block in enumerate(self.down):
            found = block(functional.max_pool2d(found, 2) if level else found)
            levels.append(found)
        found = levels.pop()  # (B, 128, H/32, W/32)
        for block in reversed(self.up):
            coarse = functional.interpolate(found, scale_factor=2, mode="nearest")
            found = block(torch.cat([levels.pop(), coarse], dim=1))
        return functional.interpolate(self.head(found), scale_factor=2, mode="bilinear", align_corners=False)


def _convolutions(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(*_convolution(channels, width), *_convolution(width, width))


def _convolution(channels: int, width: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


class PaperUNet(PaddedNetwork):
    """That of Groschner et al. (2021, doi:10.1017/S1431927621000386), whose outputs are class scores for a softmax.

    One convolution a level on the way down, two with dropout between them on the way up. What is pooled is the map
    before its ReLU; what is handed across is the map after it.

    Args:
        heads: how many channels each output has, by its name.
        widths: filters of the levels, at strides of 1, 2, 4, … px; the centre has the last once more.
        dropout: share of the channels' values that training leaves out.
    """

    def __init__(
        self, heads: Mapping[str, int], widths: tuple[int, ...] = (4, 8, 16, 32), dropout: float = 0.2
    ) -> None:
        super().__init__(heads, stride=2 ** len(widths))
        self.down = nn.ModuleList(_normed(*pair) for pair in zip((1, *widths), widths, strict=False))
        self.centre = nn.Sequential(
            _normed(widths[-1], widths[-1]), nn.ReLU(), _normed(widths[-1], widths[-1]), nn.ReLU()
        )
        below = (*widths[1:], widths[-1])
        self.up = nn.ModuleList(
            nn.Sequential(
                _normed(width + coarse, width), nn.ReLU(), nn.Dropout(dropout), _normed(width, width), nn.ReLU()
            )
            for width, coarse in zip(widths, below, strict=True)
        )
        self.head = nn.Conv2d(widths[0], sum(heads.values()), 1)

    def maps(self, images: Tensor) -> Tensor:
        """All outputs (B, channels, H, W)."""
        found, levels = images, []
        for block in self.down:
            before = block(found)
            levels.append(functional.relu(before))
            found = functional.max_pool2d(before, 2)
        found = self.centre(found)  # (B, 32, H/16, W/16)
        for block in reversed(self.up):
            coarse = functional.interpolate(found, scale_factor=2, mode="nearest")
            found = block(torch.cat([levels.pop(), coarse], dim=1))
        return torch.as_tensor(self.head(found))


def _normed(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width, eps=1e-4))


def fused(network: PaddedNetwork) -> PaddedNetwork:
    """A copy of a network in evaluation mode whose convolutions do the batch norms behind them, too: a fifth faster."""
    made = deepcopy(network)
    for block in made.modules():
        for (name, layer), (after, norm) in pairwise(list(block.named_children())):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(block, name, fuse_conv_bn_eval(layer, norm))
                setattr(block, after, nn.Identity())
    return made


def build_unet(variant: Variant, heads: Mapping[str, int], channels: int = 1) -> PaddedNetwork:
    """A U-Net with random weights: ours, of 0.92 million, or the paper's, of 0.05 million.

    Args:
        variant: which.
        heads: how many channels each output has, by its name.
        channels: of the image that ours sees; the paper's sees one.

    Example:
        >>> found = build_unet("paper", {"particle": 2})(torch.zeros(1, 1, 50, 37))
        >>> {name: tuple(maps.shape) for name, maps in found.items()}
        {'particle': (1, 2, 50, 37)}
    """
    return UNet(heads, channels=channels) if variant == "ours" else PaperUNet(heads)
