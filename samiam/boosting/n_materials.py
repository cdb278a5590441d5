"""How many materials an image has, from the vectors of crops and the masks that the crops are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.linalg import eigvalsh, svdvals
from scipy.sparse.csgraph import laplacian
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits

from samiam.boosting.settings import ESTIMATORS
from samiam.errors import InputError
from samiam.texture.protocol import Estimator

DEFAULT_ESTIMATOR: Estimator = "eigengap"
"""What estimates where nobody chose; right most often on the benchmark (`experiment=ablation_n_materials`)."""
THRESHOLDS: dict[Estimator, float] = {"silhouette": 0.25, "gap": 1.0, "eigengap": 0.30, "separation": 3.3}
"""The threshold of each estimator where none is given; "distance" has none, since an encoder says its own.

Calibrated on procedural scenes by `scripts/n_materials.py`.
"""
MOST_MATERIALS = 8
"""No estimate is larger."""

_MOST_CROPS = 600
_ODDS_PER_E_FOLD = 6.6
"""By how much the log odds that two groups of masks are of two materials grow with the logarithm of their distance.

This and the next are those of 270 random lattices:
`python scripts/n_materials.py --varied --scenes 270 --generator compact --encoder compact --odds`.
"""
_ODDS_OF_UNSEEN = -0.79
"""The log odds that there is another material than the masks are of."""
_PSEUDO_COUNT = 0.5
"""What each number counts before any image was seen, Jeffreys' prior of shares."""
_N_REFERENCES = 10

# For each mask its crops' vectors (c, D), c ≥ 1.
_Sampled: TypeAlias = Sequence[NDArray[np.float64]]


def estimate_n_materials(
    vectors: NDArray[np.floating[Any]],
    owners: NDArray[np.int64] | None = None,
    *,
    estimator: Estimator = DEFAULT_ESTIMATOR,
    threshold: float | None = None,
    seed: int = 0,
) -> int:
    """Estimate how many materials crops are of.

    - "silhouette": the number of KMeans clusters of the crops with the highest mean silhouette (Rousseeuw 1987); one
      where none reaches the threshold, -1 to 1.
    - "gap": the fewest KMeans clusters whose gap statistic is at most `threshold` standard errors below that of one
      cluster more (Tibshirani et al. 2001); the references are uniform in the box of the principal components. Of
      several clusters equally far apart it tends to see one.
    - "eigengap": the place of the largest gap among the smallest eigenvalues of the normalised graph Laplacian of the
      crops (von Luxburg 2007), for a Gaussian affinity whose width is `threshold` times their median distance.
    - "distance": average linkage of the masks' mean vectors, cut at the distance `threshold`, which belongs to the
      encoder that it was calibrated for (`Encoder.distance`) and has to be given.
    - "separation": the same, cut at `threshold` times the standard deviation of the crops within the masks, pooled
      over the masks. Where no mask has two crops there is none, and the answer is 1.

    No order of crops or masks has an influence. As all crops of a mask go to one material, there are never more
    materials than masks, nor than distinct vectors, nor than `MOST_MATERIALS`.

    Args:
        vectors: (C, D), one for each crop; of more than 600 crops those of each mask are thinned evenly.
        owners: int64 (C,), the mask that each crop is of; None where each is of its own.
        estimator: one of `ESTIMATORS`.
        threshold: see above; that of `THRESHOLDS` where None.
        seed: of KMeans and of the reference draws, 0 to 2³² - 1.

    Returns:
        1 to 8; 1 where there are no crops.

    Raises:
        InputError: if the estimator is unknown, or the threshold is not finite or not given for "distance".
    """
    check_estimator(estimator, threshold)
    if threshold is None and estimator not in THRESHOLDS:
        raise InputError(f"estimator={estimator!r} has no threshold that suits every encoder; give one as threshold=.")
    sampled = _thinned(vectors_of_masks(np.asarray(vectors, np.float64), owners))
    most = min(MOST_MATERIALS, len(sampled), len(np.unique(np.concatenate(sampled), axis=0)) if sampled else 0)
    if most < 2:
        return 1
    # So few vectors are clustered faster by one thread, and to the same bytes whatever the number of cores.
    with threadpool_limits(1):
        found = _BY_NAME[estimator](sampled, most, THRESHOLDS[estimator] if threshold is None else threshold, seed)
    return min(found, most)


def likeliest_n_materials(
    vectors: NDArray[np.floating[Any]],
    owners: NDArray[np.int64] | None,
    distance: float,
    numbers_seen: Sequence[int],
) -> int:
    """The number of materials that is likeliest by what masks say and by how many other images of the kind have.

    Every merge of average linkage speaks for two materials rather than one by its distance, as log odds that were
    calibrated on random lattices; further materials than masks are of are possible, if rather not there. The share of
    images that have each number is known from those seen, by Dirichlet's distribution under Jeffreys' prior.

    Args:
        vectors: (C, D), one for each crop or point.
        owners: int64 (C,), the mask that each is of; None where each is of its own.
        distance: where even odds lie, that of the estimator "distance"; above 0.
        numbers_seen: how many images have 1, 2, … materials; none of more than 8 count.

    Returns:
        1 to 8, of several that are as likely the smallest.
    """
    sampled = _thinned(vectors_of_masks(np.asarray(vectors, np.float64), owners))
    seen = np.zeros(MOST_MATERIALS)
    seen[: len(numbers_seen)] = numbers_seen[:MOST_MATERIALS]
    shares = (seen + _PSEUDO_COUNT) / (seen + _PSEUDO_COUNT).sum()
    splits = np.full(MOST_MATERIALS - 1, _ODDS_OF_UNSEEN)
    merges = merges_of(sampled)[: len(splits)]
    splits[: len(merges)] = _ODDS_PER_E_FOLD * np.log(np.maximum(merges, 1e-6) / distance)
    return int(np.argmax(np.log(shares) + np.concatenate([[0], splits.cumsum()]))) + 1


