"""What the mean cosine of two groups of points says of their being alike, fitted on scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from samiam.boosting.dividing import best_split
from samiam.compact.looks import Look
from samiam.texture import Sameness

_ANY = Sameness(1.0, 0.0)
_SMALLEST = 0.005
"""Share of the points of an image that each part of a split has at least, as when regions are divided."""


@dataclass(frozen=True)
class Pair:
    """Two groups of points.

    Attributes:
        cosine: the mean over pairs of their vectors.
        is_same: whether they are of one material, or their lattices lie alike.
    """

    cosine: float
    is_same: bool


def pairs_of(vectors: NDArray[np.float32], truth: NDArray[np.integer], within: NDArray[np.integer]) -> list[Pair]:
    """The pairs of groups that have to be told apart, and those that must not be.

    Of one truth it is the two parts that it would be split into, of two the truths that lie nearest to each other.

    Args:
        vectors: (h, w, D) of a look.
        truth: (h, w), what each point is of, 0 where that is not known.
        within: (h, w); truths are compared where they are within one of these.
    """
    fewest = max(2, round(_SMALLEST * truth.size))
    found = []
    for number in np.unique(truth[truth > 0]):
        inside = truth == number
        split = best_split(vectors[inside], _ANY, fewest)
        if split is not None:
            found.append(Pair(-split.log_odds, is_same=True))
        others = [other for other in np.unique(truth[(within == within[inside][0]) & (truth > 0)]) if other != number]
        mean = vectors[inside].mean(axis=0)
        nearest = max((float(mean @ vectors[truth == other].mean(axis=0)) for other in others), default=None)
        if nearest is not None:
            found.append(Pair(nearest, is_same=False))
    return found


def fit_sameness(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Slope and offset of a logistic regression of sameness by cosine, to three decimals.

    The slope is 0.001 at least; of pairs of one kind only nothing is learnt but their share.
    """
    cosines = np.array([pair.cosine for pair in pairs])
    is_same = np.array([pair.is_same for pair in pairs], np.float64)

    def loss(line: NDArray[np.float64]) -> float:
        log_odds = np.exp(line[0]) * (cosines - line[1])
        return (
            float(np.mean(np.logaddexp(0, log_odds) - is_same * log_odds) + 1e-4 * line[0] ** 2) if len(pairs) else 0.0
        )

    log_slope, even = minimize(loss, np.array([2.0, 0.7]), method="Nelder-Mead").x
    slope = max(round(float(np.exp(log_slope)), 3), 0.001)
    return slope, round(-slope * float(even), 3)


def pairs_of_look(
    look: Look, materials: NDArray[np.integer], orientations: NDArray[np.integer]
) -> tuple[list[Pair], list[Pair]]:
    """Pairs of materials of an image, and pairs of orientations within each material; truths (h, w) at the points."""
    vectors, of_grains = (np.moveaxis(maps.numpy(), 0, -1) for maps in (look.vectors, look.grain_vectors))
    everywhere = np.zeros(materials.shape, np.int64)
    return pairs_of(vectors, materials, everywhere), pairs_of(of_grains, orientations, materials)
