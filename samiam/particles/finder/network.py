"""What the network of the finder says of an image: where particles are, how deep within one, and where two lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.networks import weights
from samiam.networks.looking import shares_of
from samiam.networks.unet import PaddedNetwork, PaperUNet, build_unet
from samiam.networks.variant import Variant
from samiam.particles.finder.crystallinity import WINDOWS_PX, crystallinity
from samiam.particles.finder.inputs import standardised, stretched

NETWORK = "particles"
HEADS: Mapping[Variant, Mapping[str, int]] = {
    "ours": {"particle": 1, "depth": 1, "overlap": 1},
    "paper": {"particle": 2},
}
"""Outputs of each variant: logits, but for the paper's two class scores, background first."""

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
    return build_unet(variant, HEADS[variant], channels=1 + len(WINDOWS_PX))


def facts_of(variant: Variant) -> dict[str, Any]:
    """What a file of weights says of its network, see `write_weights`."""
    return weights.facts_of(NETWORK, variant)


def seen_by(network: PaddedNetwork, pixels: NDArray[np.floating]) -> Floats:
    """An image as a network sees it, float32 (C, H, W): the scale of its values does not matter.

    Ours sees beside the pixels how crystalline the image is around each.
    """
    if isinstance(network, PaperUNet):
        return stretched(pixels)[None]
    seen = standardised(pixels)
    return np.concatenate([seen[None], crystallinity(seen)])


def look_at(network: PaddedNetwork, pixels: NDArray[np.floating]) -> Maps:
    """What a network in evaluation mode says of an image on pixels of the size that it knows.

    Args:
        network: on its device.
        pixels: real (H, W).
    """
    return Maps(**shares_of(network, seen_by(network, pixels)))
