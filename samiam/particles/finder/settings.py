"""Settings of the finder of particles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from samiam.device import Device
from samiam.settings import Positive, Share, settings


@settings
class FinderOptions:
    """The finder that ships: a small U-Net, then a watershed.

    Attributes:
        weights: a file that `train.py experiment=particles_segmentation` wrote; the weights that ship where null.
        weights_sha256: the hash that a given file must have; not checked where null.
        device: "auto" is CUDA where there is one, else the CPU.
        threshold: probability from which a pixel is in a particle; as calibrated where null.
        least_score: candidates that are less sure are dropped; as calibrated where null.
        smallest_nm: candidates of a smaller equivalent diameter are dropped; below it a cluster and a clump of the
            support look alike.
        smallest_px: likewise, in pixels of the image; below it a diameter is a guess.
    """

    weights: str | Path | None = None
    weights_sha256: str | None = None
    device: Device = "auto"
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    least_score: Share | None = None
    smallest_nm: Positive = 1.0
    smallest_px: Positive = 6.0
