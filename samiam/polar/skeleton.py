"""The classical finder: what is bright within a band of frequencies, and its skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.networks.inputs import resampled
from samiam.polar.inputs import as_in_paper
from samiam.polar.settings import SkeletonOptions
from samiam.records.polar_scene import Points
from samiam.skeletons import skeleton_points

_PERIOD_PX = 16.0  # frames are reduced to it: a skeleton is as good within a pixel, and noise is averaged


class SkeletonFinder:
    """Finds ends and junctions without any learning.

    A frame is clipped as the paper's network sees it; a difference of Gaussians takes noise and background out; what is
    above 0 is a stripe.

    Args:
        options: the band.
    """

    def __init__(self, options: SkeletonOptions = SkeletonOptions()) -> None:
        self.name = "skeleton"
        self.options: Mapping[str, Any] = asdict(options)
        self._options = options

    def find(self, pixels: NDArray[np.float32], period_px: float) -> Points:
        """The points of a frame, see `PointFinder.find`; all are as sure."""
        scale = min(1.0, _PERIOD_PX / period_px)
        shape = max(1, round(pixels.shape[0] * scale)), max(1, round(pixels.shape[1] * scale))
        stripes = self.stripes(resampled(pixels, shape), period_px * scale)
        found = skeleton_points(stripes, period_px * scale)
        return Points((found.positions_px + 0.5) / np.divide(shape, pixels.shape) - 0.5, found.is_junction)

    def stripes(self, pixels: NDArray[np.float32], period_px: float) -> NDArray[np.bool_]:
        """Where a frame, float32 (H, W), is brighter than around."""
        seen = as_in_paper(pixels)
        fine, coarse = (
            cv2.GaussianBlur(seen, (0, 0), share * period_px, borderType=cv2.BORDER_REFLECT)
            for share in (self._options.finest, self._options.coarsest)
        )
        return np.asarray(fine > coarse)
