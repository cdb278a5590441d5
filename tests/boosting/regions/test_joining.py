"""Of more materials than are asked for the least distinct are joined."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.joining import joined
from samiam.texture import TextureField
from tests.made_crystals import crystal, unexplained
from tests.made_fields import field_of, in_pixels

LAYERS = np.repeat([1, 2, 3, 4], 24)[:, None].repeat(96, axis=1)
LABELS = in_pixels(LAYERS)
FLAT = np.full(LABELS.shape, 0.5, np.float32)


def alike(*shares: tuple[int, int, float], layers: NDArray[np.int64] = LAYERS) -> TextureField:
    """A field in which layers have so much of the direction of others, one after the other."""
    field = field_of(layers)
    vectors = field.materials.copy()
    for layer, other, share in shares:
        vectors[layers == layer] += share * vectors[layers == other].mean(axis=0)
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return replace(field, materials=vectors, grains=vectors)


def with_lattices(*periods_px: float) -> NDArray[np.float32]:
    """Layers with a square lattice of such a period each, 0 for none."""
    noise = 0.5 + 0.02 * np.random.default_rng(0).normal(size=LABELS.shape).astype(np.float32)
    return np.choose(LABELS - 1, [crystal(0 * noise, period_px=own) if own else noise for own in periods_px])


def test_the_two_that_look_most_alike_are_joined() -> None:
    assert joined(LABELS, alike((2, 1, 0.5)), FLAT, 3) == {2: 1}
    assert joined(LABELS, alike((3, 2, 0.5)), FLAT, 3) == {3: 2}
    assert joined(LABELS, alike((2, 1, 0.9), (4, 3, 0.5)), FLAT, 2) == {2: 1, 4: 3}


def test_as_many_are_left_as_are_asked_for() -> None:
    assert joined(LABELS, alike(), FLAT, 4) == {}
    assert joined(LABELS, alike(), FLAT, 5) == {}
    assert joined(LABELS, alike(), FLAT, 1) == {2: 1, 3: 1, 4: 1}


def test_what_has_no_lattice_is_joined_before_crystals_that_differ_less() -> None:
    field = alike((2, 1, 0.2))
    assert joined(LABELS, field, with_lattices(8, 8, 8, 8), 3) == {2: 1}
    assert joined(LABELS, field, with_lattices(8, 8, 0, 0), 3) == {4: 3}


def test_the_only_crystal_may_be_joined_to_what_it_looks_like() -> None:
    assert joined(LABELS, alike((2, 1, 0.2)), with_lattices(8, 0, 0, 0), 3) == {2: 1}


def test_what_is_too_thin_to_show_a_lattice_is_not_taken_for_what_has_none() -> None:
    strips = LAYERS.copy()
    strips[(LAYERS == 4) & (np.arange(len(LAYERS))[:, None] % 4 < 2)] = 1  # of 2 % each
    field, pixels = alike((2, 1, 0.2), layers=strips), with_lattices(8, 8, 0, 0)
    assert joined(in_pixels(strips), field, pixels, 3) == {2: 1}


def test_waves_that_no_lattice_explains_are_not_taken_for_none() -> None:
    pixels = np.where(LABELS == 3, 0.5 + 0.3 * unexplained(FLAT.shape), with_lattices(8, 8, 0, 0))
    assert joined(LABELS, alike((2, 1, 0.2)), pixels, 3) == {2: 1}


def test_crystals_of_two_lattices_are_joined_after_others() -> None:
    field, pixels = alike((2, 1, 0.1)), with_lattices(8, 8, 8, 8)
    assert joined(LABELS, field, pixels, 3) == {2: 1}
    long = cv2.resize(crystal(np.zeros((len(LABELS), 250))), LABELS.shape[::-1])
    assert joined(LABELS, field, np.where(LABELS == 1, long, pixels), 3) == {3: 2}


def test_a_line_that_no_point_of_the_field_sees_goes_to_what_it_touches() -> None:
    labels = LABELS.copy()
    labels[LABELS.shape[0] * 3 // 4 - 1] = 5  # the last row of the third layer
    assert joined(labels, alike(), FLAT, 4) == {5: 3}


def test_what_a_step_tells_apart_is_joined_after_what_is_rather_one() -> None:
    field, pixels = alike((2, 1, 1.0), (3, 2, 0.9)), with_lattices(8, 8, 8, 8)
    assert joined(LABELS, field, pixels, 3) == {2: 1}
    assert joined(LABELS, field, pixels, 3, [(1, 2)]) == {3: 2}
    assert joined(LABELS, field, pixels, 2, [(1, 2)]) == {2: 1, 3: 1}
