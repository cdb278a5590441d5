"""A region of a micrograph as classifiers of faults see it: cut out, at a fixed size of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.records import Micrograph

WORKING_NM = 0.04
"""Pixels that fringes are looked at with: {111} of gold, 2.35 Å apart, are 6 px."""
_MARGIN_NM = 1.2  # around a region, for what its support looks like

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """A region with what surrounds it.

    Attributes:
        pixels: float64 (h, w), pixels of 0.04 nm, square.
        inside: bool (h, w), the region.
        finest_per_px: the highest frequency that the micrograph itself can show, in cycles a pixel; 0.5 at most.
    """

    pixels: Floats
    inside: NDArray[np.bool_]
    finest_per_px: float


def cut_region(micrograph: Micrograph, mask: NDArray[np.bool_], pixel_size_nm: float) -> Region:
    """A region of a micrograph and a margin of 1.2 nm, as far as the micrograph reaches.

    Args:
        micrograph: the image.
        mask: bool (H, W), the region, at least one pixel.
        pixel_size_nm: width of a pixel.
    """
    sides_nm = (pixel_size_nm * micrograph.pixel_aspect, pixel_size_nm)
    spans = []
    for axis, side_nm in enumerate(sides_nm):
        at = np.flatnonzero(mask.any(axis=1 - axis))
        margin = round(_MARGIN_NM / side_nm)
        spans.append(slice(max(0, int(at[0]) - margin), min(mask.shape[axis], int(at[-1]) + 1 + margin)))
    rows, columns = spans
    inside = mask[rows, columns]
    shape = [max(1, round(n * side_nm / WORKING_NM)) for n, side_nm in zip(inside.shape, sides_nm, strict=True)]
    pixels = _resized(micrograph.filled[rows, columns], shape, Image.Resampling.BICUBIC)
    covered = _resized(inside.astype(np.float32), shape, Image.Resampling.BILINEAR) > 0.5
    if not covered.any():  # smaller than a pixel
        covered[np.unravel_index(np.argmax(_resized(inside.astype(np.float32), shape, Image.Resampling.BOX)), shape)] = True
    return Region(pixels, covered, min(0.5, 0.5 * WORKING_NM / max(sides_nm)))


def _resized(values: NDArray[np.float32], shape: list[int], how: Image.Resampling) -> Floats:
    """On other pixels; smoothed first where those are coarser."""
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), how), np.float64)
