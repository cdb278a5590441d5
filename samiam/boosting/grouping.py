"""Which masks are of one material: clustering of their crops' vectors (paper §2.3.2, Algorithm 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from samiam.errors import InputError

_MOST_MATERIALS = 8
_CROPS_FOR_ESTIMATE = 600


@dataclass(frozen=True)
class GroupingRules:
    """How vectors become materials.

    Attributes:
        without_crops: what becomes of a mask in which no crop fits: "drop" leaves it unsegmented, "own" makes it a
            material of its own (as the released code does).
        least_silhouette: where the number of materials is estimated, the mean silhouette (-1 to 1) that a clustering
            must reach to count as more than one material.
        seed: seed of KMeans.
    """

    without_crops: Literal["drop", "own"] = "drop"
    least_silhouette: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if self.without_crops not in ("drop", "own"):
            raise InputError(f"without_crops={self.without_crops!r}: masks without crops are 'drop'ped or their 'own'.")
        if not -1 <= self.least_silhouette <= 1:
            raise InputError(f"least_silhouette={self.least_silhouette}: a silhouette lies between -1 and 1.")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"seed={self.seed}: give a seed from 0 to 2³² - 1.")


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
    """

    materials: NDArray[np.int64]
    rules: list[str]
    votes: NDArray[np.float64]
    runner_up: NDArray[np.float64]
    n_materials: int
    given: bool


def group_masks(
    vectors: NDArray[np.float32],
    owners: NDArray[np.int64],
    n_masks: int,
    n_materials: int | None = None,
    rules: GroupingRules = GroupingRules(),
) -> Grouping:
    """Cluster all crops with KMeans and let each mask's crops vote for its material.

    The crops are sorted by their vectors first, so that the order of the masks has no influence. A tie in the vote
    goes to the tied material whose centre is nearest to the mean of the mask's vectors.

    Args:
        vectors: float32 (C, D), one vector per crop.
        owners: int64 (C,), index of each crop's mask, 0 … n_masks - 1.
        n_masks: N.
        n_materials: number of clusters; None to estimate it with `estimate_n_materials`. Where there are fewer
            distinct vectors than that, there are as many clusters as distinct vectors.
        rules: what to do without crops, and how to estimate.

    Raises:
        InputError: if `n_materials` is smaller than 1, or owners and vectors differ in number.
    """
    if n_materials is not None and n_materials < 1:
        raise InputError(f"n_materials={n_materials}: an image has at least one material.")
    if len(vectors) != len(owners):
        raise InputError(f"{len(vectors)} vectors for {len(owners)} crops: give one vector per crop.")
    order = np.lexsort(vectors.T[::-1])
    vectors_sorted, owners = vectors[order].astype(np.float64), owners[order]
    wanted = n_materials or estimate_n_materials(vectors_sorted, rules)
    clusters, centres = _cluster(vectors_sorted, min(wanted, _n_distinct(vectors_sorted)), rules.seed)
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
    names = ["majority_vote" if has_crops else "without_crops" for has_crops in sampled]
    return Grouping(materials, names, shares[:, 0], shares[:, 1], wanted, n_materials is not None)


def _n_distinct(vectors: NDArray[np.float64]) -> int:
    return len(np.unique(vectors, axis=0))


def _cluster(vectors: NDArray[np.float64], k: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cluster of each vector and the k centres; k is at most the number of distinct vectors, 0 where there are none."""
    if k == 0:
        return np.zeros(0, np.int64), vectors
    # So few vectors are clustered faster by one thread, and to the same bytes whatever the number of cores.
    with threadpool_limits(1):
        fitted = KMeans(k, n_init=10, random_state=seed).fit(vectors)
    return fitted.labels_.astype(np.int64), fitted.cluster_centers_


def _winner(counts: NDArray[np.int64], centres: NDArray[np.float64], mean: NDArray[np.float64]) -> int:
    tied = np.flatnonzero(counts == counts.max())
    return int(tied[np.argmin(np.linalg.norm(centres[tied] - mean, axis=1))])


def estimate_n_materials(vectors: NDArray[np.float64], rules: GroupingRules = GroupingRules()) -> int:
    """The number of clusters, 2 to 8, with the highest mean silhouette; 1 if none reaches `least_silhouette`.

    Args:
        vectors: float64 (C, D); where there are more than 600, a seeded subset is looked at.
        rules: threshold and seed.
    """
    if len(vectors) > _CROPS_FOR_ESTIMATE:
        rng = np.random.default_rng(rules.seed)
        vectors = vectors[np.sort(rng.choice(len(vectors), _CROPS_FOR_ESTIMATE, replace=False))]
    most = min(_MOST_MATERIALS, _n_distinct(vectors), len(vectors) - 1)
    best, best_score = 1, rules.least_silhouette
    for k in range(2, most + 1):
        score = float(silhouette_score(vectors, _cluster(vectors, k, rules.seed)[0]))
        if score > best_score:
            best, best_score = k, score
    return best
