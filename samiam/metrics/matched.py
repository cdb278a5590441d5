"""The paper's scores (§3.2): every mask that overlaps a truth label enough counts towards that label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samiam.geometry import boundary as boundary  # public here as well
from samiam.geometry import intersections, iou
from samiam.records import Masks

Variant = Literal["paper", "released"]

MATCH_IOU = 0.05  # a mask matches a label from this IoU on (paper §3.2)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """How N predicted masks lie on M truth masks.

    Attributes:
        shared: int64 (N, M), pixels in both.
        predicted: int64 (N,), pixels of each predicted mask.
        truth: int64 (M,), pixels of each truth mask.
    """

    shared: NDArray[np.int64]
    predicted: NDArray[np.int64]
    truth: NDArray[np.int64]

    @classmethod
    def of(cls, predicted: Masks, truth: Masks) -> Overlaps:
        """Count the pixels of two sets of masks of one shape."""
        return cls(intersections(predicted, truth), predicted.areas, truth.areas)

    @classmethod
    def of_boundaries(
        cls, predicted: Masks, truth: Masks, thickness_px: int, wanted: NDArray[np.integer[Any]]
    ) -> Overlaps:
        """Count the pixels of the boundaries of both sets.

        Args:
            predicted: N masks.
            truth: M masks of the same shape.
            thickness_px: how thick a boundary is.
            wanted: indices of the predicted masks to look at; the others stay at 0. An erosion costs far more than
                the rest of the scoring, and most of SAM's masks match nothing.
        """
        edges = (boundary(predicted[index], thickness_px) for index in wanted)
        truth_edges = Masks.from_arrays((boundary(mask, thickness_px) for mask in truth), truth.shape_hw)
        part = cls.of(Masks.from_arrays(edges, predicted.shape_hw), truth_edges)
        shared, areas = np.zeros((len(predicted), len(truth)), np.int64), np.zeros(len(predicted), np.int64)
        shared[wanted], areas[wanted] = part.shared, part.predicted
        return cls(shared, areas, part.truth)

    @cached_property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair, (N, M)."""
        return iou(self.shared, self.predicted, self.truth)


class MatchedScores(NamedTuple):
    """Equations 3 to 6 for one image, on whole masks or on boundaries."""

    miou: float
    mrecall: float
    mprecision: float
    mfpr: float


def find_matches(whole_iou: NDArray[np.float64], variant: Variant) -> NDArray[np.bool_]:
    """Which mask counts towards which label, bool (N, M): IoU ≥ 0.05 in the paper, > 0.05 in its released code."""
    return whole_iou > MATCH_IOU if variant == "released" else whole_iou >= MATCH_IOU


def score_matches(
    overlaps: Overlaps, whole_iou: NDArray[np.float64], variant: Variant, weights: NDArray[np.float64]
) -> MatchedScores:
    """Equations 3 to 6 for one image.

    Args:
        overlaps: what is scored, N masks on M labels: whole masks, or their boundaries.
        whole_iou: (N, M), IoU of the whole masks; it decides what matches and which mask is the best.
        variant: "paper" or "released".
        weights: (M,), not negative, with a positive sum.
    """
    matched = find_matches(whole_iou, variant)
    non_best = _without_best(matched, whole_iou, overlaps.iou)
    if variant == "released":
        recall, precision = _mean_of_rates(overlaps, matched, weights)
        false_positives = np.where(non_best, overlaps.iou, 0.0).sum(axis=0)
    else:
        recall, precision = _rate_of_means(overlaps, matched, weights)
        false_positives = _mean_over(overlaps.iou, non_best)
    miou = np.average(_mean_over(overlaps.iou, matched), weights=weights)
    mfpr = np.average(false_positives, weights=weights)
    return MatchedScores(float(miou), recall, precision, float(mfpr))


def _mean_over(values: NDArray[Any], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean over the counted masks for each label, (M,); 0 where none is counted."""
    means: NDArray[np.float64] = np.where(counted, values, 0).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
    return means


def _without_best(
    matched: NDArray[np.bool_], whole_iou: NDArray[np.float64], scored_iou: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The matches less each label's best: highest whole IoU, then highest scored IoU.

    Two masks equal in both are worth the same, so the scores do not depend on the order of the masks.
    """
    best = np.lexsort((scored_iou, whole_iou), axis=0)[-1:]
    others = matched.copy()
    np.put_along_axis(others, best, False, axis=0)
    return others


def _rate_of_means(overlaps: Overlaps, matched: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Equations 4 and 5 for one image: recall and precision of areas averaged over masks, then over labels.

    The paper does not say what a label without a match adds. Here all of it is missed (TP 0, FP 0, FN its area),
    so that it lowers the recall.
    """
    missed_of_matched = _mean_over(overlaps.truth - overlaps.shared, matched)
    found_per_label = _mean_over(overlaps.shared, matched)
    extra_per_label = _mean_over(overlaps.predicted[:, None] - overlaps.shared, matched)
    missed_per_label = np.where(matched.any(axis=0), missed_of_matched, overlaps.truth)
    found, extra, missed = (
        float(np.average(per_label, weights=weights))
        for per_label in (found_per_label, extra_per_label, missed_per_label)
    )
    return _ratio(found, found + missed), _ratio(found, found + extra)


def _mean_of_rates(overlaps: Overlaps, matched: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Recall and precision as the released code has them: of each pair, then averaged; 0 for an unmatched label."""
    # Only masks that match nothing can have no pixel, and those are not counted.
    recalls = overlaps.shared / np.maximum(overlaps.truth, 1)
    precisions = overlaps.shared / np.maximum(overlaps.predicted, 1)[:, None]
    recall, precision = (
        float(np.average(_mean_over(rates, matched), weights=weights)) for rates in (recalls, precisions)
    )
    return recall, precision


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
