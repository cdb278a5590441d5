"""What a split says of its parts, fitted on splits whose truth is known."""

from __future__ import annotations

import numpy as np

from samiam.texture import Sameness
from samiam.training.compact.sameness import Judged, fit_sameness, judged_splits
from tests.made_fields import field_of

HALVES = np.repeat([[1, 2]], 15, axis=1).repeat(20, axis=0)
EVERYWHERE = np.ones(HALVES.shape, bool)
EVEN = (0.0, 0.0)


def test_the_even_odds_lie_between_the_two_kinds() -> None:
    same = [Judged(cosine, 5.0, EVEN, False) for cosine in (0.9, 0.95, 0.99)]
    real = [Judged(cosine, 5.0, EVEN, True) for cosine in (0.1, 0.4, 0.5)]
    found = Sameness(*fit_sameness([*same, *real], by_edges=False))
    assert found.slope > 0
    assert found.log_odds(0.97, 5) > 1
    assert found.log_odds(0.2, 5) < -1


def test_ragged_splits_are_learnt_to_be_noise() -> None:
    splits = [Judged(0.8, raggedness, EVEN, raggedness < 10) for raggedness in (2, 3, 4, 50, 60, 70)]
    assert fit_sameness(splits, by_edges=False)[2] > 0


def test_edges_of_grains_are_learnt_to_part() -> None:
    splits = [Judged(0.8, 5.0, (0.0, edge), edge > 1) for edge in (0.0, 0.1, -0.1, 2.0, 2.5, 3.0)]
    assert fit_sameness(splits, by_edges=True)[4] < 0
    assert fit_sameness(splits, by_edges=False)[3:] == (0.0, 0.0)


def test_nothing_is_learnt_of_nothing() -> None:
    assert fit_sameness([], by_edges=True)[0] > 0


def test_the_first_split_is_real_and_the_next_is_not() -> None:
    field = field_of(HALVES)
    first, *others = judged_splits(field.materials, field.boundaries, HALVES, EVERYWHERE)
    assert first.is_real
    assert first.cosine < 0.2
    assert not any(split.is_real for split in others)
    assert all(split.cosine > 0.7 for split in others)


def test_no_split_of_one_truth_is_real() -> None:
    one = np.ones_like(HALVES)
    field = field_of(one)
    assert not any(split.is_real for split in judged_splits(field.materials, field.boundaries, one, EVERYWHERE))
