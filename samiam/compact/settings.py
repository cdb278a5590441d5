"""Settings of the compact generator and encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from samiam.device import Device
from samiam.errors import InputError
from samiam.settings import Count, Share, declared, settings

NETWORK = "field_with_spectra"
"""What weights of the network say that they are of."""
COMMITTEE = "committee"
"""What weights of several networks say that they are of."""
LENGTH = 16
"""Numbers in a texture vector; chosen by hand on procedural scenes."""
POOLED_SIDE = 12
"""Points a side at most of the grid that attention looks at."""


@settings
class FieldSize:
    """How large the network is.

    Attributes:
        widths: channels at strides of 4, 8 and 16 px.
        depths: blocks at each of them.
        n_heads: attention heads, which divide the last width.
    """

    widths: tuple[Count, Count, Count] = (48, 96, 192)
    depths: tuple[Count, Count, Count] = (2, 3, 6)
    n_heads: Count = 6

    def __post_init__(self) -> None:
        if self.widths[2] % self.n_heads:
            raise InputError(f"n_heads={self.n_heads}: give a divisor of the last of widths={self.widths}.")


@settings
class CompactWeights:
    """The encoder "compact": vectors of the compact generator's network.

    Attributes:
        weights: a file that `train.py experiment=compact` wrote; the weights that ship where null.
        weights_sha256: the hash that a given file must have; not checked where null.
        device: "auto" is CUDA where there is one, else the CPU.
    """

    weights: str | Path | None = None
    weights_sha256: str | None = None
    device: Device = "auto"


@settings
class CompactOptions(CompactWeights):
    """The generator "compact": a small network that ships; masks are an image's textures, their parts and grains.

    Attributes:
        pred_iou_thresh: masks of lower predicted IoU are dropped.
        stability_score_thresh: masks of lower stability score are dropped.
        nms_thresh: of two masks with a mask IoU above this, the one of lower predicted IoU is dropped.
        smallest_mask: smallest mask as a share of the image.
        split_thresh: of two textures that one is split into, one needs this predicted IoU at least.
        least_apart: textures nearer to each other than this cosine distance are one; noise alone stays below.
        most_splits: splits that are tried at most.
    """

    pred_iou_thresh: Annotated[float, Field(ge=0, lt=1)] = 0.3
    stability_score_thresh: Annotated[float, Field(ge=0, lt=1)] = 0.0
    nms_thresh: Annotated[float, Field(gt=0, le=1)] = 0.9
    smallest_mask: Annotated[float, Field(gt=0, lt=1)] = 0.005
    split_thresh: Share = 0.7
    least_apart: Annotated[float, Field(ge=0, le=2)] = 0.05
    most_splits: Count = 12

    @property
    def decisive(self) -> dict[str, Any]:
        """The settings that decide masks, beside the weights; which file and device these are on does not."""
        return {name: value for name, value in asdict(self).items() if name not in declared(CompactWeights)}
