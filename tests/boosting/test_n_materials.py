"""Known numbers are found by every estimator, whatever the order; small and degenerate sets have defined results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting import estimate_n_materials
from samiam.boosting.n_materials import ESTIMATORS, MOST_MATERIALS, Estimator, likeliest_n_materials
from samiam.errors import InputError

Sample = tuple[NDArray[Any], NDArray[np.int64]]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


def counted(
    vectors: NDArray[Any],
    owners: NDArray[np.int64] | None = None,
    *,
    estimator: Estimator,
    threshold: float | None = None,
) -> int:
    """The estimate; the distance, which has no threshold of its own, at one that suits `clouds`."""
    if estimator == "distance" and threshold is None:
        threshold = 0.3
    return estimate_n_materials(vectors, owners, estimator=estimator, threshold=threshold)


def clouds(n_clouds: int, masks_each: int = 3, crops_each: int = 5, *, spread: float = 0.02) -> Sample:
    """Mask i is of cloud i % n_clouds; clouds are 1 apart, crops have `spread` as standard deviation on 16 axes."""
    rng = np.random.default_rng(3)
    owners = np.repeat(np.arange(n_clouds * masks_each), crops_each)
    centres = np.eye(n_clouds, 16) / np.sqrt(2)
    return centres[owners % n_clouds] + rng.normal(0, spread, (len(owners), 16)), owners


# --- known numbers


@pytest.mark.parametrize(
    ("estimator", "n_clouds"),
    # Of four clouds equally far apart the gap statistic sees one.
    [(name, n) for name in ESTIMATORS for n in (1, 2, 4) if (name, n) != ("gap", 4)],
)
def test_separate_clouds_are_counted(estimator: Estimator, n_clouds: int) -> None:
    assert counted(*clouds(n_clouds), estimator=estimator) == n_clouds


@every_estimator
def test_no_order_matters(estimator: Estimator) -> None:
    rng = np.random.default_rng(4)
    vectors = rng.random((40, 3)).round(1)  # equal vectors in several masks: any influence of the order would show
    owners = np.concatenate([np.arange(7), rng.integers(0, 7, 33)])
    estimates = set()
    for seed in range(4):
        shuffled = np.random.default_rng(seed)
        order, names = shuffled.permutation(40), shuffled.permutation(7)
        estimates.add(counted(vectors[order], names[owners[order]], estimator=estimator))
    assert len(estimates) == 1


@pytest.mark.parametrize("layout", [4, 5, 8])
def test_a_bad_start_of_clustering_does_no_harm(layout: int) -> None:
    """Eight clouds, some of them near each other: single starts of KMeans estimate 6, 7 or 8 of one layout."""
    rng = np.random.default_rng(layout)
    owners = np.repeat(np.arange(8), 10)
    vectors = rng.uniform(0, 1, (8, 2))[owners] + 0.01 * rng.normal(size=(80, 2))
    found = {estimate_n_materials(vectors, owners, estimator="silhouette", seed=seed) for seed in range(10)}
    assert len(found) == 1


@every_estimator
def test_there_are_never_more_materials_than_masks(estimator: Estimator) -> None:
    vectors, _ = clouds(6)
    assert counted(vectors, np.arange(len(vectors)) % 2, estimator=estimator) <= 2
    assert counted(vectors, np.zeros(len(vectors), int), estimator=estimator) == 1


@every_estimator
def test_there_are_never_more_than_eight(estimator: Estimator) -> None:
    assert 1 <= counted(*clouds(11, 1), estimator=estimator) <= MOST_MATERIALS


def test_many_crops_are_thinned_without_losing_a_mask() -> None:
    vectors, owners = clouds(3, 1, 300)
    rare = np.full((1, 16), 2.0)
    assert counted(np.vstack([vectors, rare]), np.append(owners, 9), estimator="distance") == 4
    assert counted(vectors, owners, estimator="silhouette") == 3


# --- what the threshold means


def two_masks(apart: float, within: float = 0.1) -> Sample:
    """Two masks of two crops each, `apart` from mean to mean; each pair has a standard deviation of `within`."""
    half = within / np.sqrt(2)
    return np.array([[-half], [half], [apart - half], [apart + half]]), np.array([0, 0, 1, 1])


def test_a_distance_is_that_of_the_means_of_masks() -> None:
    for apart, n in ((0.49, 1), (0.51, 2)):
        assert counted(*two_masks(apart), estimator="distance", threshold=0.5) == n
    assert counted(*two_masks(0.0), estimator="distance", threshold=0.0) == 2  # nothing is nearer than not at all
    with pytest.raises(InputError, match="give one as threshold="):
        estimate_n_materials(*two_masks(1.0), estimator="distance")


def test_a_separation_is_counted_in_spreads_whatever_the_scale() -> None:
    for scale in (1e-3, 1.0, 1e3):
        for apart, n in ((0.49, 1), (0.51, 2)):
            vectors, owners = two_masks(apart)  # 4.9 and 5.1 standard deviations
            assert counted(scale * vectors, owners, estimator="separation", threshold=5.0) == n


def test_the_least_silhouette_decides_whether_there_is_more_than_one() -> None:
    one, two = clouds(1), clouds(2)
    assert counted(*one, estimator="silhouette", threshold=-1.0) > 1
    assert counted(*two, estimator="silhouette", threshold=1.0) == 1


def test_more_standard_errors_never_give_more_materials() -> None:
    rng = np.random.default_rng(5)
    vectors, owners = rng.normal(size=(60, 2)), np.arange(60) % 12
    found = [counted(vectors, owners, estimator="gap", threshold=t) for t in (-20.0, 0.0, 1.0, 20.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] == 1


def test_a_wider_affinity_unites() -> None:
    vectors, owners = clouds(4)
    assert counted(vectors, owners, estimator="eigengap", threshold=0.3) == 4
    assert counted(vectors, owners, estimator="eigengap", threshold=5.0) == 1


# --- small and degenerate sets


@every_estimator
def test_no_crops_are_one_material(estimator: Estimator) -> None:
    assert counted(np.zeros((0, 50)), np.zeros(0, int), estimator=estimator) == 1


@every_estimator
@pytest.mark.parametrize("n_crops", [1, 2, 3, 20])
def test_identical_vectors_are_one_material(estimator: Estimator, n_crops: int) -> None:
    for owners in (np.arange(n_crops), np.arange(n_crops) // 2):
        assert counted(np.full((n_crops, 8), 0.3), owners, estimator=estimator) == 1


@pytest.mark.parametrize(
    ("estimator", "n_tones"), [(name, n) for name in ESTIMATORS for n in (2, 3) if (name, n) != ("gap", 3)]
)
def test_vectors_without_any_spread_are_counted(estimator: Estimator, n_tones: int) -> None:
    # Noise-free images: all crops of one material are equal.
    owners = np.repeat(np.arange(2 * n_tones), 5)
    assert counted(np.eye(n_tones, 4)[owners % n_tones], owners, estimator=estimator) == n_tones


@every_estimator
@pytest.mark.parametrize("n_crops", [2, 3])
def test_as_few_crops_as_masks(estimator: Estimator, n_crops: int) -> None:
    found = counted(np.eye(n_crops), np.arange(n_crops), estimator=estimator)
    assert 1 <= found <= n_crops
    if estimator in ("silhouette", "separation"):  # neither has anything to compare with
        assert found < n_crops


@every_estimator
def test_without_owners_each_crop_stands_for_itself(estimator: Estimator) -> None:
    vectors, _ = clouds(2)
    alone = counted(vectors, np.arange(len(vectors)), estimator=estimator)
    assert counted(vectors, estimator=estimator) == alone


# --- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [({"estimator": "guess"}, "estimator='guess': give one of silhouette"), ({"threshold": np.nan}, "threshold=nan")],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        estimate_n_materials(*clouds(2), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(20))
def test_distance_counts_as_scikit_learn_does(seed: int) -> None:
    from sklearn.cluster import AgglomerativeClustering

    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(rng.integers(2, 9), 3))
    wanted = AgglomerativeClustering(n_clusters=None, linkage="average", distance_threshold=1.5).fit(vectors)
    assert estimate_n_materials(vectors, estimator="distance", threshold=1.5) == wanted.n_clusters_


# --- numbers that other images of the kind have


def test_where_no_image_was_seen_distances_decide() -> None:
    for n in (1, 2, 4):
        vectors, owners = clouds(n)
        spread = 0.3 if n > 1 else 0.5  # of one cloud the merges lie well below
        assert likeliest_n_materials(vectors, owners, spread, ()) == counted(vectors, owners, estimator="distance") == n


def pair(apart: float) -> Sample:
    """Two masks of three crops each, their means so far apart."""
    return np.repeat([[0.0], [apart]], 3, axis=0), np.repeat([0, 1], 3)


@pytest.mark.parametrize(("apart", "alone"), [(0.9, 1), (1.1, 2)])
def test_many_images_with_one_number_tip_the_balance(apart: float, alone: int) -> None:
    assert likeliest_n_materials(*pair(apart), 1.0, ()) == alone
    assert likeliest_n_materials(*pair(apart), 1.0, (9,)) == 1
    assert likeliest_n_materials(*pair(apart), 1.0, (0, 9)) == 2


def test_what_is_plain_outweighs_them() -> None:
    assert likeliest_n_materials(*pair(3.0), 1.0, (9,)) == 2
    assert likeliest_n_materials(*pair(0.3), 1.0, (0, 9)) == 1


def test_more_images_weigh_more() -> None:
    apart = pair(0.75)  # log odds of -1.9, which three images outweigh: log(3.5 / 0.5)
    assert [likeliest_n_materials(*apart, 1.0, (0, n)) for n in (1, 2, 3, 30)] == [1, 1, 2, 2]


def test_there_may_be_more_materials_than_masks() -> None:
    alone = np.zeros((3, 2)), np.zeros(3, np.int64)
    assert likeliest_n_materials(*alone, 0.5, ()) == 1
    assert likeliest_n_materials(*alone, 0.5, (0, 0, 10)) == 3
    assert likeliest_n_materials(np.zeros((0, 2)), np.zeros(0, np.int64), 0.5, (0, 5)) == 2


def test_of_numbers_out_of_reach_none_counts() -> None:
    vectors, owners = clouds(2)
    seen = (0,) * MOST_MATERIALS + (50,)
    assert likeliest_n_materials(vectors, owners, 0.3, seen) == 2


def test_masks_of_one_vector_are_of_one_material() -> None:
    vectors, owners = np.ones((6, 2)), np.repeat([0, 1, 2], 2)
    assert likeliest_n_materials(vectors, owners, 0.3, (0, 0, 4)) == 1
