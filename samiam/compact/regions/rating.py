"""Which regions of an image are worth a mask, and which a click means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.compact.regions.calibration import Calibration
from samiam.compact.regions.candidates import Candidates, Region
from samiam.compact.regions.textures import Texture


@dataclass(frozen=True, eq=False)
class Rated:
    """A region with what its evidence says of it.

    Attributes:
        region: the region.
        quality: predicted IoU with a material, a connected part of one or a grain.
        is_doubtful: whether it comes of a split that looks unreal: a click may mean it, but it makes no mask.
        quality_of_parts: the predicted IoU of the better of the two textures that its own falls apart into, 0 where
            that was not tried.
    """

    region: Region
    quality: float
    is_doubtful: bool = False
    quality_of_parts: float = 0.0

    @property
    def evidence(self) -> NDArray[np.float64]:
        """What tells whether a click on the region means it, (19,), named by `EVIDENCE_OF_CHOICE`."""
        return np.append(self.region.evidence, [self.quality, self.quality_of_parts, float(self.is_doubtful)])


def rated_regions(candidates: Candidates, calibration: Calibration, split_thresh: float) -> list[Rated]:
    """Rate the regions of an image.

    Args:
        candidates: the regions.
        calibration: predicts their IoU.
        split_thresh: of two textures that one is split into, one needs this predicted IoU at least, or the split looks
            unreal.

    Returns:
        The regions, the best first.
    """
    if candidates.root is None:
        return []
    found = {
        texture: [Rated(region, calibration.predicted_iou(region.evidence)) for region in regions]
        for texture, regions in candidates.regions.items()
    }
    regions, _ = _in_context(candidates.root, found, split_thresh)
    if candidates.whole_image is not None:
        quality = calibration.predicted_iou(candidates.whole_image.evidence)
        parts = _best_whole(found.get(id(candidates.root), []))
        regions.append(Rated(candidates.whole_image, quality, quality_of_parts=parts))
    return sorted(regions, key=lambda rated: -rated.quality)


def _in_context(texture: Texture, found: Mapping[int, list[Rated]], threshold: float) -> tuple[list[Rated], bool]:
    """What was found below a texture, and whether the split of it is real: because a part is good, or a part's part."""
    rated = found.get(id(texture), [])
    is_real = _best_whole(rated) >= threshold
    below: list[Rated] = []
    for part in texture.parts if rated else ():
        deeper, is_deeper_real = _in_context(part, found, threshold)
        below += deeper
        is_real |= is_deeper_real
    own = [
        replace(r, is_doubtful=not is_real, quality_of_parts=_best_whole(found.get(id(r.region.texture), [])))
        for r in rated
    ]
    return own + below, is_real


def _best_whole(rated: list[Rated]) -> float:
    """The highest predicted IoU among whole textures, 0 where there is none."""
    return max((r.quality for r in rated if r.region.granularity == "whole"), default=0.0)
