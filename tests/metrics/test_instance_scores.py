from __future__ import annotations

import numpy as np
import pytest

from samiam.metrics.instances import InstanceScores, score_instances
from samiam.records import Masks


def masks(*rows: list[int]) -> Masks:
    return Masks.from_arrays([np.array([row]) for row in rows], (1, 6))


def test_by_hand() -> None:
    truth = masks([1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0])
    found = masks([1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1])  # IoU 2/3 and 1/3
    assert score_instances(found, truth) == InstanceScores(dice=2 * 3 / (5 + 4), f1=0.5, false_area=2 / 6)
    assert score_instances(truth, truth) == InstanceScores(1.0, 1.0, 0.0)


def test_objects_that_lie_over_each_other_count_once_for_the_area_and_each_for_itself() -> None:
    truth = masks([1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1])
    assert score_instances(truth, truth) == InstanceScores(1.0, 1.0, 0.0)
    assert score_instances(masks([1, 1, 1, 1, 1, 1]), truth) == InstanceScores(1.0, pytest.approx(2 / 3), 0.0)


def test_where_there_is_nothing() -> None:
    nothing, one = masks(), masks([1, 1, 1, 0, 0, 0])
    empty = score_instances(nothing, nothing)
    assert np.isnan(empty.dice)
    assert np.isnan(empty.f1)
    assert empty.false_area == 0
    false = score_instances(one, nothing)
    assert np.isnan(false.dice)
    assert (false.f1, false.false_area) == (0.0, 0.5)
    assert score_instances(nothing, one) == InstanceScores(0.0, 0.0, 0.0)


def test_what_is_excused_counts_neither_way_unless_it_is_true_too() -> None:
    truth, excused = masks([1, 1, 1, 0, 0, 0]), masks([0, 0, 1, 1, 1, 0])
    both = masks([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0])
    assert score_instances(both, truth, excused) == InstanceScores(1.0, 1.0, 0.0)
    # Only one pixel of three is excused: the second object is a false one with all that it has elsewhere.
    partly = score_instances(masks([1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1]), truth, masks([0, 0, 0, 1, 0, 0]))
    assert partly == InstanceScores(6 / 8, pytest.approx(2 / 3), 2 / 6)
    assert score_instances(both, truth, masks()) == score_instances(both, truth)
