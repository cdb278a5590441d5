"""Where another network is to be asked: once in each region that the compact network sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.compact.generator import CompactGenerator
from samiam.compact.model import CompactModel
from samiam.compact.settings import CompactOptions
from samiam.records import Micrograph

MOST_PLACES = 64
"""An eighth of the prompts of the paper's grids (16 × 16, and 8 × 8 in each of four crops)."""


class RegionPlaces:
    """The innermost points of the regions of an image, those of the best regions first.

    Args:
        model: sees the regions.
    """

    def __init__(self, model: CompactModel) -> None:
        self._generator = CompactGenerator(model, CompactOptions())

    @property
    def sha256(self) -> str | None:
        """What tells the weights that see the regions from others."""
        return self._generator.model.sha256

    def __call__(self, micrograph: Micrograph) -> NDArray[np.float64]:
        """Points (x, y) in pixels, (P, 2), no two the same; one at least, 64 at most."""
        points_xy = self._generator.generate(micrograph).points_xy.astype(np.float64)
        _, first = np.unique(points_xy, axis=0, return_index=True)
        return points_xy[np.sort(first)][:MOST_PLACES]
