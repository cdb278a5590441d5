"""Attention between a few tokens and the many places of an image, with the projections folded into the tokens.

A prompt has 7 tokens, an image 4096 places. To project the places to keys, queries and values costs 128 × 256
multiplications for each of them and each prompt. But a score is bilinear, q · (W k) = (Wᵀ q) · k, and an average of
projections is the projection of the average: so W is applied to the tokens, and the places stay as they are.

Shapes: B prompts, T tokens, H heads of d channels, N places of C channels. Scores are (B, H T, N), so that a softmax
over the tokens of a head runs along the places.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from segment_anything.modeling.transformer import Attention
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Positions:
    """What the positions of places add to the scores of an attention: the same for all images and prompts.

    Attributes:
        projected: (H, d, N), their encodings, projected as the attention projects places that it compares.
    """

    projected: Tensor

    @classmethod
    def of(cls, attention: Attention, encodings: Tensor, *, as_queries: bool = False) -> Positions:
        """Project encodings (N, C), as keys or as queries."""
        return cls(_by_head(attention, (attention.q_proj if as_queries else attention.k_proj)(encodings)).mT)

    def scores(self, tokens: Tensor) -> Tensor:
        """Of projected tokens (B, T, H d): (B, H T, N)."""
        n_heads, width, _ = self.projected.shape
        n_prompts, n_tokens, _ = tokens.shape
        by_head = tokens.view(n_prompts * n_tokens, n_heads, width).transpose(0, 1) / sqrt(width)
        scores = (by_head @ self.projected).view(n_heads, n_prompts, n_tokens, -1)
        return scores.transpose(0, 1).flatten(1, 2)


def tokens_to_places(attention: Attention, tokens: Tensor, places: Tensor, positions: Positions) -> Tensor:
    """What tokens see in an image.

    Args:
        attention: from tokens to places.
        tokens: (B, T, C), with what tells their positions.
        places: (B, N, C), without it; (1, N, C) where they are the same for all prompts.
        positions: of the places, as keys.

    Returns:
        (B, T, C).
    """
    queries = attention.q_proj(tokens)
    places = places.expand(len(tokens), -1, -1)
    folded = _folded(attention, queries, attention.k_proj.weight)
    scores = positions.scores(queries).baddbmm_(folded, places.mT)
    seen = scores.softmax(dim=-1) @ places
    # (B, H, T, C) times (H, C, d), then heads side by side.
    by_head = seen.view(len(tokens), attention.num_heads, tokens.shape[1], -1)
    values = by_head @ attention.v_proj.weight.view(attention.num_heads, -1, places.shape[-1]).mT
    mixed = values.transpose(1, 2).flatten(2) + attention.v_proj.bias
    return attention.out_proj(mixed)  # type: ignore[no-any-return]


def places_to_tokens(
    attention: Attention, tokens: Tensor, values: Tensor, places: Tensor, positions: Positions
) -> Tensor:
    """An image to which what its places see in the tokens was added.

    Args:
        attention: from places to tokens.
        tokens: (B, T, C), with what tells their positions.
        values: (B, T, C), without it.
        places: (B, N, C), without it; (1, N, C) where they are the same for all prompts.
        positions: of the places, as queries.

    Returns:
        (B, N, C).
    """
    keys = attention.k_proj(tokens)
    places = places.expand(len(tokens), -1, -1)
    folded = _folded(attention, keys, attention.q_proj.weight)
    scores = positions.scores(keys).baddbmm_(folded, places.mT)
    weights = scores.view(len(tokens), attention.num_heads, tokens.shape[1], -1).softmax(dim=2).flatten(1, 2)
    by_head = _by_head(attention, attention.v_proj(values))
    outputs = by_head @ attention.out_proj.weight.view(places.shape[-1], attention.num_heads, -1).permute(1, 2, 0)
    # The weights of a head sum to 1, so that the bias comes once if the tokens of one head have it.
    outputs[:, 0] += attention.out_proj.bias
    return torch.baddbmm(places, weights.mT, outputs.flatten(1, 2))


def _folded(attention: Attention, tokens: Tensor, weight: Tensor) -> Tensor:
    """Projected tokens (B, T, H d) times a projection (H d, C) of places, scaled: (B, H T, C)."""
    by_head = _by_head(attention, tokens) / sqrt(tokens.shape[-1] / attention.num_heads)
    return (by_head @ weight.view(attention.num_heads, -1, weight.shape[1])).flatten(1, 2)


def _by_head(attention: Attention, tokens: Tensor) -> Tensor:
    """(…, T, H d) -> (…, H, T, d)."""
    return tokens.view(*tokens.shape[:-1], attention.num_heads, -1).transpose(-3, -2)
