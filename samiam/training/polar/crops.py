"""Crops of a few labelled frames, turned and mirrored: all that there is to learn from."""

from __future__ import annotations

from collections.abc import Sequence

import albumentations
import numpy as np
import torch
from torch.utils.data import Dataset

from samiam.networks.inputs import resampled
from samiam.polar.inputs import WORKING_PERIOD_PX, working_shape
from samiam.records.polar_scene import Points, PolarScene
from samiam.training.polar.scenes import Batch, See, bright_sided
from samiam.training.polar.settings import LabelRules
from samiam.training.polar.targets import heat_maps


class LabelledCrops(Dataset[Batch]):
    """Crops at the working period; crop i depends on the seed and i alone.

    A crop is float32 (1, size, size), pixels as the network sees them, and its heat maps (2, size, size).

    Args:
        frames: that are labelled, all larger than a crop.
        see: what the network sees of pixels.
        rules: how many, and how large.
        peak: standard deviation of a point's Gaussian, in periods.
    """

    def __init__(self, frames: Sequence[PolarScene], see: See, rules: LabelRules, peak: float) -> None:
        self.see, self.rules, self.peak = see, rules, peak
        self._frames = [_at_working_period(frame) for frame in frames]
        self._vary = albumentations.D4(p=1)

    def __len__(self) -> int:
        return self.rules.scenes

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.rules.seed, index])
        pixels, points = self._frames[int(rng.integers(len(self._frames)))]
        size = self.rules.size_px
        corner = np.array([int(rng.integers(side - size + 1)) for side in pixels.shape])
        part = self.see(pixels[corner[0] : corner[0] + size, corner[1] : corner[1] + size])
        places = points.positions_px - corner
        near = ((places > -WORKING_PERIOD_PX) & (places < size + WORKING_PERIOD_PX)).all(axis=1)
        shown = Points(places[near], points.is_junction[near])
        heat = heat_maps(shown, (size, size), self.peak * WORKING_PERIOD_PX)
        self._vary.set_random_seed(int(rng.integers(2**32)))
        varied = self._vary(image=part, masks=heat)
        return tuple(torch.from_numpy(np.ascontiguousarray(each)) for each in (varied["image"][None], varied["masks"]))  # type: ignore[return-value]


def _at_working_period(scene: PolarScene) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], Points]:
    """Pixels with bright stripes, and points on them."""
    shape = working_shape(scene.micrograph.shape_hw, scene.period_px)
    places = (scene.points.positions_px + 0.5) * np.divide(shape, scene.micrograph.shape_hw) - 0.5
    return resampled(bright_sided(scene), shape), Points(places, scene.points.is_junction)
