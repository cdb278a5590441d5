"""What a network says of a frame: how likely a stripe ends at each pixel, and how likely stripes meet there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.networks import weights
from samiam.networks.inputs import resampled
from samiam.networks.looking import shares_of
from samiam.networks.unet import PaddedNetwork, UNet
from samiam.networks.variant import Variant
from samiam.polar.inputs import WORKING_PERIOD_PX, Floats, as_in_paper, striped, working_shape
from samiam.polar.paper import TwoUNets

NETWORK = "polar"
HEADS: Mapping[str, int] = {"end": 1, "junction": 1}
"""Outputs of both variants: logits of maps that are 1 at each end, or junction, and fall off as a Gaussian."""
STRIPES: Mapping[str, int] = {"stripe": 1}
"""A further output of ours: logits of what is a stripe."""


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """What is said of each pixel, float32 (h, w) in [0, 1].

    Attributes:
        end: how near a stripe's end is.
        junction: how near a junction is.
        period_px: of the stripes, on the pixels of the maps.
        stripe: how sure it is part of a stripe; the paper's networks do not say.
    """

    end: Floats
    junction: Floats
    period_px: float
    stripe: Floats | None = None


def new_network(variant: Variant) -> PaddedNetwork:
    """A network with random weights: ours at the working period, or the paper's two at full size."""
    return UNet({**HEADS, **STRIPES}) if variant == "ours" else TwoUNets(HEADS)


def facts_of(variant: Variant) -> dict[str, Any]:
    """What a file of weights says of its network, see `write_weights`."""
    return weights.facts_of(NETWORK, variant)


def read_network(path: Path, sha256: str | None = None, variant: Variant | None = None) -> PaddedNetwork:
    """A network from a file of weights, on the CPU, in evaluation mode.

    Args:
        path: the file.
        sha256: what its bytes must hash to; not checked where None.
        variant: that it must be of; either where None.

    Raises:
        InputError: if the file is missing, damaged, of another hash or of another network.
    """
    return weights.read_variant(
        path, NETWORK, new_network, finds="ends and junctions of stripes", sha256=sha256, variant=variant
    )


def seen_by(network: PaddedNetwork, pixels: NDArray[np.floating]) -> Floats:
    """A frame, ours at the working period, as a network sees it: the same for a·I + b, a > 0.

    Args:
        network: either variant.
        pixels: real (h, w).
    """
    return as_in_paper(pixels) if isinstance(network, TwoUNets) else striped(pixels)


def at_working_size(network: PaddedNetwork, pixels: NDArray[np.floating], period_px: float) -> Floats:
    """A frame on the pixels that a network looks at: the paper's sees it as it is.

    Args:
        network: either variant.
        pixels: real (H, W).
        period_px: of its stripes.
    """
    own = isinstance(network, TwoUNets)
    return resampled(pixels, (pixels.shape[0], pixels.shape[1]) if own else working_shape(pixels.shape, period_px))


def look_at(network: PaddedNetwork, pixels: NDArray[np.floating], period_px: float) -> HeatMaps:
    """What a network in evaluation mode says of a frame.

    Args:
        network: on its device.
        pixels: real (H, W).
        period_px: of its stripes; at the period that ours works at, maps have the size of the frame.
    """
    sized = at_working_size(network, pixels, period_px)
    there = period_px if isinstance(network, TwoUNets) else WORKING_PERIOD_PX
    return HeatMaps(**shares_of(network, seen_by(network, sized)[None]), period_px=there)
