"""The reflections of parts of an image, and whether one shows some that another lacks, as what is amorphous does."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.windows import Windows, largest_of
from samiam.lattices.basis import FEWEST
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


def shows_no_lattice(found: Reflections | None) -> bool:
    """Whether fewer waves of a part stand out than make a lattice, as of what is amorphous; unknown of a narrow one."""
    return found is not None and len(found.waves) < FEWEST


def share_kept(one: NDArray[np.bool_], other: NDArray[np.bool_], pixels: NDArray[np.float32]) -> float:
    """How much of the strength of waves that one of two parts has, the other one keeps.

    A second layer, or a crystal beside what is amorphous, adds waves to those of the other part; those of a grain that
    is turned are other ones.

    Args:
        one: bool (H, W), a part.
        other: bool (H, W), another one.
        pixels: float32 (H, W), the image.

    Returns:
        Of its wave that is lost second most, for the contrast of both: 0 for nothing, about 1 where both show the same
        lattice; 1 where each shows one of its own, where fewer than two waves are seen, and where a part is too small.
    """
    looks = largest_of(partial(Windows.within, one, pixels), partial(Windows.within, other, pixels))
    if looks is None:
        return 1.0
    shares = [
        _shares(found.waves, own, others)
        for part, (own, others) in ((one, looks), (other, looks[::-1]))
        if (found := reflections_of(part, pixels)) is not None
    ]
    shares = [kept for kept in shares if len(kept)]
    if len(shares) == len(looks) and max(kept[:_FEWEST_WAVES][-1] for kept in shares) < _KEPT:
        return 1.0
    return min((float(kept[_FEWEST_WAVES - 1]) for kept in shares if len(kept) >= _FEWEST_WAVES), default=1.0)


def _shares(waves: Floats, own: Windows, others: Windows) -> Floats:
    """Of the waves (n, 2) of a part that stand out: how much of each others keep, the least first."""
    distinct = np.array(followed(waves)).reshape(-1, 2)
    kept, there = (look.strengths(distinct).mean(axis=1) for look in (others, own))
    return np.sort(kept / np.maximum(there, 1e-12))
