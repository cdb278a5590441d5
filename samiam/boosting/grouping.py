"""Which masks are of one material: clustering of their crops' vectors (paper §2.3.2, Algorithm 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import cdist, pdist
from threadpoolctl import threadpool_limits

from samiam.boosting.n_materials import DEFAULT_ESTIMATOR, estimate_n_materials, vectors_of_masks
from samiam.boosting.settings import GroupingRules
from samiam.errors import InputError
from samiam.records import Rule
from samiam.texture import ContextEncoder, Encoder, FieldEncoder


def suited_to(rules: GroupingRules, encoder: Encoder) -> GroupingRules:
    """Rules with what suits an encoder where none was chosen: estimator and threshold, which it says, and clustering.

    Numbers of materials that it has seen go with the estimator "distance" only.
    Means of masks tell most where an encoder sees the whole micrograph: it then has vectors all over each mask.
    """
    estimator = rules.estimator or encoder.estimator or DEFAULT_ESTIMATOR
    threshold = encoder.distance if estimator == "distance" and rules.threshold is None else rules.threshold
    seen = encoder.numbers_seen if estimator == "distance" and isinstance(encoder, FieldEncoder) else ()
    numbers_seen = seen if rules.numbers_seen is None else rules.numbers_seen
    clustering = rules.clustering or ("linkage" if isinstance(encoder, ContextEncoder) else "kmeans")
    return replace(rules, estimator=estimator, threshold=threshold, numbers_seen=numbers_seen, clustering=clustering)


@dataclass(frozen=True, eq=False)
class Grouping:
    """The material of each mask.

    Attributes:
        materials: int64 (N,), 0, 1, …, or -1 for a mask that is dropped.
        rules: N names, "majority_vote" or "without_crops".
        votes: float64 (N,), share of the mask's crops that voted for its material; 0 without crops.
        runner_up: float64 (N,), share of the next material.
        n_materials: number of clusters asked for or estimated.
        given: whether the number was given.
        name_confidence: how probable it is that a material has its name rightly, for each that a classifier named.
    """

    materials: NDArray[np.int64]
    rules: list[Rule]
    votes: NDArray[np.float64]
    runner_up: NDArray[np.float64]
    n_materials: int
    given: bool
    name_confidence: Mapping[int, float] = field(default_factory=dict)


def group_masks(
    vectors: NDArray[np.float32],
    owners: NDArray[np.int64],
    n_masks: int,
    n_materials: int | None = None,
    rules: GroupingRules = GroupingRules(),
    *,
    is_large: NDArray[np.bool_] | None = None,
) -> Grouping:
    """Cluster all crops and let each mask's crops vote for its material.

    The clusters are those of KMeans, or those that average linkage of the masks' mean vectors begins with.

    The crops are sorted by their vectors first, so that the order of the masks has no influence. A tie in the vote
    goes to the tied material whose centre is nearest to the mean of the mask's vectors.

    Small crops mostly come from thin strips along an interface and show a bit of both materials. They vote, but the
    number of materials and the clusters are found without them, unless too few masks have others.

    Args:
        vectors: float32 (C, D), one vector per crop.
        owners: int64 (C,), index of each crop's mask, 0 … n_masks - 1.
        n_masks: N.
        n_materials: number of clusters; None to estimate it with `estimate_n_materials`. Where there are fewer
            distinct vectors than that, or masks to be linked, there are as many clusters as those.
        rules: what to do without crops, how to estimate and how to cluster; KMeans where that is not chosen.
        is_large: bool (C,), see `Crops`; all are where None.

    Raises:
        InputError: if `n_materials` is smaller than 1, or vectors, owners and is_large differ in number.

    Example:
        >>> vectors = np.array([[0.0], [0.1], [1.0]], np.float32)
        >>> group_masks(vectors, np.array([0, 1, 2]), 3, n_materials=2).materials.tolist()
        [0, 0, 1]
    """
    is_large = np.ones(len(owners), np.bool_) if is_large is None else is_large
    _check(vectors, owners, is_large, n_materials)
    order = np.lexsort(vectors.T[::-1])
    vectors_sorted, owners, is_large = vectors[order].astype(np.float64), owners[order], is_large[order]
    wanted = n_materials or count_materials(vectors_sorted, owners, is_large, rules)
    telling = _from_enough_masks(owners, is_large, wanted)
    if rules.clustering == "linkage":
        centres = _linked(vectors_sorted[telling], owners[telling], wanted)
    else:
        centres = _centred(vectors_sorted[telling], wanted, rules.seed)
    clusters = cdist(vectors_sorted, centres).argmin(axis=1) if len(centres) else np.zeros(0, np.int64)
    counts = np.zeros((n_masks, len(centres) + 1), np.int64)
    np.add.at(counts, (owners, clusters), 1)
    sampled: NDArray[np.bool_] = counts.sum(axis=1) > 0
    materials = np.full(n_masks, -1, np.int64)
    for mask in np.flatnonzero(sampled):
        materials[mask] = _winner(counts[mask], centres, vectors_sorted[owners == mask].mean(axis=0))
    if rules.without_crops == "own":
        materials[~sampled] = len(centres) + np.arange(np.count_nonzero(~sampled))
    shares = np.sort(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), axis=1)[:, ::-1][:, :2]
    shares = np.pad(shares, ((0, 0), (0, 2 - shares.shape[1])))
    names: list[Rule] = ["majority_vote" if has_crops else "without_crops" for has_crops in sampled]
    return Grouping(materials, names, shares[:, 0], shares[:, 1], wanted, n_materials is not None)


def check_number(n_materials: int | None) -> None:
    """Refuse what is no number of materials.

    Raises:
        InputError: if it is none.
    """
    if n_materials is None:
        return
    if isinstance(n_materials, bool) or not isinstance(n_materials, int | np.integer):
        raise InputError(f"n_materials={n_materials!r}: give a whole number, or None to estimate it.")
    if n_materials < 1:
        raise InputError(f"n_materials={n_materials}: an image has at least one material.")


def _check(
    vectors: NDArray[np.float32], owners: NDArray[np.int64], is_large: NDArray[np.bool_], n_materials: int | None
) -> None:
    check_number(n_materials)
    if len(vectors) != len(owners):
        raise InputError(f"{len(vectors)} vectors for {len(owners)} crops: give one vector per crop.")
    if len(is_large) != len(owners):
        raise InputError(f"is_large of {len(is_large)} for {len(owners)} crops: say it of each.")


def count_materials(
    vectors: NDArray[np.floating[Any]], owners: NDArray[np.int64], is_large: NDArray[np.bool_], rules: GroupingRules
) -> int:
    """The number of materials that `group_masks` uses where none is given; its arguments are the same."""
    telling = _from_enough_masks(owners, is_large, 1)
    return estimate_n_materials(
        vectors[telling],
        owners[telling],
        estimator=rules.estimator or DEFAULT_ESTIMATOR,
        threshold=rules.threshold,
        seed=rules.seed,
    )


def _from_enough_masks(owners: NDArray[np.int64], is_large: NDArray[np.bool_], wanted: int) -> NDArray[np.bool_]:
    """The large crops where they are of as many masks as materials are wanted, else all crops."""
    return is_large if len(np.unique(owners[is_large])) >= wanted else np.ones_like(is_large)


def _centred(vectors: NDArray[np.float64], wanted: int, seed: int) -> NDArray[np.float64]:
    """The centres (k, D) of KMeans; none where there are no vectors."""
    k = min(wanted, len(np.unique(vectors, axis=0)))
    if k == 0:
        return vectors
    from sklearn.cluster import KMeans  # a second of import, which linkage does without

    # So few vectors are clustered faster by one thread, and to the same bytes whatever the number of cores.
    with threadpool_limits(1):
        return np.asarray(KMeans(k, n_init=10, random_state=seed).fit(vectors).cluster_centers_)


def _linked(vectors: NDArray[np.float64], owners: NDArray[np.int64], wanted: int) -> NDArray[np.float64]:
    """The mean vector (k, D) of each group of masks whose own means average linkage unites."""
    masks = vectors_of_masks(vectors, owners)
    means = np.array([crops.mean(axis=0) for crops in masks]).reshape(-1, vectors.shape[1])
    if len(masks) < 2:
        return means
    k = min(wanted, len(np.unique(means, axis=0)))
    groups = cut_tree(linkage(pdist(means), "average"), k)[:, 0]
    members = [np.flatnonzero(groups == group).tolist() for group in range(k)]
    return np.array([np.concatenate([masks[mask] for mask in group]).mean(axis=0) for group in members])


def _winner(counts: NDArray[np.int64], centres: NDArray[np.float64], mean: NDArray[np.float64]) -> int:
    tied = np.flatnonzero(counts == counts.max())
    return int(tied[np.argmin(np.linalg.norm(centres[tied] - mean, axis=1))])
