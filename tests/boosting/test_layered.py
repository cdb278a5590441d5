"""Crystals are divided along every step that is an interface, and layers that are too thin are none."""

from __future__ import annotations

import numpy as np

from samiam.boosting.layered import in_layers
from samiam.boosting.recurring import recurring
from tests.made_crystals import SIDE, across, crystal
from tests.made_fields import PX_A_POINT, field_of

POINTS = np.zeros((SIDE // PX_A_POINT,) * 2, np.int64)
FIELD = field_of(POINTS)  # sees one crystal throughout


def test_a_buried_layer_has_two_sides_and_the_crystal_around_it_is_one() -> None:
    _, v = across()
    film = np.abs(v) < 56
    pixels = crystal(0.08 * film)
    layers = in_layers(np.ones((SIDE, SIDE), np.uint32), FIELD, pixels)
    assert np.unique(layers).tolist() == [1, 2, 3]
    same = recurring(layers, pixels)
    joined = np.array([same.get(number, number) for number in range(4)])[layers]
    assert len(np.unique(joined)) == 2
    inner = joined[SIDE // 2, SIDE // 2]
    assert np.mean((joined == inner) == film) > 0.97


def test_the_other_regions_stay_as_they_are() -> None:
    _, v = across()
    labels = np.where(v > 150, 0, np.where(v > 100, 1, 2)).astype(np.uint32)
    layers = in_layers(labels, FIELD, crystal(0.1 * (v > 0)))
    assert np.array_equal(layers[labels == 0], labels[labels == 0])
    assert np.array_equal(layers[labels == 1], labels[labels == 1])
    assert set(np.unique(layers[labels == 2])) == {2, 3}


def test_nothing_to_divide_gives_the_labels_themselves() -> None:
    _, v = across()
    labels = np.ones((SIDE, SIDE), np.uint32)
    assert in_layers(labels, FIELD, crystal(0 * v)) is labels
    assert not in_layers(np.zeros_like(labels), FIELD, crystal(0 * v)).any()


def test_a_faint_step_between_grains_is_left_to_them() -> None:
    _, v = across()
    labels, pixels = np.ones((SIDE, SIDE), np.uint32), crystal(0.05 * (v > 0))
    lower = (v > 0)[PX_A_POINT // 2 :: PX_A_POINT, ::PX_A_POINT].astype(np.int64)
    grains = field_of(POINTS, lower)
    assert in_layers(labels, FIELD, pixels).max() == 2
    assert in_layers(labels, grains, pixels) is labels
    assert in_layers(labels, grains, crystal(0.2 * (v > 0))).max() == 2


def test_a_layer_that_is_too_small_is_none() -> None:
    _, v = across()
    labels = np.ones((SIDE, SIDE), np.uint32)
    assert in_layers(labels, FIELD, crystal(0.1 * (v > 0)), smallest=0.6) is labels
