"""How far apart masks of one material lie by the vectors of new weights, fitted on scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.optimize import minimize

from samiam.boosting.removal import remove_masks
from samiam.compact.encoder import CompactEncoder
from samiam.compact.generator import CompactGenerator
from samiam.compact.model import CompactModel
from samiam.compact.settings import CompactOptions
from samiam.records import Masks, Scene

_NEAREST, _FARTHEST = 0.05, 1.4
"""What a distance can be: unit vectors at a right angle are 1.41 apart."""
_PENALTY = 1e-4


@dataclass(frozen=True)
class Merge:
    """Two groups of masks that average linkage unites, beside the truth.

    Attributes:
        distance: mean over the pairs of a mask of the one group and one of the other.
        is_of_two: whether most of the two groups is of two different materials.
    """

    distance: float
    is_of_two: bool


def merges_of_scene(model: CompactModel, scene: Scene) -> list[Merge]:
    """The merges of the masks that the geometric rules leave in a scene, as "distance" counts materials by them."""
    masks = CompactGenerator(model, CompactOptions()).generate(scene.micrograph)
    kept, _ = remove_masks(masks)
    masks = masks.select(kept)
    vectors, owners = CompactEncoder(model).encode_masks(scene.micrograph, masks)
    present = np.unique(owners)
    means = np.array([vectors[owners == mask].mean(axis=0) for mask in present])
    covered = _covered(masks.select(present), scene.labels)
    return judged_merges(means, covered) if len(present) > 1 else []


def judged_merges(means: NDArray[np.floating], covered: NDArray[np.integer]) -> list[Merge]:
    """The merges of masks by average linkage, the nearest first.

    Args:
        means: (N, D), mean vectors of the masks, two at least.
        covered: (N, M), pixels of each material of the truth in each mask.
    """
    groups = list(covered)
    found = []
    for one, other, distance, _ in linkage(means, "average"):
        first, second = groups[int(one)], groups[int(other)]
        found.append(Merge(float(distance), bool(first.argmax() != second.argmax())))
        groups.append(first + second)
    return found


def _covered(masks: Masks, labels: NDArray[np.integer]) -> NDArray[np.int64]:
    n_labels = int(labels.max(initial=1)) + 1
    return np.array([np.bincount(labels[mask], minlength=n_labels)[1:] for mask in masks]).reshape(-1, n_labels - 1)


def fit_distance(merges: Sequence[Merge]) -> float:
    """The distance from which two groups are rather of two materials, by logistic regression, to three decimals."""
    evidence = np.array([[1.0, merge.distance] for merge in merges]).reshape(-1, 2)
    is_of_two = np.array([merge.is_of_two for merge in merges], np.float64)

    def loss(weights: NDArray[np.float64]) -> float:
        log_odds = evidence @ weights
        entropy = np.logaddexp(0, log_odds) - is_of_two * log_odds
        return float(entropy.sum() / max(len(merges), 1) + _PENALTY * (weights**2).sum())

    offset, slope = minimize(loss, np.zeros(2)).x
    return round(float(np.clip(-offset / max(slope, 1e-6), _NEAREST, _FARTHEST)), 3)
