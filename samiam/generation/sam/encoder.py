"""The image encoder, with the library's weights and at a fraction of its cost and memory."""

from __future__ import annotations

from typing import cast

import torch
from segment_anything.modeling import ImageEncoderViT
from segment_anything.modeling.image_encoder import Block
from torch import Tensor, nn

from samiam.generation.sam.attention import attend_in_windows, attend_to_all

_TOKENS_AT_ONCE = 512
"""Tokens that pass a perceptron at once: what lies between its layers then is 6 MB instead of 50 (ViT-B)."""


class TiledEncoder(nn.Module):
    """An `ImageEncoderViT` that attends in tiles; what it gives is the library's but for rounding.

    Args:
        encoder: whose weights it has; shared, not copied.
    """

    def __init__(self, encoder: ImageEncoderViT) -> None:
        super().__init__()
        self.encoder = encoder
        self.img_size = encoder.img_size

    @property
    def precision(self) -> torch.dtype:
        """In which it computes."""
        return self.encoder.patch_embed.proj.weight.dtype  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """Embed normalised and padded images one by one, (B, 3, S, S) -> (B, D, s, s), in the dtype of the images."""
        return torch.cat([self._embedding(image) for image in torch.split(images, 1)])

    def _embedding(self, image: Tensor) -> Tensor:
        encoder = self.encoder
        tokens = encoder.patch_embed(image.to(self.precision))
        if encoder.pos_embed is not None:
            tokens = tokens + encoder.pos_embed
        tokens = tokens[0]
        for block in encoder.blocks:
            tokens = _passed(cast("Block", block), tokens)
        return cast("Tensor", encoder.neck(tokens.permute(2, 0, 1)[None])).to(image.dtype)


def _passed(block: Block, tokens: Tensor) -> Tensor:
    """What a block makes of tokens (h, w, C)."""
    normed = block.norm1(tokens)
    if block.window_size:
        tokens = tokens + attend_in_windows(block.attn, normed, block.window_size)
    else:
        tokens = tokens + attend_to_all(block.attn, normed)
    parts = torch.split(tokens.flatten(0, 1), _TOKENS_AT_ONCE)
    return torch.cat([part + block.mlp(block.norm2(part)) for part in parts]).view_as(tokens)
