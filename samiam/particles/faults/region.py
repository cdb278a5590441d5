"""A region of a micrograph as classifiers of faults see it: cut out, at a fixed size of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.networks.inputs import resampled
from samiam.particles.finder.inputs import FRINGES_NM, WORKING_NM
from samiam.records import Micrograph

MARGIN_NM = 1.2
"""Around a region, for what its support looks like: a little more than the support's own grain."""

LARGEST_NM = 40.0
"""Side of what is looked at: twice the largest clumps that were learnt from, and a tenth of a second's work."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """A region with what surrounds it.

    Attributes:
        pixels: float64 (h, w), on square pixels of 0.04 nm.
        inside: bool (h, w), the region.
        finest_per_px: the highest frequency that the micrograph itself can show, in cycles a pixel; 0.5 at most.
    """

    pixels: Floats
    inside: NDArray[np.bool_]
    finest_per_px: float


def cut_region(micrograph: Micrograph, mask: NDArray[np.bool_], pixel_size_nm: float) -> Region | None:
    """A region of a micrograph and a margin of 1.2 nm, as far as the micrograph reaches.

    Args:
        micrograph: the image.
        mask: bool (H, W), the region.
        pixel_size_nm: width of a pixel.

    Returns:
        The region; None where nothing of it is left on pixels of 0.04 nm, it is larger than 40 nm, or the pixels of
        the micrograph are too large to show any fringes.
    """
    sides_nm = (pixel_size_nm * micrograph.pixel_aspect, pixel_size_nm)
    if max(sides_nm) > FRINGES_NM:
        return None
    spans = []
    for axis, side_nm in enumerate(sides_nm):
        at = np.flatnonzero(mask.any(axis=1 - axis))
        if not len(at):
            return None
        margin = round(MARGIN_NM / side_nm)
        spans.append(slice(max(0, int(at[0]) - margin), min(mask.shape[axis], int(at[-1]) + 1 + margin)))
    box = spans[0], spans[1]
    if max(n * side_nm for n, side_nm in zip(mask[box].shape, sides_nm, strict=True)) > LARGEST_NM:
        return None
    height, width = (
        max(1, round(n * side_nm / WORKING_NM)) for n, side_nm in zip(mask[box].shape, sides_nm, strict=True)
    )
    pixels = resampled(micrograph.filled[box], (height, width)).astype(np.float64)
    inside = resampled(mask[box].astype(np.float32), (height, width)) > 0.5
    return Region(pixels, inside, min(0.5, 0.5 * WORKING_NM / max(sides_nm))) if inside.any() else None
