"""How far a region can be trusted, from what an encoder sees in it and around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.texture.field import Sameness, TextureField

EVIDENCE_OF_REGION = (
    "constant",
    "margin",
    "narrow_margin",
    "tightness",
    "log_odds_apart",
    "log_odds_within",
    "boundary_on_outline",
    "boundary_inside",
    "log_share_of_image",
    "is_alone",
)
"""The names of `evidence_of_regions`, in its order."""
_MOST_LOG_ODDS = 8.0


def confidences(
    labels: NDArray[np.integer[Any]], field: TextureField, coefficients: Mapping[str, float], is_two: float = 0.0
) -> list[float | None]:
    """The IoU that each region is predicted to have with what it should be, [0, 1], by logistic regression.

    Args:
        labels: (H, W), 0 where not segmented, regions 1, 2, ….
        field: what an encoder sees in the image.
        coefficients: of each name of `EVIDENCE_OF_REGION`.
        is_two: how probable it is that a region that is alone is two, of which it then is half.

    Returns:
        One for each region; None for one so small that it covers no point of the field.
    """
    weights = np.array([coefficients[name] for name in EVIDENCE_OF_REGION])
    log_odds = evidence_of_regions(labels, field) @ weights
    whole = 1 - is_two / 2 if len(log_odds) == 1 else 1.0
    return [None if np.isnan(value) else float(whole / (1 + np.exp(-value))) for value in log_odds]


def evidence_of_regions(labels: NDArray[np.integer[Any]], field: TextureField) -> NDArray[np.float64]:
    """What the confidence in each region is predicted from, float64 (M, 10), NaN for those that cover no point.

    A region is told by the vectors that tell it best from the others: those of grains where materials say nothing.

    Args:
        labels: (H, W), 0 where not segmented, regions 1 … M.
        field: what an encoder sees in the image.
    """
    at_points = labels[field.places]
    n = int(labels.max(initial=0))
    present = [label for label in range(1, n + 1) if (at_points == label).any()]
    evidence, outlines = np.full((n, len(EVIDENCE_OF_REGION)), np.nan), _outlines(at_points)
    if not present:
        return evidence
    of_vectors = [
        _of_vectors(vectors, at_points, present, sameness)
        for vectors, sameness in ((field.materials, field.same_material), (field.grains, field.same_grain))
    ]
    boundaries = field.boundaries.max(axis=0)
    for place, label in enumerate(present):
        inside = at_points == label
        evidence[label - 1] = [
            1.0,
            *max((rows[place] for rows in of_vectors), key=lambda row: row[_APART]),
            _mean(boundaries[inside & outlines]),
            _mean(boundaries[inside & ~outlines]),
            np.log(inside.mean()),
            float(len(present) == 1),
        ]
    return evidence


_APART = 3  # of the numbers that follow


def _of_vectors(
    vectors: NDArray[np.float32], at_points: NDArray[np.integer[Any]], present: list[int], sameness: Sameness
) -> list[list[float]]:
    """Of each region the mean and the tenth percentile of its margin, its tightness, and two log odds."""
    means = np.array([vectors[at_points == label].mean(axis=0) for label in present])
    units = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    rows = []
    for place, label in enumerate(present):
        nearness = vectors[at_points == label] @ units.T
        own, others = nearness[:, place], np.delete(nearness, place, axis=1)
        margin = own - others.max(axis=1, initial=-1)
        cosine = float(np.delete(means @ means[place], place).max(initial=-1))
        apart = float(np.clip(-sameness.log_odds(cosine), -_MOST_LOG_ODDS, _MOST_LOG_ODDS))
        within = float(np.clip(sameness.log_odds(float(means[place] @ means[place])), -_MOST_LOG_ODDS, _MOST_LOG_ODDS))
        rows.append([float(margin.mean()), float(np.quantile(margin, 0.1)), float(own.mean()), apart, within])
    return rows


def _outlines(at_points: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Points with another region beside them."""
    return np.asarray(ndimage.maximum_filter(at_points, 3) != ndimage.minimum_filter(at_points, 3))


def _mean(values: NDArray[np.float32]) -> float:
    """The mean; a boundary that has no point, or the inside of what is all outline, is as good as sure."""
    return float(values.mean()) if len(values) else 1.0
