"""Merges of masks are judged by what most of them is, and the distance lies where they become of two materials."""

from __future__ import annotations

import numpy as np

from samiam.compact.weights import load_model
from samiam.training.compact.distance import Merge, fit_distance, judged_merges, merges_of_scene
from simulate import procedural_scene


def test_merges_are_judged_by_the_larger_part_of_each_group() -> None:
    means = np.array([[0.0], [0.1], [1.0], [1.3]])
    covered = np.array([[90, 10], [0, 20], [5, 60], [0, 40]])
    first, second, last = judged_merges(means, covered)
    assert (round(first.distance, 6), first.is_of_two) == (0.1, True)  # 90 of one, 20 of the other
    assert (round(second.distance, 6), second.is_of_two) == (0.3, False)
    assert (round(last.distance, 6), last.is_of_two) == (1.1, True)  # together 90 to 30, and 5 to 100


def test_the_distance_lies_between_one_material_and_two() -> None:
    alike = [Merge(distance, is_of_two=False) for distance in np.linspace(0.1, 0.6, 40)]
    unlike = [Merge(distance, is_of_two=True) for distance in np.linspace(0.5, 1.0, 40)]
    assert abs(fit_distance(alike + unlike) - 0.55) < 0.02


def test_nothing_to_tell_apart_leaves_all_or_nothing_together() -> None:
    assert fit_distance([]) == 0.05
    assert fit_distance([Merge(0.3, is_of_two=False), Merge(0.8, is_of_two=False)]) == 1.4


def test_the_merges_of_a_scene_join_all_its_masks() -> None:
    scene = procedural_scene(3, shape_hw=(256, 256))
    merges = merges_of_scene(load_model(), scene)
    assert len(scene.truth) == 1 + sum(merge.is_of_two for merge in merges)
    assert [merge.distance for merge in merges] == sorted(merge.distance for merge in merges)
