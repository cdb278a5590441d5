"""From materials to the regions that were asked for, and to their grains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.claiming import claim_rest
from samiam.boosting.dividing import divided
from samiam.boosting.merging import numbered_by_area
from samiam.texture import TextureField
from samiam.texture.confidence import confidences


@dataclass(frozen=True, eq=False)
class Levels:
    """The regions of an image at two levels.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented, regions by falling area.
        grains: uint32 (H, W), likewise; each lies within one region.
        material_of: for region i + 1 the number of its material; materials are numbered by falling area too.
        renumbered: the number of the material that had each label before.
        confidences: the predicted IoU of each region; None where nothing predicts it.
    """

    labels: NDArray[np.uint32]
    grains: NDArray[np.uint32]
    material_of: list[int]
    renumbered: dict[int, int]
    confidences: Sequence[float | None] = ()


def levels_of(labels: NDArray[np.uint32], field: TextureField, n_regions: int | None = None) -> Levels:
    """Claim what no mask covers, divide materials where more regions are asked for, and find the grains.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        n_regions: how many are asked for; None for the materials as they are.
    """
    claimed = claim_rest(labels, field)
    materials, by_area = numbered_by_area(claimed)
    regions, origin = materials, list(range(1, len(by_area) + 1))
    if n_regions is not None and 0 < len(origin) < n_regions:
        division = divided(materials, field, n_regions)
        regions, by_place = numbered_by_area(division.labels)
        origin = [division.origin[place] for place in sorted(by_place, key=by_place.__getitem__)]
    grains, _ = numbered_by_area(divided(regions, field, by_materials=False).labels)
    trusted = () if field.confidence is None else confidences(regions, field, field.confidence)
    return Levels(regions, grains, origin, {old + 1: new for old, new in by_area.items()}, trusted)


def shortfall(n_regions: int | None, found: Sequence[int]) -> str | None:
    """In words, that fewer regions were found than were asked for."""
    if n_regions is None or len(found) >= n_regions:
        return None
    return f"{n_regions} regions were asked for, {len(found)} found: no further part is large enough to be one"
