"""What the network of the finder says of an image: where particles are, how deep within one, and where two lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samiam.networks.unet import PaddedNetwork, PaperUNet, build_unet
from samiam.networks.variant import Variant
from samiam.particles.finder.inputs import standardised, stretched

NETWORK = "particles"
HEADS: Mapping[Variant, Mapping[str, int]] = {
    "ours": {"particle": 1, "depth": 1, "overlap": 1},
    "paper": {"particle": 2},
}
"""Outputs of each variant: logits, but for the paper's two class scores, background first."""
_TILE_PX = 1024  # an image up to half as large again is looked at in one piece: 1.5 GB of maps
_HALO_PX = 224  # pixels farther away do not matter to the network, a multiple of its stride

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Maps:
    """What is said of each pixel, float32 (H, W) in [0, 1].

    Attributes:
        particle: how probable it is that a particle is there.
        depth: distance to the particle's edge, over the largest within it; None where the network does not say.
        overlap: how probable it is that two are there; likewise.
    """

    particle: Floats
    depth: Floats | None = None
    overlap: Floats | None = None


def new_network(variant: Variant) -> PaddedNetwork:
    """A network with random weights."""
    return build_unet(variant, HEADS[variant])


def facts_of(variant: Variant) -> dict[str, Any]:
    """What a file of weights says of its network, see `write_weights`."""
    return {"network": NETWORK, "variant": variant}


def variant_of(facts: Mapping[str, Any]) -> Variant | None:
    """The variant that facts name, None where they are another network's."""
    name: Any = facts.get("variant")
    return name if facts.get("network") == NETWORK and name in get_args(Variant) else None


def seen_by(network: PaddedNetwork, pixels: NDArray[np.floating]) -> Floats:
    """An image as a network sees it, float32 (H, W): the scale of its values does not matter."""
    return stretched(pixels) if isinstance(network, PaperUNet) else standardised(pixels)


def shares(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Outputs (B, channels, H, W) of either variant as numbers (B, H, W) in [0, 1]."""
    return {
        name: values[:, 0].sigmoid() if values.shape[1] == 1 else values.softmax(dim=1)[:, 1]
        for name, values in outputs.items()
    }


def look_at(network: PaddedNetwork, pixels: NDArray[np.floating]) -> Maps:
    """What a network in evaluation mode says of an image on pixels of the size that it knows.

    Args:
        network: on its device.
        pixels: real (H, W).
    """
    seen = torch.from_numpy(seen_by(network, pixels))
    device = next(network.parameters()).device
    found = {name: torch.zeros(seen.shape) for name in network.heads}
    with torch.inference_mode():
        for outer, inner in _tiles(seen.shape):
            tile = seen[outer][None, None].to(device).contiguous(memory_format=torch.channels_last)
            within = tuple(
                slice(own.start - all_.start, own.stop - all_.start) for own, all_ in zip(inner, outer, strict=True)
            )
            for name, values in shares(network(tile)).items():
                found[name][inner] = values[0][within].cpu()
    return Maps(**{name: values.numpy() for name, values in found.items()})


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
