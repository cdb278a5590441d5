"""Scores in which a mask answers for one label at most: matched IoU, F1, panoptic quality and objective 1."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

CORRECT_IOU = 0.5  # above it no two masks can match one label (Kirillov et al., Panoptic Segmentation, CVPR 2019)


class OneToOneScores(NamedTuple):
    """The one-to-one scores of one image."""

    matched_iou: float
    f1: float
    panoptic_quality: float
    objective_1: float


def score_one_to_one(iou: NDArray[np.float64], weights: NDArray[np.float64], penalty_per_mask: float) -> OneToOneScores:
    """Pair masks with labels as well as each score allows, and score the pairs.

    Each score is the largest that any pairing gives, hence unique although the pairing may not be.

    Args:
        iou: (N, M) of N predicted masks with M labels.
        weights: (M,), not negative, with a positive sum; only matched IoU is weighted, because the others count
            masks too, which have no weight.
        penalty_per_mask: λ of equation 1.
    """
    n_masks, n_labels = iou.shape
    # Whatever the pairs are, TP + FP/2 + FN/2 = TP + (N - TP)/2 + (M - TP)/2 = (N + M)/2.
    halved = (n_masks + n_labels) / 2
    found = _best_pairs(np.where(iou >= CORRECT_IOU, 1.0, 0.0)).sum()
    quality = _best_pairs(np.where(iou > CORRECT_IOU, iou, 0.0)).sum()
    return OneToOneScores(
        matched_iou=float(_best_pairs(iou * weights).sum() / weights.sum()),
        f1=float(found / halved),
        panoptic_quality=float(quality / halved),
        objective_1=float(_best_pairs(iou).sum() - penalty_per_mask * n_masks),
    )


def _best_pairs(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each label gains, (M,), in the assignment of N masks to M labels with the largest sum; 0 if left over."""
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    rows, columns = linear_sum_assignment(gains, maximize=True)
    gained: NDArray[Any] = np.zeros(gains.shape[1])
    gained[columns] = gains[rows, columns]
    return gained
