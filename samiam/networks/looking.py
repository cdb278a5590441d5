"""What a network says of an image of any size: in one piece, or in tiles where it is large."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samiam.networks.unet import PaddedNetwork

_TILE_PX = 1024  # an image up to half as large again is looked at in one piece: 1.5 GB of maps
_HALO_PX = 224  # pixels farther away do not matter to the networks, a multiple of their strides


def shares(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Outputs (B, channels, H, W), logits or the scores of two classes, as numbers (B, H, W) in [0, 1]."""
    return {
        name: values[:, 0].sigmoid() if values.shape[1] == 1 else values.softmax(dim=1)[:, 1]
        for name, values in outputs.items()
    }


def shares_of(network: PaddedNetwork, seen: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """What a network in evaluation mode says of an image, by the names of its outputs, float32 (H, W) in [0, 1].

    Args:
        network: on its device.
        seen: (C, H, W), as the network sees it.
    """
    image = torch.from_numpy(seen)
    device = next(network.parameters()).device
    found = {name: torch.zeros(image.shape[1:]) for name in network.heads}
    with torch.inference_mode():
        for outer, inner in _tiles(image.shape[1:]):
            tile = image[:, *outer][None].to(device).contiguous(memory_format=torch.channels_last)
            within = tuple(
                slice(own.start - all_.start, own.stop - all_.start) for own, all_ in zip(inner, outer, strict=True)
            )
            for name, values in shares(network(tile)).items():
                found[name][inner] = values[0][within].cpu()
    return {name: values.numpy() for name, values in found.items()}


def _tiles(shape_hw: torch.Size) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """What is looked at at once, and which part of it counts: all of a usual image, tiles of a large one."""
    rows, columns = (_pieces(side) for side in shape_hw)
    return [((row[0], column[0]), (row[1], column[1])) for row in rows for column in columns]


def _pieces(side: int) -> list[tuple[slice, slice]]:
    """Along one side: outer and inner bounds; tiles begin at whole strides, so that borders do not matter."""
    if side <= _TILE_PX * 3 // 2:
        return [(slice(0, side), slice(0, side))]
    starts = range(0, side, _TILE_PX)
    return [
        (
            slice(max(0, start - _HALO_PX), min(side, start + _TILE_PX + _HALO_PX)),
            slice(start, min(side, start + _TILE_PX)),
        )
        for start in starts
    ]
