"""Materials of which only a part is crystalline: it and the rest are two.

A network may see little between a crystal whose fringes are faint and the vacuum or the amorphous film beside it, as in
HRTEM. The reflections tell.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.reflected import reflections_of, share_kept, shows_no_lattice
from samiam.boosting.regions.alike.windows import Windows, largest_of
from samiam.boosting.regions.division.dividing import rather_materials
from samiam.boosting.regions.division.splitting import fewest_points
from samiam.lattices.basis import lattice_of
from samiam.lattices.steps.planes import followed
from samiam.records.arrays import numbers_in
from samiam.texture import TextureField

_FEW, _WEAKER = 0.15, 0.5  # of the windows, in which waves are weaker by that where a split is tried at all
_KEPT = 0.3
"""Share of the strength of a lattice's waves, below which the rest of a material has none of them.

Of 1,900 regions of 492 views of scenes of `simulate.scenes.benchmark` (901 and 902) and of 340 made images one of a
single material keeps less, a grain that is seen off its zone axis, and that rather is a grain.
"""


def crystals_apart(
    labels: NDArray[np.uint32], field: TextureField, pixels: NDArray[np.float32], *, smallest: float = 0.005
) -> NDArray[np.uint32]:
    """Materials without what is crystalline in some of them, or is not: that has new numbers.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        pixels: float32 (H, W), the image.
        smallest: share of the image that a part has at least.
    """
    found, fewest = labels, fewest_points(smallest, field)
    for label in numbers_in(labels):
        part = _smaller_part(labels == label, field, pixels, fewest)
        if part is not None:
            found = np.where(part, found.max() + np.uint32(1), found)
    return found


def _smaller_part(
    inside: NDArray[np.bool_], field: TextureField, pixels: NDArray[np.float32], fewest: int
) -> NDArray[np.bool_] | None:
    """The smaller of two parts of which only one is crystalline, bool (H, W); None where there rather are none."""
    if not _may_be_in_part(inside, pixels):
        return None
    splits = rather_materials(inside[field.places], field, fewest)
    if splits is None:
        return None
    for vectors, split in zip((field.materials, field.grains), splits, strict=True):
        if split is not None:
            is_smaller: NDArray[np.bool_] = field.nearest(vectors, split.means) == 1
            part, rest = inside & is_smaller, inside & ~is_smaller
            if part.any() and rest.any() and _is_one_crystalline(part, rest, pixels):
                return part
    return None


def _may_be_in_part(inside: NDArray[np.bool_], pixels: NDArray[np.float32]) -> bool:
    """Whether the waves that a material, bool (H, W), shows are far weaker in some of its windows than in others."""
    looks, found = largest_of(partial(Windows.within, inside, pixels)), reflections_of(inside, pixels)
    waves = [] if found is None else followed(found.waves)
    if looks is None or not waves:
        return False
    strengths = looks[0].strengths(np.array(waves))
    sums = np.sort((strengths / np.maximum(strengths.mean(axis=1, keepdims=True), 1e-12)).sum(axis=0))
    few = max(1, round(_FEW * len(sums)))
    return bool(sums[:few].mean() < _WEAKER * sums[-few:].mean())


def _is_one_crystalline(part: NDArray[np.bool_], rest: NDArray[np.bool_], pixels: NDArray[np.float32]) -> bool:
    """Whether one of two shows a lattice, of which the other keeps next to nothing, and none of its own."""
    seen = [reflections_of(one, pixels) for one in (part, rest)]
    is_one = any(lattice_of(one) is not None and shows_no_lattice(other) for one, other in (seen, reversed(seen)))
    return is_one and share_kept(part, rest, pixels) < _KEPT
