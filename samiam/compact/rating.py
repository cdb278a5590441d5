"""Which regions of a field are worth a mask, and which a click means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.compact.field import Field
from samiam.compact.regions import Region, regions_of_texture
from samiam.compact.settings import CompactOptions
from samiam.compact.textures import Texture, texture_tree

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
