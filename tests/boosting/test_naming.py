"""Crops vote for names as counted by hand; what they cannot name is clustered, not forced; no order matters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samiam.boosting import Grouping, GroupingRules, Naming, NamingRules, group_named_masks, name_masks
from samiam.boosting.naming import given_once
from samiam.errors import InputError
from samiam.texture import Answers

STO, GE, PTC = range(3)
KNOWN = ("SrTiO3", "Ge", "PtC")
UNSURE = -1
DEFAULTS, ANY_SHARE = NamingRules(), NamingRules(least_share=0)


def named(*votes: list[int], known: tuple[str, ...] = KNOWN, rules: NamingRules = DEFAULTS) -> Naming:
    """What masks are named whose crops were classified so."""
    owners = np.repeat(np.arange(len(votes)), [len(crops) for crops in votes])
    labels = np.array([label for crops in votes for label in crops], np.int64)
    return name_masks(answered(labels, len(known)), owners, len(votes), known, rules)


def answered(labels: NDArray[np.int64], n_known: int) -> Answers:
    """Answers that are sure by 0.8, and say nothing of what stays open."""
    return Answers(labels, 0.8 * np.eye(n_known + 1, dtype=np.float32)[labels][:, :-1])


def grouped(
    naming: Naming, values: dict[int, list[float]], n_materials: int | None = None, without_crops: Any = "drop"
) -> Grouping:
    """The grouping where crops of mask i have the one-dimensional vectors values[i]."""
    vectors = np.array([value for crops in values.values() for value in crops], np.float32)[:, None]
    owners = np.repeat(np.array(list(values), np.int64), [len(crops) for crops in values.values()])
    return group_named_masks(naming, vectors, owners, n_materials, GroupingRules(without_crops))


# --- materials that are told apart


def test_of_masks_with_the_same_name_the_surest_keeps_it() -> None:
    found = named([STO] * 6 + [UNSURE] * 4, [GE] * 5, [STO] * 9 + [UNSURE], [UNSURE] * 3, [STO] * 9 + [UNSURE], [])
    once = given_once(found)
    assert once.materials.tolist() == [UNSURE, GE, STO, UNSURE, UNSURE, UNSURE]
    assert once.confidences.tolist() == pytest.approx([0, 0.8, 0.72, 0, 0, 0])
    assert once.by_material == {STO: pytest.approx(0.72), GE: pytest.approx(0.8)}
    np.testing.assert_array_equal(once.votes, found.votes)


# --- the vote


def test_most_crops_name_the_mask() -> None:
    found = named([GE] * 7 + [STO] * 2 + [UNSURE], [PTC, STO, PTC], [STO])
    assert found.materials.tolist() == [GE, PTC, STO]
    np.testing.assert_allclose(found.votes, [0.7, 2 / 3, 1.0])
    np.testing.assert_allclose(found.runner_up, [0.2, 1 / 3, 0.0])
    assert found.known == KNOWN


@pytest.mark.parametrize(
    ("crops", "material"),
    [
        ([STO] * 5 + [UNSURE] * 5, STO),  # half of them agree
        ([STO] * 4 + [UNSURE] * 6, UNSURE),
        ([STO] * 4 + [GE] * 3 + [PTC] * 3, UNSURE),  # most votes, but less than half
        ([STO] * 6 + [GE] * 4, STO),
        ([STO] * 5 + [GE] * 5, UNSURE),  # a tie names nothing
        ([UNSURE] * 3, UNSURE),
        ([], UNSURE),
    ],
)
def test_at_least_half_of_the_crops_must_agree(crops: list[int], material: int) -> None:
    assert named(crops).materials.tolist() == [material]


@pytest.mark.parametrize(
    ("crops", "material"),
    [
        ([STO] * 4 + [GE] * 3 + [PTC] * 3, STO),
        ([STO] * 4 + [GE] * 1 + [UNSURE] * 4, STO),
        ([STO] * 4 + [GE] * 1 + [UNSURE] * 5, UNSURE),  # more are unsure than agree
        ([STO] * 4 + [GE] * 4 + [PTC], UNSURE),
        ([UNSURE], UNSURE),
        ([], UNSURE),
    ],
)
def test_without_a_least_share_the_most_votes_decide(crops: list[int], material: int) -> None:
    assert named(crops, rules=ANY_SHARE).materials.tolist() == [material]


def test_the_least_share_is_of_all_crops_and_enough_by_itself() -> None:
    crops = [STO] * 6 + [GE, UNSURE, UNSURE, UNSURE]
    for least_share, material in ((0.6, STO), (0.61, UNSURE)):
        assert named(crops, rules=NamingRules(least_share)).materials.tolist() == [material]
    assert named([STO] * 9, rules=NamingRules(1.0)).materials.tolist() == [STO]


def test_confidence_is_the_mean_over_all_crops_of_what_is_named() -> None:
    shares = np.array([[0.7, 0.2], [0.9, 0.0], [0.3, 0.3], [0.1, 0.6], [0.4, 0.4], [0.8, 0.1]], np.float32)
    answers = Answers(np.array([0, 0, UNSURE, 1, UNSURE, 0]), shares)
    found = name_masks(answers, np.array([0, 0, 0, 1, 2, 3]), 5, ("SrTiO3", "Ge"))
    assert found.materials.tolist() == [0, 1, UNSURE, 0, UNSURE]
    np.testing.assert_allclose(found.confidences, [(0.7 + 0.9 + 0.3) / 3, 0.6, 0, 0.8, 0], rtol=1e-6)
    # of two masks with one name each crop counts alike
    by_material = found.by_material
    assert by_material == {0: pytest.approx((0.7 + 0.9 + 0.3 + 0.8) / 4), 1: pytest.approx(0.6)}
    vectors = np.zeros((1, 1), np.float32)
    assert group_named_masks(found, vectors, np.array([2]), None, GroupingRules()).name_confidence == by_material


def test_unsure_crops_may_be_the_runner_up() -> None:
    found = named([STO] * 5 + [GE] + [UNSURE] * 4, [UNSURE] * 2, [])
    np.testing.assert_allclose(found.votes, [0.5, 0.0, 0.0])
    np.testing.assert_allclose(found.runner_up, [0.4, 1.0, 0.0])


def test_a_classifier_that_knows_one_material() -> None:
    found = named([0, 0, UNSURE], [UNSURE, UNSURE, 0], known=("Ge",))
    assert found.materials.tolist() == [0, UNSURE]
    np.testing.assert_allclose(found.runner_up, [1 / 3, 2 / 3])


def test_no_masks() -> None:
    nothing = named()
    assert (len(nothing.materials), len(nothing.votes), len(nothing.runner_up)) == (0, 0, 0)
    for n_materials, expected in ((None, 1), (3, 3)):
        groups = grouped(nothing, {}, n_materials)
        assert (groups.materials.tolist(), groups.rules, groups.n_materials) == ([], [], expected)


# --- masks with and without a name


def test_masks_of_one_name_are_one_material_and_the_others_are_clustered() -> None:
    naming = named([GE], [UNSURE], [GE, GE], [UNSURE, UNSURE], [UNSURE] * 2, [PTC])
    groups = grouped(naming, {1: [0.0], 3: [9.0, 9.1], 4: [0.1, 0.2]}, 4)
    assert groups.materials[[0, 2, 5]].tolist() == [GE, GE, PTC]
    first, other, again = groups.materials[[1, 3, 4]]
    assert first == again != other
    assert {first, other} == {3, 4}  # beyond the three known ones
    vote, cluster = "classifier_vote", "majority_vote"
    assert groups.rules == [vote, cluster, vote, cluster, cluster, vote]
    assert groups.votes.tolist() == [1.0] * 6
    assert (groups.n_materials, groups.given) == (4, True)


@pytest.mark.parametrize(("n_materials", "n_clusters"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3)])
def test_named_materials_leave_the_rest_of_the_number_to_the_others(n_materials: int, n_clusters: int) -> None:
    naming = named([GE], [STO], [UNSURE], [UNSURE], [UNSURE])
    groups = grouped(naming, {2: [0.0, 0.1], 3: [10.0, 10.1], 4: [25.0, 25.1]}, n_materials)
    assert groups.materials[:2].tolist() == [GE, STO]
    assert len(set(groups.materials[2:].tolist())) == n_clusters
    assert (groups.n_materials, groups.given) == (n_materials, True)


def test_the_number_is_estimated_among_the_unnamed() -> None:
    naming = named([GE], *[[UNSURE]] * 4)
    values = {1: [0.0, 0.1, 0.2], 2: [9.0, 9.1, 9.2], 3: [0.05, 0.15], 4: [20.0, 20.1, 20.2]}
    groups = grouped(naming, values)
    assert (groups.n_materials, groups.given) == (4, False)
    assert groups.materials[1] == groups.materials[3]
    assert len(set(groups.materials.tolist())) == 4


def test_where_all_are_named_nothing_is_clustered() -> None:
    naming = named([GE], [STO], [GE])
    for n_materials, expected in ((None, 2), (1, 1), (5, 5)):
        groups = grouped(naming, {}, n_materials)
        assert groups.materials.tolist() == [GE, STO, GE]
        assert groups.rules == ["classifier_vote"] * 3
        assert (groups.n_materials, groups.given) == (expected, n_materials is not None)


def test_where_none_is_named_the_clusters_are_those_of_the_booster_without_classifier() -> None:
    naming = named([UNSURE], [UNSURE], [UNSURE])
    groups = grouped(naming, {0: [0.0], 1: [8.0], 2: [0.1]}, 2)
    assert groups.materials[0] == groups.materials[2] != groups.materials[1]
    assert sorted(set(groups.materials.tolist())) == [3, 4]
    assert groups.rules == ["majority_vote"] * 3


@pytest.mark.parametrize(("without_crops", "expected"), [("drop", [GE, -1, 3, -1]), ("own", [GE, 4, 3, 5])])
def test_masks_without_crops(without_crops: str, expected: list[int]) -> None:
    groups = grouped(named([GE], [], [UNSURE], []), {2: [1.0]}, 2, without_crops)
    assert groups.materials.tolist() == expected
    assert groups.rules == ["classifier_vote", "without_crops", "majority_vote", "without_crops"]
    assert groups.votes.tolist() == [1.0, 0.0, 1.0, 0.0]
    alone = grouped(named([GE], []), {}, None, without_crops)
    assert alone.n_materials == 1  # a mask without crops says nothing about the number


# --- laws


@st.composite
def any_votes(draw: st.DrawFn) -> list[list[int]]:
    return draw(st.lists(st.lists(st.integers(-1, 2), max_size=8), max_size=6))


@given(any_votes(), st.sampled_from([0.0, 0.5, 0.8]), st.data())
@settings(max_examples=100)
def test_neither_the_order_of_masks_nor_of_crops_nor_of_materials_matters(
    votes: list[list[int]], least_share: float, data: st.DataObject
) -> None:
    rules = NamingRules(least_share)
    first = named(*votes, rules=rules)
    order = data.draw(st.permutations(range(len(votes))))
    second = named(*[data.draw(st.permutations(votes[mask])) for mask in order], rules=rules)
    for name in ("materials", "votes", "runner_up"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name)[list(order)])
    turned = named(*[[-1 if label < 0 else 2 - label for label in crops] for crops in votes], rules=rules)
    np.testing.assert_array_equal(turned.materials, np.where(first.materials < 0, -1, 2 - first.materials))


@given(any_votes(), st.integers(0, 2))
@settings(max_examples=50)
def test_one_more_vote_for_its_name_never_takes_it_away(votes: list[list[int]], material: int) -> None:
    before, after = named(*votes), named(*[[*crops, material] for crops in votes])
    assert (after.materials[before.materials == material] == material).all()
    assert (after.votes[before.materials == material] >= before.votes[before.materials == material]).all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_materials", [2, 4, None])
def test_the_order_of_the_masks_does_not_matter_to_the_clusters(n_materials: int | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = [rng.integers(-1, 3, 6).tolist() for _ in range(8)]
    values = {mask: rng.random(6).round(1).tolist() for mask in range(8)}
    order = rng.permutation(8)

    def grouped_in(order: NDArray[np.int64]) -> Grouping:
        naming = named(*[votes[mask] for mask in order])
        unnamed = np.flatnonzero(naming.materials < 0)
        assert 0 < len(unnamed) < 8
        return grouped(naming, {int(place): values[order[place]] for place in unnamed}, n_materials)

    first, second = grouped_in(np.arange(8)), grouped_in(order)
    np.testing.assert_array_equal(second.materials, first.materials[order])
    np.testing.assert_array_equal(second.votes, first.votes[order])
    assert second.rules == [first.rules[mask] for mask in order]


# --- what is refused


@pytest.mark.parametrize("least_share", [-0.1, 1.1, float("nan")])
def test_a_share_is_between_0_and_1(least_share: float) -> None:
    with pytest.raises(InputError, match=f"least_share={least_share}") as caught:
        NamingRules(least_share)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "owners", "known", "message"),
    [
        ([0, 1], [0], KNOWN, "2 answers for 1 crops"),
        ([3], [0], KNOWN, "answers from 3 to 3 for 3 materials: give 0 to 2"),
        ([-2, 1], [0, 0], KNOWN, "answers from -2 to 1"),
        ([0], [0], (), "at least one"),
        ([0], [0], ("Ge", "Ge"), "each once"),
    ],
)
def test_labels_must_fit(labels: list[int], owners: list[int], known: tuple[str, ...], message: str) -> None:
    answers = Answers(np.array(labels, np.int64), np.zeros((len(labels), len(known)), np.float32))
    with pytest.raises(InputError, match=message) as caught:
        name_masks(answers, np.array(owners, np.int64), 1, known)
    assert "\n" not in str(caught.value)


def test_crops_and_number_must_fit() -> None:
    naming = named([GE], [UNSURE])
    with pytest.raises(InputError, match="n_materials=0"):
        grouped(naming, {1: [0.0]}, 0)
    with pytest.raises(InputError, match="those of the unnamed masks only"):
        grouped(naming, {0: [0.0], 1: [1.0]})
