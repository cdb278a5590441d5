"""Attention of the image encoder, in tiles that stay in a core's cache.

The library holds all scores of a block at once, 0.8 GB for ViT-B where a block attends to the whole image, and goes
over them for each product, bias and norm. Here a tile of scores is made, biased, normalised and used before the next.
The sums are the same but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from segment_anything.modeling.image_encoder import Attention, get_rel_pos
from torch import Tensor

_SCORES_AT_ONCE = {"cpu": 2**19, "cuda": 2**26}
"""Scores in a tile: 2 MB, which is the second cache of a core of a server; on a GPU, enough to keep it busy."""


def attend_to_all(attention: Attention, tokens: Tensor) -> Tensor:
    """What `attention` gives for a whole image.

    Args:
        attention: of a block without windows.
        tokens: (h, w, C).

    Returns:
        (h, w, C).
    """
    return attention.proj(_attended(attention, attention.qkv(tokens)))  # type: ignore[no-any-return]


def attend_in_windows(attention: Attention, tokens: Tensor, window_size: int) -> Tensor:
    """What `attention` gives for an image that is divided into windows, and padded to a multiple of their size.

    Padding is 0, so that its queries, keys and values are all the same: they are filled in, not multiplied out.

    Args:
        attention: of a block with windows.
        tokens: (h, w, C).
        window_size: side of a window.

    Returns:
        (h, w, C).
    """
    height, width, _ = tokens.shape
    padded_hw = [-(-side // window_size) * window_size for side in (height, width)]
    padded = attention.qkv(tokens.new_zeros(tokens.shape[2])).repeat(*padded_hw, 1)
    padded[:height, :width] = attention.qkv(tokens)
    mixed = tokens.new_empty(*padded_hw, tokens.shape[2])
    for top in range(0, padded_hw[0], window_size):
        for left in range(0, padded_hw[1], window_size):
            window = slice(top, top + window_size), slice(left, left + window_size)
            mixed[window] = _attended(attention, padded[window].contiguous())
    return attention.proj(mixed[:height, :width])  # type: ignore[no-any-return]


def _attended(attention: Attention, qkv: Tensor) -> Tensor:
    """Values (h, w, C), averaged as the queries and keys beside them in (h, w, 3 C) ask for."""
    height, width, _ = qkv.shape
    n_heads = attention.num_heads
    queries, keys, values = qkv.view(height, width, 3, n_heads, -1).permute(2, 3, 0, 1, 4).contiguous()
    keys, values = keys.flatten(1, 2).transpose(1, 2).contiguous(), values.flatten(1, 2)
    by_row, by_column = _biases(attention, queries)
    mixed = torch.empty_like(queries)
    for heads, rows in _tiles(n_heads, height, width, qkv.device.type):
        tile = queries[heads, rows].flatten(1, 2)
        scores = by_row[heads, rows, :, :, None] + by_column[heads, rows, :, None, :]
        scores = scores.view(*tile.shape[:2], height * width).baddbmm_(tile, keys[heads], alpha=attention.scale)
        mixed[heads, rows] = (scores.softmax(dim=-1) @ values[heads]).view_as(mixed[heads, rows])
    return mixed.permute(1, 2, 0, 3).flatten(2)


def _biases(attention: Attention, queries: Tensor) -> tuple[Tensor, Tensor]:
    """What is added to the score of each key for its row, (n, h, w, h), and for its column, (n, h, w, w)."""
    _, height, width, _ = queries.shape
    if not attention.use_rel_pos:
        return queries.new_zeros(*queries.shape[:3], height), queries.new_zeros(*queries.shape[:3], width)
    rows = get_rel_pos(height, height, attention.rel_pos_h).transpose(1, 2)
    columns = get_rel_pos(width, width, attention.rel_pos_w).transpose(1, 2)
    return queries @ rows, (queries.transpose(1, 2) @ columns).transpose(1, 2)


def _tiles(n_heads: int, height: int, width: int, device: str) -> Iterator[tuple[slice, slice]]:
    """Heads and rows of queries whose scores are made at once: rows of one head, or all rows of several."""
    at_once = _SCORES_AT_ONCE[device] // (width * height * width)
    n_rows = max(1, min(height, at_once))
    heads_at_once = max(1, at_once // height)
    for head in range(0, n_heads, heads_at_once):
        for row in range(0, height, n_rows):
            yield slice(head, head + heads_at_once), slice(row, row + n_rows)
