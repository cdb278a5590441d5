"""Known partitions are found, votes are counted as by hand, and no order matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting import Grouping, GroupingRules, group_masks
from samiam.boosting.grouping import suited_to
from samiam.boosting.n_materials import DEFAULT_ESTIMATOR
from samiam.boosting.settings import ESTIMATORS
from samiam.compact.weights import shipped_calibration
from samiam.errors import InputError
from samiam.registry import build_encoder

Partition = set[frozenset[int]]
OWN = GroupingRules(without_crops="own")
LINKED = GroupingRules(estimator="distance", threshold=0.5, clustering="linkage")


def clouds(n_clouds: int, masks_each: int = 3, crops_each: int = 5) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Vectors and owners: mask i is of cloud i % n_clouds; clouds are 1 apart and have a spread of 0.05 in 16-D."""
    rng = np.random.default_rng(3)
    owners = np.repeat(np.arange(n_clouds * masks_each), crops_each)
    centres = np.eye(n_clouds, 16) / np.sqrt(2)
    vectors = centres[owners % n_clouds] + rng.normal(0, 0.05 / 4, (len(owners), 16))
    return vectors.astype(np.float32), owners


def unclear(n_masks: int = 7, n_crops: int = 40) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Noise with equal vectors in it: any influence of the order would show."""
    rng = np.random.default_rng(4)
    vectors = rng.random((n_crops, 3)).astype(np.float32).round(1)
    return vectors, np.concatenate([np.arange(n_masks), rng.integers(0, n_masks, n_crops - n_masks)])


def column(*values: float) -> NDArray[Any]:
    return np.array(values, np.float32)[:, None]


def partition(materials: NDArray[np.int64]) -> Partition:
    return {frozenset(np.flatnonzero(materials == material).tolist()) for material in np.unique(materials)}


def assert_equal(first: Grouping, second: Grouping) -> None:
    for name in ("materials", "votes", "runner_up"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    for name in ("rules", "n_materials", "given"):
        assert getattr(first, name) == getattr(second, name)


# --- known partitions


@pytest.mark.parametrize("n_clouds", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("given", [True, False])
def test_separate_clouds_are_found(n_clouds: int, given: bool) -> None:
    vectors, owners = clouds(n_clouds)
    n_masks = 3 * n_clouds
    found = group_masks(vectors, owners, n_masks, n_clouds if given else None)
    assert partition(found.materials) == partition(np.arange(n_masks) % n_clouds)
    assert sorted(set(found.materials.tolist())) == list(range(n_clouds))
    assert (found.n_materials, found.given) == (n_clouds, given)
    assert set(found.rules) == {"majority_vote"}
    assert (found.votes.tolist(), found.runner_up.tolist()) == ([1.0] * n_masks, [0.0] * n_masks)
    assert not np.signbit(found.runner_up).any()


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_start_of_clustering_does_no_harm(seed: int) -> None:
    """Twelve clouds, some of them near each other: of single starts of KMeans every second one unites two."""
    rng = np.random.default_rng(2)
    owners = np.repeat(np.arange(12), 15)
    vectors = rng.uniform(0, 1, (12, 2))[owners] + 0.02 * rng.normal(size=(180, 2))
    found = group_masks(vectors, owners, 12, 12, GroupingRules(seed=seed))
    assert len(partition(found.materials)) == 12


def test_the_number_that_is_given_is_used() -> None:
    vectors, owners = clouds(4)
    assert len(partition(group_masks(vectors, owners, 12, 2).materials)) == 2
    assert len(partition(group_masks(vectors, owners, 12, 1).materials)) == 1


def test_the_rules_say_how_to_estimate() -> None:
    vectors, owners = clouds(3)
    coarse = GroupingRules(estimator="distance", threshold=2.0)
    assert group_masks(vectors, owners, 9, rules=coarse).n_materials == 1
    for estimator in ESTIMATORS:
        rules = suited_to(GroupingRules(estimator=estimator), build_encoder("fenet"))
        assert group_masks(vectors, owners, 9, rules=rules).n_materials == 3
    assert group_masks(vectors, owners, 9, 2, coarse).n_materials == 2


def test_a_distance_takes_the_threshold_of_its_encoder_where_nobody_chose() -> None:
    for encoder, distance in {"spectrum": 0.24, "fenet": 0.27, "compact": shipped_calibration().distance}.items():
        suited = suited_to(GroupingRules(estimator="distance", seed=3), build_encoder(encoder))
        assert (suited.estimator, suited.threshold, suited.seed) == ("distance", distance, 3)
    for chosen in (
        GroupingRules(estimator="eigengap"),
        GroupingRules(estimator="gap"),
        GroupingRules(estimator="distance", threshold=0.7),
    ):
        assert suited_to(chosen, build_encoder("fenet")) == replace(chosen, numbers_seen=(), clustering="kmeans")
    with pytest.raises(InputError, match="no threshold that suits every encoder"):
        group_masks(*clouds(3), 9, rules=suited_to(GroupingRules(estimator="distance"), build_encoder("resnet18")))


def test_an_encoder_has_its_estimator_where_nobody_chose() -> None:
    by_eigengap = GroupingRules(estimator=DEFAULT_ESTIMATOR, numbers_seen=(), clustering="kmeans")
    assert suited_to(GroupingRules(), build_encoder("fenet")) == by_eigengap
    distance = shipped_calibration().distance
    by_distance = GroupingRules(estimator="distance", threshold=distance, numbers_seen=(), clustering="linkage")
    assert suited_to(GroupingRules(), build_encoder("compact")) == by_distance
    assert suited_to(GroupingRules(clustering="kmeans"), build_encoder("compact")).clustering == "kmeans"


# --- masks that are linked


@pytest.mark.parametrize("n_clouds", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("given", [True, False])
def test_separate_clouds_are_linked(n_clouds: int, given: bool) -> None:
    vectors, owners = clouds(n_clouds)
    n_masks = 3 * n_clouds
    found = group_masks(vectors, owners, n_masks, n_clouds if given else None, LINKED)
    assert partition(found.materials) == partition(np.arange(n_masks) % n_clouds)
    assert (found.votes.tolist(), found.runner_up.tolist()) == ([1.0] * n_masks, [0.0] * n_masks)


def test_a_large_mask_does_not_outweigh_small_ones() -> None:
    # One mask of 400 points in two shades, two small ones of two materials: KMeans halves the large one.
    vectors = column(*[0.0] * 200, *[0.3] * 200, *[1.0] * 5, *[1.3] * 5)
    owners = np.repeat([0, 1, 2], [400, 5, 5])
    assert partition(group_masks(vectors, owners, 3, 3).materials) != {frozenset([i]) for i in range(3)}
    assert partition(group_masks(vectors, owners, 3, 3, LINKED).materials) == {frozenset([i]) for i in range(3)}


def test_no_more_groups_are_linked_than_there_are_masks() -> None:
    vectors, owners = clouds(2, masks_each=1)
    assert partition(group_masks(vectors, owners, 2, 5, LINKED).materials) == {frozenset([0]), frozenset([1])}
    alike = group_masks(np.ones((6, 2), np.float32), np.repeat([0, 1, 2], 2), 3, 2, LINKED)
    assert alike.materials.tolist() == [0, 0, 0]
    assert group_masks(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), 2, 2, LINKED).materials.tolist() == [-1, -1]


def test_the_order_of_linked_masks_has_no_influence() -> None:
    vectors, owners = unclear()
    found = group_masks(vectors, owners, 7, 3, LINKED)
    order = np.random.default_rng(0).permutation(len(owners))
    assert_equal(found, group_masks(vectors[order], owners[order], 7, 3, LINKED))
    turned = group_masks(vectors, (owners + 3) % 7, 7, 3, LINKED)
    assert partition(np.roll(turned.materials, -3)) == partition(found.materials)


@pytest.mark.parametrize("n_tones", [1, 2, 3])
def test_vectors_without_any_spread_are_counted(n_tones: int) -> None:
    # Noise-free images: all crops of one material are equal.
    owners = np.arange(30) % n_tones
    found = group_masks(np.eye(n_tones, 4, dtype=np.float32)[owners], owners, n_tones)
    assert found.n_materials == n_tones
    assert partition(found.materials) == {frozenset([mask]) for mask in range(n_tones)}


# --- crops that were shrunk to fit


def strip() -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.bool_]]:
    """Masks 0 and 1 of one material, 2 and 3 of another; mask 4 is a strip between them, its crops shrunk."""
    tones, owners = np.array([0, 0, 1, 1, 0.6]), np.repeat(np.arange(5), 4)
    return column(*tones[owners] + np.tile([0, 0.001, 0.002, 0.003], 5)), owners, owners != 4


def test_shrunk_crops_neither_count_nor_make_clusters() -> None:
    vectors, owners, is_large = strip()
    assert group_masks(vectors, owners, 5).n_materials == 3
    found = group_masks(vectors, owners, 5, is_large=is_large)
    assert found.n_materials == 2
    assert partition(found.materials) == {frozenset([0, 1]), frozenset([2, 3, 4])}  # the strip's crops still vote
    assert (found.rules[4], found.votes[4]) == ("majority_vote", 1.0)


def test_shrunk_crops_count_where_too_few_masks_have_others() -> None:
    vectors, owners, is_large = strip()
    thirds = {frozenset([0, 1]), frozenset([2, 3]), frozenset([4])}
    only_one, none = owners == 0, np.zeros_like(is_large)
    assert partition(group_masks(vectors, owners, 5, 3, is_large=only_one).materials) == thirds
    assert partition(group_masks(vectors, owners, 5, is_large=none).materials) == thirds
    assert group_masks(vectors, owners, 5, is_large=only_one).n_materials == 1


def test_every_crop_is_large_or_not() -> None:
    with pytest.raises(InputError, match="is_large of 1 for 2 crops"):
        group_masks(column(1, 2), np.array([0, 0]), 1, is_large=np.array([True]))


# --- votes


def test_the_majority_decides() -> None:
    # Mask 0: three crops of five near 0; mask 1: all three near 10; mask 2: one of three near 0.
    vectors = column(0, 10, 0.1, 10.1, 0.2, 10, 10, 10, 0, 10.1, 10)
    found = group_masks(vectors, np.array([0] * 5 + [1] * 3 + [2] * 3), 3, 2)
    assert partition(found.materials) == {frozenset([0]), frozenset([1, 2])}
    assert found.votes == pytest.approx([3 / 5, 1, 2 / 3])
    assert found.runner_up == pytest.approx([2 / 5, 0, 1 / 3])


@pytest.mark.parametrize(
    ("low", "high", "winner"),
    # Masks 0 and 1 have three crops each at 0 and at 10; mask 2 has one in each cluster.
    # (0, 9): centres 0 and 39/4 = 9.75, mean 4.5: 4.5 from the lower, 5.25 from the upper.
    # (1, 10): centres 1/4 and 10, mean 5.5: 5.25 from the lower, 4.5 from the upper.
    [(0, 9, 0), (1, 10, 1)],
)
def test_a_tie_goes_to_the_nearest_centre(low: float, high: float, winner: int) -> None:
    vectors = column(0, 0, 0, 10, 10, 10, low, high)
    found = group_masks(vectors, np.array([0, 0, 0, 1, 1, 1, 2, 2]), 3, 2)
    assert found.materials[2] == found.materials[winner] != found.materials[1 - winner]
    assert (found.votes[2], found.runner_up[2]) == (0.5, 0.5)


def test_only_tied_materials_compete() -> None:
    # Two crops at 0, two at 30, one at 16; their mean 15.2 is nearest to the cluster at 16, which has one vote only.
    vectors = column(0, 0, 30, 30, 16, *[0] * 5, *[30] * 5, *[16] * 5)
    found = group_masks(vectors, np.array([0] * 5 + [1] * 5 + [2] * 5 + [3] * 5), 4, 3)
    assert found.materials[0] == found.materials[2]  # 14.8 from 30, 15.2 from 0
    assert (found.votes[0], found.runner_up[0]) == (0.4, 0.4)


# --- masks without crops


def test_masks_without_crops_are_dropped() -> None:
    found = group_masks(column(0, 10, 0), np.array([1, 2, 4]), 6, 2)
    assert found.rules == ["majority_vote" if mask in (1, 2, 4) else "without_crops" for mask in range(6)]
    assert found.materials[[0, 3, 5]].tolist() == [-1, -1, -1]
    assert found.materials[1] == found.materials[4] != found.materials[2]
    assert (found.votes[[0, 3, 5]].tolist(), found.runner_up[[0, 3, 5]].tolist()) == ([0.0] * 3, [0.0] * 3)


def test_masks_without_crops_are_their_own() -> None:
    found = group_masks(column(0, 10, 0), np.array([1, 2, 4]), 6, 2, OWN)
    assert partition(found.materials) == {frozenset(group) for group in ([0], [1, 4], [2], [3], [5])}
    assert found.materials.min() == 0
    assert (found.rules.count("without_crops"), found.n_materials) == (3, 2)


@pytest.mark.parametrize("n_masks", [0, 3])
@pytest.mark.parametrize("n_materials", [None, 2])
def test_no_vectors_at_all(n_masks: int, n_materials: int | None) -> None:
    none = np.zeros((0, 50), np.float32), np.zeros(0, np.int64), n_masks, n_materials
    dropped, own = group_masks(*none), group_masks(*none, OWN)
    assert dropped.materials.tolist() == [-1] * n_masks
    assert own.materials.tolist() == list(range(n_masks))
    for found in (dropped, own):
        assert found.rules == ["without_crops"] * n_masks
        assert found.votes.tolist() == found.runner_up.tolist() == [0.0] * n_masks
        assert (found.n_materials, found.given) == (n_materials or 1, n_materials is not None)


def test_fewer_distinct_vectors_than_materials() -> None:
    vectors, owners = column(0, 0, 10, 10, 0), np.array([0, 0, 1, 1, 2])
    found = group_masks(vectors, owners, 3, 5)
    assert partition(found.materials) == {frozenset([0, 2]), frozenset([1])}
    assert (found.n_materials, found.given) == (5, True)
    assert group_masks(column(7), np.array([0]), 1, 4).materials.tolist() == [0]


# --- order and seed


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("n_materials", [2, 5, None])
def test_the_order_of_the_crops_does_not_matter(n_materials: int | None, seed: int) -> None:
    vectors, owners = unclear()
    order = np.random.default_rng(seed).permutation(len(vectors))
    first = group_masks(vectors, owners, 7, n_materials)
    assert_equal(first, group_masks(vectors[order], owners[order], 7, n_materials))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("n_materials", [2, 5, None])
def test_the_order_of_the_masks_does_not_matter(n_materials: int | None, seed: int) -> None:
    vectors, owners = unclear()
    new_index = np.random.default_rng(seed).permutation(9)  # two of nine without crops
    crop_order = np.argsort(new_index[owners], kind="stable")
    for rules in (GroupingRules(), OWN):
        first = group_masks(vectors, owners, 9, n_materials, rules)
        second = group_masks(vectors[crop_order], new_index[owners][crop_order], 9, n_materials, rules)
        assert partition(first.materials) == partition(second.materials[new_index])
        np.testing.assert_array_equal(first.votes, second.votes[new_index])
        np.testing.assert_array_equal(first.runner_up, second.runner_up[new_index])
        assert first.n_materials == second.n_materials


def test_one_seed_gives_one_answer() -> None:
    vectors, owners = unclear()
    answers = [group_masks(vectors, owners, 7, 4, GroupingRules(seed=8)) for _ in range(3)]
    np.random.seed(1)  # noqa: NPY002 - the global state must have no influence
    answers.append(group_masks(vectors, owners, 7, 4, GroupingRules(seed=8)))
    for answer in answers[1:]:
        assert_equal(answers[0], answer)


# --- what is refused


@pytest.mark.parametrize("n_materials", [0, -1])
def test_there_is_at_least_one_material(n_materials: int) -> None:
    with pytest.raises(InputError, match=f"n_materials={n_materials}: .* at least one material") as caught:
        group_masks(*clouds(2), 6, n_materials)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="at least one material"):
        group_masks(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), 0, n_materials)


def test_every_crop_has_a_vector() -> None:
    with pytest.raises(InputError, match="3 vectors for 2 crops"):
        group_masks(column(1, 2, 3), np.array([0, 0]), 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"without_crops": "keep"}, "without_crops='keep'"),
        ({"estimator": "guess"}, "estimator='guess'"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_bad_rules(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        GroupingRules(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(30))
def test_masks_are_linked_as_scikit_learn_links_them(seed: int) -> None:
    from sklearn.cluster import AgglomerativeClustering

    rng = np.random.default_rng(seed)
    n_masks, k = int(rng.integers(4, 40)), int(rng.integers(2, 5))
    vectors, owners = rng.normal(size=(n_masks, 5)).astype(np.float32), np.arange(n_masks)
    found = group_masks(vectors, owners, n_masks, k, GroupingRules(clustering="linkage", estimator="distance"))
    wanted = AgglomerativeClustering(k, linkage="average").fit(vectors.astype(np.float64)).labels_
    centres = np.array([vectors[wanted == group].mean(axis=0) for group in range(k)])
    nearest = np.linalg.norm(vectors[:, None] - centres, axis=2).argmin(axis=1)
    same = found.materials[:, None] == found.materials
    assert np.array_equal(same, nearest[:, None] == nearest)