def check_estimator(estimator: str, threshold: float | None) -> None:
    """Refuse what `estimate_n_materials` cannot work with.

    Raises:
        InputError: if the estimator is unknown or the threshold is not finite.
    """
    if estimator not in ESTIMATORS:
        raise InputError(f"estimator={estimator!r}: give one of {', '.join(ESTIMATORS)}.")
    if threshold is not None and not np.isfinite(threshold):
        raise InputError(f"threshold={threshold}: give a finite number, or None for the calibrated one.")


def vectors_of_masks(vectors: NDArray[np.float64], owners: NDArray[np.int64] | None) -> _Sampled:
    """The vectors of each mask, masks and vectors in an order that depends on nothing but the vectors."""
    owners = np.arange(len(vectors)) if owners is None else owners
    order = np.lexsort(vectors.T[::-1])
    vectors, owners = vectors[order], owners[order]
    return sorted((vectors[owners == mask] for mask in np.unique(owners)), key=lambda crops: crops.tobytes())


def _thinned(sampled: _Sampled) -> _Sampled:
    """At most 600 crops or one of each mask."""
    step = -(-sum(map(len, sampled)) // _MOST_CROPS)
    return [crops[::step] for crops in sampled] if step > 1 else sampled


def _by_silhouette(sampled: _Sampled, most: int, threshold: float, seed: int) -> int:
    from sklearn.cluster import KMeans  # a second of import, which other estimators do without
    from sklearn.metrics import silhouette_score

    crops = np.concatenate(sampled)
    distances = squareform(pdist(crops))
    best, best_score = 1, threshold
    for k in range(2, min(most, len(crops) - 1) + 1):
        labels = KMeans(k, n_init=4, random_state=seed).fit_predict(crops)
        score = float(silhouette_score(distances, labels, metric="precomputed"))
        if score > best_score:
            best, best_score = k, score
    return best


def _by_gap(sampled: _Sampled, most: int, threshold: float, seed: int) -> int:
    crops = np.concatenate(sampled)
    # Distances stay as they are when the axes turn to the principal ones, where the box is aligned.
    centred = crops - crops.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    low, high = (centred @ axes.T).min(axis=0), (centred @ axes.T).max(axis=0)
    rng = np.random.default_rng(seed)
    references = [
        _log_scatter(rng.uniform(low, high, (len(crops), len(low))), most, seed) for _ in range(_N_REFERENCES)
    ]
    gaps = np.mean(references, axis=0) - _log_scatter(crops, most, seed)
    errors = np.std(references, axis=0) * np.sqrt(1 + 1 / _N_REFERENCES)
    enough = gaps[:-1] >= gaps[1:] - threshold * errors[1:]
    return int(np.argmax(enough)) + 1 if enough.any() else most


def _log_scatter(vectors: NDArray[np.float64], most: int, seed: int) -> NDArray[np.float64]:
    """The logarithm of W_k for 1 … `most` clusters, where W_k is the sum of squared distances to the nearest centre."""
    from sklearn.cluster import KMeans  # as above

    fits = (KMeans(k, n_init=2, random_state=seed).fit(vectors) for k in range(1, most + 1))
    scatter = np.array([fit.inertia_ for fit in fits])
    return np.asarray(np.log(np.maximum(scatter, 1e-12 * scatter[0])))


def _by_eigengap(sampled: _Sampled, most: int, threshold: float, seed: int) -> int:  # noqa: ARG001 - one interface
    crops = np.concatenate(sampled)
    distances = pdist(crops)
    width = max(threshold, 1e-6) * (float(np.median(distances)) or float(distances.max()))
    affinity = np.exp(-(squareform(distances) ** 2) / (2 * width**2))
    last = min(most, len(crops) - 1)
    smallest = eigvalsh(laplacian(affinity, normed=True), subset_by_index=(0, last))
    return int(np.argmax(np.diff(smallest))) + 1


def _by_distance(sampled: _Sampled, most: int, threshold: float, seed: int) -> int:  # noqa: ARG001 - one interface
    if threshold <= 0:
        return most
    return int(np.count_nonzero(merges_of(sampled) >= threshold)) + 1


def merges_of(sampled: _Sampled) -> NDArray[np.float64]:
    """The distances of the merges of average linkage of N masks' mean vectors, (N - 1,), the farthest first."""
    if len(sampled) < 2:
        return np.zeros(0)
    means = np.array([crops.mean(axis=0) for crops in sampled])
    return np.asarray(linkage(pdist(means), "average")[::-1, 2])


def _by_separation(sampled: _Sampled, most: int, threshold: float, seed: int) -> int:
    spare = sum(len(crops) - 1 for crops in sampled)
    if not spare:
        return 1
    scatter = sum(float(((crops - crops.mean(axis=0)) ** 2).sum()) for crops in sampled)
    # Noise-free crops of one mask are equal; of two masks they then are either equal or of two materials.
    within = max(np.sqrt(scatter / spare), 1e-9 * float(svdvals(np.concatenate(sampled))[0]))
    return _by_distance(sampled, most, threshold * within, seed)


_BY_NAME: dict[Estimator, Callable[[_Sampled, int, float, int], int]] = {
    "silhouette": _by_silhouette,
    "gap": _by_gap,
    "eigengap": _by_eigengap,
    "distance": _by_distance,
    "separation": _by_separation,
}
