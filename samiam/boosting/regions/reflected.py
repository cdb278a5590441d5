"""The reflections of parts of an image, and whether one shows some that another lacks, as what is amorphous does."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.windows import Windows, largest_of_both
from samiam.lattices.spectrum import Reflections, reflections_within
from samiam.lattices.steps.planes import followed
from samiam.outlines import largest_part

_LOOKED_AT_PX = 384  # side of the part of a crystal whose lattice is measured: a percent is near enough
_FEWEST_WAVES = 2  # that a part has lost
_KEPT = 0.7  # share of their strength, from which on waves are no others: those of another grain are

Floats = NDArray[np.float64]


def reflections_of(part: NDArray[np.bool_], pixels: NDArray[np.float32]) -> Reflections | None:
    """Those of the largest piece of a part, bool (H, W); None where it is too narrow for any."""
    return reflections_within(pixels, largest_part(part), (1.0, 1.0), _LOOKED_AT_PX)


def share_kept(one: NDArray[np.bool_], other: NDArray[np.bool_], pixels: NDArray[np.float32]) -> float:
    """How much of the strength of waves that one of two parts has, the other one keeps.

    A second layer, or a crystal beside what is amorphous, adds waves to those of the other part; those of a grain that
    is turned are other ones.

    Args:
        one: bool (H, W), a part.
        other: bool (H, W), another one.
        pixels: float32 (H, W), the image.

    Returns:
        0 for nothing, about 1 where both show the same lattice, or none, or each one of its own. All but the one of
        the waves of a part that the other one keeps least of are as strong as that, for their contrast.
    """
    looks = largest_of_both(partial(Windows.within, one, pixels), partial(Windows.within, other, pixels))
    if looks is None:
        return 1.0
    lost, shares = 1.0, []
    for part, (own, others) in ((one, looks), (other, looks[::-1])):
        found = reflections_of(part, pixels)
        if found is not None and len(found.waves):
            waves = np.array(followed(found.waves)).reshape(-1, 2)
            ratios = np.sort(others.strengths(waves) / np.maximum(own.strengths(waves), 1e-12))
            shares.append(float(ratios[min(len(ratios), _FEWEST_WAVES) - 1]))
            lost = min(lost, shares[-1]) if len(ratios) >= _FEWEST_WAVES else lost
    return lost if max(shares, default=1.0) >= _KEPT or len(shares) == 1 else 1.0
