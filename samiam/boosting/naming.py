"""Which masks are of a material that a classifier knows: a vote of their crops (paper §4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samiam.boosting.grouping import Grouping, check_number, group_masks
from samiam.boosting.settings import GroupingRules, NamingRules
from samiam.errors import InputError
from samiam.texture import Answers


@dataclass(frozen=True, eq=False)
class Naming:
    """What each mask was named.

    Attributes:
        known: names of the materials that the classifier knows.
        materials: int64 (N,), the place in `known`, or -1 for a mask that stays unnamed.
        votes: float64 (N,), share of the mask's crops that voted for the most frequent material; 0 without crops.
        runner_up: float64 (N,), share of what came next, be it another material or the unsure crops.
        confidences: float64 (N,), how probable it is that the name is right, the mean over the mask's crops, the
            unsure ones included; 0 for a mask without a name.
        n_crops: int64 (N,), how many crops voted.
    """

    known: tuple[str, ...]
    materials: NDArray[np.int64]
    votes: NDArray[np.float64]
    runner_up: NDArray[np.float64]
    confidences: NDArray[np.float64]
    n_crops: NDArray[np.int64]

    @property
    def by_material(self) -> dict[int, float]:
        """The confidence in each name that was given, over all crops of its masks."""
        every = np.unique(self.materials[self.materials >= 0]).tolist()
        masks = {material: self.materials == material for material in every}
        return {
            material: float(np.average(self.confidences[own], weights=self.n_crops[own]))
            for material, own in masks.items()
        }


def name_masks(
    answers: Answers,
    owners: NDArray[np.int64],
    n_masks: int,
    materials: Sequence[str],
    rules: NamingRules = NamingRules(),
) -> Naming:
    """Give each mask the material that most of its crops were classified as, or none.

    Args:
        answers: of the classifier, for each of C crops.
        owners: int64 (C,), index of each crop's mask, 0 … n_masks - 1.
        n_masks: N.
        materials: names of the materials that the classifier knows, each once.
        rules: when a vote counts.

    Raises:
        InputError: if there are no materials or one twice, or answers and owners differ in number, or an answer is
            the place of no material.
    """
    labels = answers.materials
    _check(labels, owners, materials)
    counts = np.zeros((n_masks, len(materials) + 1), np.int64)
    np.add.at(counts, (owners, labels), 1)  # -1 is the last column
    every, winners = np.arange(n_masks), counts[:, :-1].argmax(axis=1)
    won, unsure = counts[every, winners], counts[:, -1]
    others = counts.copy()
    others[every, winners] = 0
    n_crops = np.maximum(counts.sum(axis=1), 1)
    is_named = (won > others[:, :-1].max(axis=1)) & (won >= unsure) & (won / n_crops >= rules.least_share)
    named = np.where(is_named, winners, -1)
    sums = np.zeros((n_masks, len(materials)))
    np.add.at(sums, owners, answers.shares)
    confidences = np.where(is_named, sums[every, winners] / n_crops, 0.0)
    votes, runner_up = won / n_crops, others.max(axis=1) / n_crops
    return Naming(tuple(materials), named, votes, runner_up, confidences, counts.sum(axis=1))


def given_once(naming: Naming) -> Naming:
    """The same with each name left to the mask whose name is the likeliest: masks of which no two are one material.

    A film on what it grew on, of the same structure, is taken for the same material more easily than two parts of one
    material are told apart.
    """
    surest = dict[int, int]()
    for mask in np.argsort(-naming.confidences, kind="stable").tolist():
        surest.setdefault(int(naming.materials[mask]), mask)
    keeps = np.isin(np.arange(len(naming.materials)), list(surest.values())) & (naming.materials >= 0)
    return replace(
        naming,
        materials=np.where(keeps, naming.materials, -1),
        confidences=np.where(keeps, naming.confidences, 0.0),
    )


def _check(labels: NDArray[np.int64], owners: NDArray[np.int64], materials: Sequence[str]) -> None:
    if not materials or len(set(materials)) != len(materials):
        raise InputError(f"materials {list(materials)}: a classifier needs at least one, and each once.")
    if len(labels) != len(owners):
        raise InputError(f"{len(labels)} answers for {len(owners)} crops: give one answer per crop.")
    if len(labels) and not -1 <= labels.min() <= labels.max() < len(materials):
        raise InputError(
            f"answers from {labels.min()} to {labels.max()} for {len(materials)} materials: "
            f"give 0 to {len(materials) - 1}, or -1 where unsure."
        )


def group_named_masks(
    naming: Naming,
    vectors: NDArray[np.float32],
    owners: NDArray[np.int64],
    n_materials: int | None,
    rules: GroupingRules,
    *,
    is_large: NDArray[np.bool_] | None = None,
) -> Grouping:
    """Unite masks of one name, and cluster those without a name among themselves (`group_masks`).

    Args:
        naming: what the N masks were named.
        vectors: float32 (C, D), one vector for each crop of the masks that stayed unnamed.
        owners: int64 (C,), index of each of these crops' masks, 0 … N - 1.
        n_materials: number of materials, named ones included; None to estimate how many the unnamed masks make. Those
            make at least one, however many are named.
        rules: what to do without crops, and how to estimate.
        is_large: bool (C,), see `Crops`; all are where None.

    Returns:
        The material of each mask: the place in `naming.known`, or a number from `len(naming.known)` on for a material
        without a name. The rule of a named mask is "classifier_vote".

    Raises:
        InputError: if `n_materials` is smaller than 1, owners and vectors differ in number, or a crop is of a mask
            that has a name.
    """
    check_number(n_materials)
    is_named = naming.materials >= 0
    if is_named[owners].any():
        raise InputError("crops of masks that have a name are not clustered; give those of the unnamed masks only.")
    unnamed, n_named = np.flatnonzero(~is_named), len(np.unique(naming.materials[is_named]))
    wanted = None if n_materials is None else max(1, n_materials - n_named)
    groups = group_masks(vectors, np.searchsorted(unnamed, owners), len(unnamed), wanted, rules, is_large=is_large)
    beyond_known = np.where(groups.materials < 0, -1, groups.materials + len(naming.known))
    n_found = max(1, n_named + (groups.n_materials if len(owners) else 0))
    return replace(
        groups,
        materials=_replaced(naming.materials, unnamed, beyond_known),
        rules=_replaced(np.full(len(is_named), "classifier_vote", object), unnamed, groups.rules).tolist(),
        votes=_replaced(naming.votes, unnamed, groups.votes),
        runner_up=_replaced(naming.runner_up, unnamed, groups.runner_up),
        n_materials=n_materials or n_found,
        name_confidence=naming.by_material,
    )


def _replaced(values: NDArray[Any], places: NDArray[np.intp], by: ArrayLike) -> NDArray[Any]:
    """The values with those at some places exchanged."""
    values = values.copy()
    values[places] = by
    return values
