"""Whether one part of an image shows a lattice that another one lacks, as a crystallite in an amorphous film does."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.lookalikes import reflections_of
from samiam.boosting.regions.windows import Windows, largest_of_both
from samiam.lattices.steps.planes import followed

_FEWEST_WAVES = 2  # that a part has lost, or has kept
_KEPT = 0.7  # share of their strength, from which on waves are no others: those of another grain are

Floats = NDArray[np.float64]


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
    shares = []
    for part, (own, others) in ((one, looks), (other, looks[::-1])):
        found = reflections_of(part, pixels)
        waves = np.array([] if found is None or not len(found.waves) else followed(found.waves)).reshape(-1, 2)
        ratios = np.sort(others.strengths(waves) / np.maximum(own.strengths(waves), 1e-12))
        shares.append(float(ratios[_FEWEST_WAVES - 1]) if len(ratios) >= _FEWEST_WAVES else 1.0)
    return min(shares) if max(shares) >= _KEPT else 1.0
