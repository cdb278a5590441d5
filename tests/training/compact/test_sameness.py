"""What cosines say of two groups of points, fitted on pairs whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.texture import Sameness
from samiam.training.compact.sameness import Pair, fit_sameness, pairs_of
from tests.made_fields import field_of

HALVES = np.repeat([[1, 2]], 15, axis=1).repeat(20, axis=0)


def test_the_even_odds_lie_between_the_two_kinds() -> None:
    pairs = [Pair(cosine, True) for cosine in (0.9, 0.95, 0.99)] + [Pair(cosine, False) for cosine in (0.1, 0.4, 0.5)]
    same = Sameness(*fit_sameness(pairs))
    assert same.slope > 0
    assert 0.5 < -same.offset / same.slope < 0.9
    assert same.log_odds(0.95) > 1
    assert same.log_odds(0.3) < -1


def test_no_pairs_say_nothing() -> None:
    slope, _ = fit_sameness([])
    assert slope > 0


def test_pairs_of_two_materials() -> None:
    field = field_of(HALVES)
    everywhere = np.zeros_like(HALVES)
    pairs = pairs_of(field.materials, HALVES, everywhere)
    apart = [pair.cosine for pair in pairs if not pair.is_same]
    within = [pair.cosine for pair in pairs if pair.is_same]
    assert apart == pytest.approx([0, 0], abs=0.1)
    assert all(cosine > 0.8 for cosine in within)


def test_grains_are_compared_within_a_material_only() -> None:
    field = field_of(HALVES)
    assert not [pair for pair in pairs_of(field.grains, HALVES, HALVES) if not pair.is_same]
