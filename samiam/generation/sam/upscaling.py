"""The upscaling of the mask decoder as three matrix products, and only for the masks that are wanted.

A transposed convolution of 2 × 2 with a stride of 2 makes four pixels of each place, independently of its neighbours:
a product of matrices. Pixels then stay in the order in which they were made until the masks are drawn.
"""

from __future__ import annotations

from typing import cast

import torch
from segment_anything.modeling.common import LayerNorm2d
from torch import Tensor, nn
from torch.nn import functional


def upscaled(upscaling: nn.Sequential, places: Tensor, heads: Tensor, height: int) -> Tensor:
    """The logits of masks.

    Args:
        upscaling: the library's layers: transposed convolution, norm, activation, transposed convolution, activation.
        places: (h w, C), the image.
        heads: (K, C / 8), what each mask makes of the channels of a pixel.
        height: h.

    Returns:
        (K, 4 h, 4 w).
    """
    first, norm, activation, second, last = upscaling
    pixels = activation(_normed(cast("LayerNorm2d", norm), _four_of_each(cast("nn.ConvTranspose2d", first), places)))
    pixels = last(_four_of_each(cast("nn.ConvTranspose2d", second), pixels))
    logits: Tensor = heads @ pixels.mT
    # Masks, rows and columns of places, rows and columns of the first four, and of the second.
    logits = logits.view(len(heads), height, -1, 2, 2, 2, 2)
    return logits.permute(0, 1, 3, 5, 2, 4, 6).flatten(4, 6).flatten(1, 3)


def _normed(norm: LayerNorm2d, pixels: Tensor) -> Tensor:
    return functional.layer_norm(pixels, pixels.shape[-1:], norm.weight, norm.bias, norm.eps)


def _four_of_each(convolution: nn.ConvTranspose2d, pixels: Tensor) -> Tensor:
    """(n, C) -> (4 n, D): the four pixels of each, row by row."""
    weight = convolution.weight.permute(0, 2, 3, 1).flatten(1)
    bias = cast("Tensor", convolution.bias)
    return torch.addmm(bias.repeat(4), pixels, weight).view(-1, len(bias))
