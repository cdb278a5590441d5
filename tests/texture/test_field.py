"""A field of vectors at the pixels of its image, and what it says of regions."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.texture import Sameness
from samiam.texture.confidence import EVIDENCE_OF_REGION, confidences, evidence_of_regions
from tests.made_fields import field_of, in_pixels

HALVES = np.repeat([[0, 1]], 15, axis=1).repeat(20, axis=0)
CLEAR = {**dict.fromkeys(EVIDENCE_OF_REGION, 0.0), "constant": -2.0, "margin": 4.0}


def test_even_odds_lie_where_slope_and_offset_say() -> None:
    assert Sameness(10, -5).log_odds(0.5) == 0
    assert Sameness(10, -5).log_odds(1) == 5


def test_each_pixel_is_nearest_to_the_mean_of_its_half() -> None:
    field = field_of(HALVES)
    means = [field.materials[half == HALVES].mean(axis=0) for half in (0, 1)]
    np.testing.assert_array_equal(field.nearest(field.materials, means), in_pixels(HALVES))


def test_points_stand_for_pixels_in_the_middle_of_theirs() -> None:
    field = field_of(HALVES)
    np.testing.assert_array_equal(in_pixels(HALVES)[field.places], HALVES)


def test_what_is_segmented_rightly_is_trusted_more() -> None:
    field = field_of(HALVES)
    right = confidences(in_pixels(HALVES + 1), field, CLEAR)
    wrong = confidences(in_pixels(HALVES.T.repeat(2, axis=1)[:20, :30] + 1), field, CLEAR)
    assert min(value for value in right if value is not None) > 0.8
    assert max(value for value in wrong if value is not None) < 0.5


def test_grains_are_judged_by_the_vectors_of_grains() -> None:
    field = field_of(np.zeros_like(HALVES), HALVES)
    margin = EVIDENCE_OF_REGION.index("margin")
    assert evidence_of_regions(in_pixels(HALVES + 1), field)[:, margin].min() > 0.8


def test_a_region_without_a_point_has_no_confidence() -> None:
    labels = in_pixels(HALVES + 1)
    labels[0, 0] = 3  # points stand for the third pixel of theirs
    assert confidences(labels, field_of(HALVES), CLEAR)[2] is None


def test_one_region_over_all_of_an_image() -> None:
    (found,) = evidence_of_regions(np.ones((80, 120), int), field_of(np.zeros_like(HALVES)))
    assert np.isfinite(found).all()
    assert found[EVIDENCE_OF_REGION.index("is_alone")] == 1


@pytest.mark.parametrize("labels", [np.zeros((80, 120), int)])
def test_no_region(labels: np.ndarray) -> None:
    assert confidences(labels, field_of(HALVES), CLEAR) == []
