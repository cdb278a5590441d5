"""The network of the compact generator: a micrograph to fields of vectors of materials and grains, and boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from samiam.compact.prepared import AROUND_PX, EVEN, EVENED_PX, LEAST_CONTRAST, MULTIPLE_PX
from samiam.compact.settings import LENGTH, NETWORK, POOLED_SIDE, FieldSize
from samiam.compact.spectra import LocalSpectra

STRIDE_PX = 4
"""Pixels of the image between two points of the field."""


class Block(nn.Module):
    """A 7×7 convolution of each channel and a mixing of channels, added to the input (ConvNeXt, Liu et al. 2022)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(width, width, 7, padding=3, groups=width, bias=False), nn.BatchNorm2d(width)
        )
        self.mix = nn.Sequential(nn.Conv2d(width, 3 * width, 1), nn.GELU(), nn.Conv2d(3 * width, width, 1))
        self.scale = nn.Parameter(torch.full((width, 1, 1), 0.1))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, width, h, w) to the same shape."""
        mixed: Tensor = self.mix(self.look(maps))
        return maps + self.scale * mixed


class PooledSelfAttention(nn.Module):
    """Every point attends to the whole image, pooled to at most `side`² points (as PVTv2, Wang et al. 2022).

    Args:
        width: channels.
        n_heads: attention heads.
        side: of the grid that keys and values are pooled to.
    """

    def __init__(self, width: int, n_heads: int, side: int = POOLED_SIDE) -> None:
        super().__init__()
        self.n_heads, self.side = n_heads, side
        self.norm = nn.BatchNorm2d(width)
        self.query = nn.Conv2d(width, width, 1)
        self.key_value = nn.Conv2d(width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.scale = nn.Parameter(torch.full((width, 1, 1), 0.1))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, width, h, w) to the same shape."""
        height, width = maps.shape[2:]
        normal = self.norm(maps)
        coarse = functional.adaptive_avg_pool2d(normal, (min(self.side, height), min(self.side, width)))
        key, value = self._heads(self.key_value(coarse)).chunk(2, dim=-1)
        found = functional.scaled_dot_product_attention(self._heads(self.query(normal)), key, value)
        seen: Tensor = self.out(found.transpose(2, 3).reshape(maps.shape))
        return maps + self.scale * seen

    def _heads(self, maps: Tensor) -> Tensor:
        """(B, C, h, w) to (B, heads, h·w, C / heads)."""
        n, width, height, breadth = maps.shape
        return maps.reshape(n, self.n_heads, width // self.n_heads, height * breadth).transpose(2, 3)


class FieldNetwork(nn.Module):
    """Grey images to vectors of materials, vectors of grains and boundaries at every fourth pixel.

    Vectors of one material point the same way, of two materials different ways, within one image; vectors of grains
    likewise for lattices that lie alike. Point (i, j) of the field stands for the 4×4 pixels from (4i, 4j) on.

    Args:
        size: how large it is.
    """

    def __init__(self, size: FieldSize = FieldSize()) -> None:
        super().__init__()
        self.size = size
        fine, middle, coarse = size.widths
        self.stem = nn.Sequential(
            nn.Conv2d(2, fine // 2, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(fine // 2),
            nn.GELU(),
            nn.Conv2d(fine // 2, fine, 4, stride=2, padding=1),
        )
        self.fine = nn.Sequential(*(Block(fine) for _ in range(size.depths[0])))
        self.to_middle = _halved(fine, middle)
        self.middle = nn.Sequential(*(Block(middle) for _ in range(size.depths[1])))
        self.to_coarse = _halved(middle, coarse)
        self.spectra = LocalSpectra(coarse, MULTIPLE_PX)
        self.from_spectra = nn.Conv2d(coarse, coarse, 1)
        half = size.depths[2] // 2
        self.coarse = nn.Sequential(
            *(Block(coarse) for _ in range(half)),
            PooledSelfAttention(coarse, size.n_heads),
            *(Block(coarse) for _ in range(size.depths[2] - half)),
            PooledSelfAttention(coarse, size.n_heads),
        )
        self.from_coarse, self.from_middle = nn.Conv2d(coarse, middle, 1), nn.Conv2d(middle, fine, 1)
        self.joined_middle, self.joined_fine = Block(middle), nn.Sequential(Block(fine), nn.BatchNorm2d(fine))
        self.head = nn.Conv2d(fine, LENGTH + 2, 1)
        self.grain_head = nn.Conv2d(fine, LENGTH, 1)
        # How a lattice lies stands in the spectra nearly as it is: a short way for it.
        self.spectra_to_grains = nn.Sequential(
            nn.Conv2d(coarse, middle, 3, padding=1), nn.GELU(), nn.Conv2d(middle, LENGTH, 1)
        )
        # Log odds that two points are of one material, and of one grain, by the cosine of their vectors.
        self.sameness = nn.Parameter(torch.tensor([[10.0, -5.0], [10.0, -5.0]]))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors and boundaries of images.

        Args:
            images: float (B, 1, H, W), standardised by `standardised`; sides are multiples of 16.

        Returns:
            Unit vectors (B, 16, H/4, W/4) of materials, such vectors of grains, and logits (B, 2, H/4, W/4) of a
            boundary between two materials and between two grains of one material within these pixels.
        """
        spectra = self.spectra(images)
        fine = self.fine(self.stem(torch.cat([images, evened(images)], dim=1)))
        middle = self.middle(self.to_middle(fine))
        coarse = self.coarse(self.to_coarse(middle) + self.from_spectra(spectra))
        middle = self.joined_middle(middle + _doubled(self.from_coarse(coarse)))
        fine = self.joined_fine(fine + _doubled(self.from_middle(middle)))
        out = self.head(fine).float()
        of_grains = self.grain_head(fine).float() + _doubled(_doubled(self.spectra_to_grains(spectra).float()))
        vectors, of_grains = (functional.normalize(maps, dim=1) for maps in (out[:, :LENGTH], of_grains))
        return vectors, of_grains, out[:, LENGTH:]


def evened(images: Tensor) -> Tensor:
    """Standardised images (B, 1, H, W) less what is around each pixel, over how much it varies there."""
    around = _around(images)
    centred = images - around
    return centred / (_around(centred**2).sqrt() + EVEN)


def _around(images: Tensor) -> Tensor:
    """The mean of the pixels around each, in a square cut at the frame."""
    for kernel, padding in (((EVENED_PX, 1), (EVENED_PX // 2, 0)), ((1, EVENED_PX), (0, EVENED_PX // 2))):
        images = functional.avg_pool2d(images, kernel, stride=1, padding=padding, count_include_pad=False)
    return images


def standardised(images: Tensor) -> Tensor:
    """Images (B, 1, H, W) brought to mean 0, standard deviation 1 and bright columns, each by itself.

    Columns are bright where what stands out from around it is rather bright than dark; images of dark columns, as in
    bright field, are inverted, so that an image and its inverse are one. Even images become 0.
    """
    centred = images - images.mean(dim=(2, 3), keepdim=True)
    around = functional.avg_pool2d(centred, AROUND_PX, stride=1, padding=AROUND_PX // 2, count_include_pad=False)
    asymmetry = (centred - around).pow(3).mean(dim=(2, 3), keepdim=True)
    upright = torch.where(asymmetry < 0, -centred, centred)
    return upright / centred.std(dim=(2, 3), keepdim=True, correction=0).clamp(min=LEAST_CONTRAST)


def facts_of(size: FieldSize) -> Mapping[str, Any]:
    """What a reader of weights needs to build their network."""
    return {"network": NETWORK, "widths": list(size.widths), "depths": list(size.depths), "n_heads": size.n_heads}


def _halved(fewer: int, more: int) -> nn.Module:
    """Half the resolution, more channels."""
    return nn.Sequential(nn.BatchNorm2d(fewer), nn.Conv2d(fewer, more, 2, stride=2))


def _doubled(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
