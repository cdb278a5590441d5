"""Crystals that look alike: one material in several orientations, or two materials with lattices of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.reflected import reflections_of
from samiam.lattices.basis import Basis, lattice_of
from samiam.lattices.likeness import stretch_between
from samiam.records.arrays import areas_in

_DISTORTED = 0.15
"""Stretch up to which two lattices may be one: 0.08 in a published grain boundary of gold, by drift of the scan."""
LEAST_SHARE = 0.03  # of the image: smaller parts are crystals of any orientation


def told_by_lattices(parts: NDArray[np.uint32], material_of: Sequence[int], pixels: NDArray[np.float32]) -> list[int]:
    """The material of each part, a new number for those of a material that have another lattice than the rest of it.

    Orientations of one crystal are one lattice, turned. Where there are three lattices or more, a material is taken for
    a polycrystal, whose crystals are seen along any zone axes. Of two, that of the larger area keeps the number.

    Args:
        parts: uint32 (H, W), 0 where not segmented, parts 1, 2, ….
        material_of: the material of each part, 1, 2, ….
        pixels: float32 (H, W), the image.
    """
    found = list(material_of)
    areas = areas_in(parts)[1:]
    for material in sorted(set(material_of)):
        own = [
            part
            for part, area in enumerate(areas.tolist(), start=1)
            if material_of[part - 1] == material and area >= LEAST_SHARE * parts.size
        ]
        groups = _of_one_lattice(lattices_of(parts, own, pixels)) if len(own) > 1 else []
        if len(groups) == 2:
            new = max(found) + 1
            for part in min(groups, key=lambda group: int(areas[np.array(group) - 1].sum())):
                found[part - 1] = new
    return found


def lattices_of(parts: NDArray[np.uint32], own: Sequence[int], pixels: NDArray[np.float32]) -> dict[int, Basis]:
    """The lattice of the largest piece of each part; none of those in which none is seen.

    Args:
        parts: uint32 (H, W), 0 where not segmented, parts 1, 2, ….
        own: numbers of the parts that are looked at.
        pixels: float32 (H, W), the image.
    """
    found = {part: lattice_of(reflections_of(parts == part, pixels)) for part in own}
    return {part: basis for part, basis in found.items() if basis is not None}


def may_be_one(first: Basis, second: Basis) -> bool:
    """Whether two lattices may be one, turned and distorted by the scan."""
    return stretch_between(first, second) < _DISTORTED


def _of_one_lattice(lattices: Mapping[int, Basis]) -> list[list[int]]:
    """Parts in groups that may be of one lattice: what may be that of a member is that of all."""
    groups: list[list[int]] = []
    for part, basis in lattices.items():
        alike = [group for group in groups if any(may_be_one(lattices[one], basis) for one in group)]
        groups = [group for group in groups if group not in alike]
        groups.append([part, *(one for group in alike for one in group)])
    return groups
