"""The networks of Lin et al.: two U-Nets at full size, one for ends and one for junctions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from samiam.networks.unet import PaddedNetwork


class TwoUNets(PaddedNetwork):
    """A U-Net of its own for each output, as Ronneberger et al. (arXiv:1505.04597) draw it.

    The authors do not say how wide theirs are; a frame of 1995² takes these about as long as it takes theirs.

    Args:
        heads: how many channels each output has, by its name.
        widths: channels of the levels, at strides of 1, 2, 4, … px.
    """

    def __init__(self, heads: Mapping[str, int], widths: tuple[int, ...] = (8, 16, 32, 64)) -> None:
        super().__init__(heads, stride=2 ** (len(widths) - 1))
        self.each = nn.ModuleList(_UNet(channels, widths) for channels in heads.values())

    def maps(self, images: Tensor) -> Tensor:
        """All outputs (B, channels, H, W)."""
        return torch.cat([network(images) for network in self.each], dim=1)


class _UNet(nn.Module):
    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.down = nn.ModuleList(_block(*pair) for pair in pairwise((1, *widths)))
        self.up = nn.ModuleList(_block(fine + coarse, fine) for fine, coarse in pairwise(widths))
        self.head = nn.Conv2d(widths[0], channels, 1)

    def forward(self, images: Tensor) -> Tensor:
        found, levels = images, []
        for level, block in enumerate(self.down):
            found = block(functional.max_pool2d(found, 2) if level else found)
            levels.append(found)
        found = levels.pop()  # (B, 64, H/8, W/8)
        for block in reversed(self.up):
            coarse = functional.interpolate(found, scale_factor=2, mode="nearest")
            found = block(torch.cat([levels.pop(), coarse], dim=1))
        return torch.as_tensor(self.head(found))


def _block(channels: int, width: int) -> nn.Sequential:
    first, second = (
        [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        for before in (channels, width)
    )
    return nn.Sequential(*first, *second)
