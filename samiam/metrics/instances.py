"""How well objects are found whose number is part of the answer, such as particles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samiam.geometry import intersections, iou
from samiam.metrics.one_to_one import score_one_to_one
from samiam.records import Masks


@dataclass(frozen=True)
class InstanceScores:
    """Scores of one image.

    Attributes:
        dice: twice the area that found and true objects share, over the sum of both; NaN where there is no object.
        f1: of objects, one found for one true, at an IoU of 0.5; NaN where there is none of either.
        false_area: share of the image that is found and no object.
    """

    dice: float
    f1: float
    false_area: float


def score_instances(found: Masks, truth: Masks, excused: Masks | None = None) -> InstanceScores:
    """Score the objects found in an image against the true ones; either may overlap among themselves.

    Args:
        found: N masks.
        truth: M masks of the same image.
        excused: where it does not matter whether anything is found, unless it is also in one of the true ones: pixels
            there count for nothing, nor does what is found and has half of its own there. All matters where None.

    Example:
        >>> truth = Masks.from_labels(np.array([[1, 1, 0, 2]]))
        >>> score_instances(Masks.from_labels(np.array([[1, 1, 1, 0]])), truth)
        InstanceScores(dice=0.6666666666666666, f1=0.5, false_area=0.25)
    """
    is_true = _covered(truth)
    if excused is not None and len(excused):
        free = _covered(excused) & ~is_true
        within = found.within(~free)
        found = within.select(np.flatnonzero(2 * within.areas > found.areas))
    is_found = _covered(found)
    n_both = int(np.count_nonzero(is_found & is_true))
    n_found, n_true = int(np.count_nonzero(is_found)), int(np.count_nonzero(is_true))
    dice = 2 * n_both / (n_found + n_true) if n_true else float("nan")
    return InstanceScores(dice, _f1(found, truth), (n_found - n_both) / is_true.size)


def _covered(masks: Masks) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.unpackbits(np.bitwise_or.reduce(masks.packed, axis=0), axis=-1, count=masks.shape_hw[1]).astype(bool)


def _f1(found: Masks, truth: Masks) -> float:
    if not len(found) or not len(truth):
        return float("nan") if len(found) == len(truth) else 0.0
    overlaps = iou(intersections(found, truth), found.areas, truth.areas)
    return score_one_to_one(overlaps, np.ones(len(truth)), 0.0).f1
