"""Which regions of a field are worth a mask, and which a click means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.compact.field import Field
from samiam.compact.regions import Region, regions_of_texture
from samiam.compact.textures import Texture, texture_tree
from samiam.errors import InputError

_QUALITY = np.array(
    [
        1.622,
        0.391,
        0.22,
        0.224,
        -0.298,
        -0.196,
        1.025,
        2.341,
        1.652,
        -1.416,
        -2.099,
        -0.813,
        -0.27,
        -0.322,
        0.792,
        -0.428,
    ]
)
"""Logistic regression of the IoU with the truth on a region's evidence, by scripts/compact_quality.py."""
_PREFERENCE = np.array(
    [
        0.0,
        -1.942,
        -2.232,
        0.463,
        -0.569,
        -2.098,
        3.653,
        2.949,
        0.813,
        -1.066,
        -1.445,
        0.82,
        -2.243,
        -3.434,
        -0.949,
        3.802,
        2.652,
        -1.321,
        -1.538,
    ]
)
"""Which of the regions around a click is its material: a softmax over `Rated.evidence`, by the same script."""


@dataclass(frozen=True)
class CompactOptions:
    """Settings of the compact generator.

    Attributes:
        pred_iou_thresh: masks of lower predicted IoU are dropped, [0, 1).
        stability_score_thresh: masks of lower stability score are dropped, [0, 1).
        nms_thresh: of two masks with a mask IoU above this, the one of lower predicted IoU is dropped, (0, 1].
        smallest_mask: smallest mask as a share of the image, (0, 1).
        split_thresh: of two textures that one is split into, one needs this predicted IoU at least, [0, 1].
        least_apart: textures nearer to each other than this cosine distance are one; noise alone stays below, [0, 2].
        most_splits: splits that are tried at most, at least 1.

    Raises:
        InputError: if a setting is out of range.
    """

    pred_iou_thresh: float = 0.3
    stability_score_thresh: float = 0.0
    nms_thresh: float = 0.9
    smallest_mask: float = 0.005
    split_thresh: float = 0.7
    least_apart: float = 0.05
    most_splits: int = 12

    def __post_init__(self) -> None:
        for name in ("pred_iou_thresh", "stability_score_thresh", "nms_thresh", "smallest_mask", "split_thresh"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name}={getattr(self, name)}: give a value from 0 to 1.")
        if not 0 <= self.least_apart <= 2:
            raise InputError(f"least_apart={self.least_apart}: give a value from 0 to 2.")
        if self.most_splits < 1:
            raise InputError(f"most_splits={self.most_splits}: give at least 1.")


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

    @classmethod
    def of(cls, region: Region) -> Rated:
        """Rate a region by itself."""
        return cls(region, float(1 / (1 + np.exp(-region.evidence @ _QUALITY))))

    @property
    def evidence(self) -> NDArray[np.float64]:
        """What tells whether a click on the region means it rather than another around the same point."""
        return np.append(self.region.evidence, [self.quality, self.quality_of_parts, float(self.is_doubtful)])

    @property
    def preference(self) -> float:
        """How much rather than another around the same point it is a material, as log odds."""
        return float(self.evidence @ _PREFERENCE)


def rated_regions(field: Field, options: CompactOptions) -> tuple[list[list[Texture]], list[Rated]]:
    """Split an image into textures, the loosest first, and rate what each split gives.

    Args:
        field: of the image.
        options: how far to go.

    Returns:
        The textures that share the image out after each split, and the regions, the best first.
    """
    root = texture_tree(field, options.smallest_mask)
    shared_out = [] if root is None else [root]
    smallest_points = options.smallest_mask * field.boundaries.numel()
    levels: list[list[Texture]] = []
    found: dict[int, list[Rated]] = {}
    while len(levels) < options.most_splits:
        loosest = max(shared_out, key=lambda texture: texture.spread if texture.parts else -1, default=None)
        if loosest is None or not loosest.parts or loosest.spread < options.least_apart:
            break
        shared_out = [*(other for other in shared_out if other is not loosest), *loosest.parts]
        levels.append(shared_out)
        found[id(loosest)] = [
            Rated.of(region)
            for place in (len(shared_out) - 2, len(shared_out) - 1)
            for region in regions_of_texture(field, shared_out, place, smallest_points)
        ]
    regions = [] if root is None else _in_context(root, found, options.split_thresh)[0]
    return levels, sorted(regions, key=lambda rated: -rated.quality)


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
