"""What a classifier of faults is worth on regions whose class is known.

Every score is worked out for B ways in which the N regions count, (B, N): once each, or as often as a resample drew
them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from samiam.metrics.calibration import calibration_errors
from samiam.particles.result import FAULT_CLASSES, FaultClass

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
COVERAGE = 0.8
"""Share of the regions that are named at least."""
NO_FAULT, FAULT = FAULT_CLASSES.index("no fault"), FAULT_CLASSES.index("stacking fault")
PAPER_COUNTS: Mapping[FaultClass, int] = {
    "no fault": 161,
    "stacking fault": 150,
    "no fringe": 143,
    "agglomeration": 116,
    "empty": 97,
}
"""How many regions of each class there are in Groschner et al. (2021), by which its 86 % are weighted."""


def class_scores(
    probabilities: Floats, classes: Ints, confidence: float, weights: Floats | None = None
) -> dict[str, Floats]:
    """Scores over the five classes, each (B,); NaN where nothing counts.

    Args:
        probabilities: (N, 5).
        classes: (N,), places among `FAULT_CLASSES`.
        confidence: least probability of a class that is named.
        weights: (B, N); each region once where None.

    Returns:
        `accuracy`; `balanced_accuracy`, the mean of the recalls of the classes that occur; `as_counted`, that mean
        weighted by how often the paper has each class; `recall/<class>`; `calibration_error`; `accuracy_at_80`, of the
        surest 80 %; `named`, the share that is sure enough; `right_of_named`; `n`.
    """
    counts = np.ones((1, len(classes))) if weights is None else weights
    sure = probabilities.max(axis=1, initial=0.0)
    is_right = probabilities.argmax(axis=1) == classes
    is_named = sure >= confidence
    recalls = np.stack([_share(is_right, classes == index, counts) for index in range(len(FAULT_CLASSES))])
    return {
        "accuracy": _share(is_right, np.ones_like(is_right), counts),
        "balanced_accuracy": _mean(recalls, np.ones(len(recalls))),
        "as_counted": _mean(recalls, np.array([PAPER_COUNTS[name] for name in FAULT_CLASSES])),
        **{f"recall/{name}": own for name, own in zip(FAULT_CLASSES, recalls, strict=True)},
        "calibration_error": calibration_errors(sure, is_right, counts),
        "accuracy_at_80": _right_of_surest(sure, is_right, counts),
        "named": _share(is_named, np.ones_like(is_named), counts),
        "right_of_named": _share(is_right, is_named, counts),
        "n": counts.sum(axis=1),
    }


def two_class_scores(probabilities: Floats, classes: Ints, weights: Floats | None = None) -> dict[str, Floats]:
    """How well faulty particles are told from faultless ones, each (B,), of regions that are one or the other.

    Args:
        probabilities: (N, 5), of all classes.
        classes: (N,); other classes than these two are left out.
        weights: (B, N); each region once where None.

    Returns:
        `balanced_accuracy`, `auc` (of the share of "stacking fault" in the probability of both) and `n`.
    """
    chosen = np.isin(classes, (NO_FAULT, FAULT))
    counts = np.ones((1, len(classes))) if weights is None else weights
    counts, is_faulty = counts[:, chosen], classes[chosen] == FAULT
    pair = probabilities[chosen][:, [NO_FAULT, FAULT]]
    share = pair[:, 1] / np.maximum(pair.sum(axis=1), 1e-12)
    said = share > 0.5
    found, cleared = _share(said, is_faulty, counts), _share(~said, ~is_faulty, counts)
    return {
        "balanced_accuracy": (found + cleared) / 2,
        "auc": _auc(share, is_faulty, counts),
        "n": counts.sum(axis=1),
    }


def _share(is_so: NDArray[np.bool_], of: NDArray[np.bool_], counts: Floats) -> Floats:
    """Weighted share of some that are so."""
    with np.errstate(invalid="ignore"):
        return np.asarray((counts @ (is_so & of)) / (counts @ of))


def _mean(recalls: Floats, of_class: NDArray[np.floating | np.integer]) -> Floats:
    """Weighted mean (B,) over the classes (C, B) that occur."""
    there = np.isfinite(recalls) * of_class[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((np.nan_to_num(recalls) * there).sum(axis=0) / there.sum(axis=0))


def _right_of_surest(sure: Floats, is_right: NDArray[np.bool_], counts: Floats) -> Floats:
    order = np.argsort(-sure, kind="stable")
    ordered = counts[:, order]
    wanted = np.maximum(1, np.round(COVERAGE * counts.sum(axis=1)))[:, None]
    taken = np.clip(wanted - (ordered.cumsum(axis=1) - ordered), 0, ordered)
    with np.errstate(invalid="ignore"):
        return np.asarray((taken @ is_right[order]) / taken.sum(axis=1))


def _auc(share: Floats, is_faulty: NDArray[np.bool_], counts: Floats) -> Floats:
    """How often a faulty one has more than a faultless one; an equal share counts half."""
    if not len(share):
        return np.full(len(counts), np.nan)
    order = np.argsort(share, kind="stable")
    first = np.flatnonzero(np.diff(share[order], prepend=-np.inf))  # of each run of equal shares
    ordered, faults = counts[:, order], is_faulty[order]
    faulty, faultless = (np.add.reduceat(ordered * own, first, axis=1) for own in (faults, ~faults))
    below = faultless.cumsum(axis=1) - faultless
    with np.errstate(invalid="ignore"):
        pairs = faulty.sum(axis=1) * faultless.sum(axis=1)
        return np.asarray((faulty * (below + faultless / 2)).sum(axis=1) / pairs)
