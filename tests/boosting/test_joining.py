"""Of more materials than are asked for the least distinct are joined."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.boosting.joining import joined
from samiam.texture import TextureField
from tests.made_crystals import crystal
from tests.made_fields import field_of, in_pixels

THIRDS = np.repeat([0, 1, 2], 32)[:, None].repeat(96, axis=1)
LABELS = in_pixels(THIRDS + 1)
FLAT = np.full(LABELS.shape, 0.5, np.float32)


def alike(*shares: tuple[int, int, float]) -> TextureField:
    """A field of thirds, the first of which share so much of the direction of the second ones, one after the other."""
    field = field_of(THIRDS)
    vectors = field.materials.copy()
    for third, other, share in shares:
        vectors[third == THIRDS] += share * vectors[other == THIRDS].mean(axis=0)
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return replace(field, materials=vectors, grains=vectors)


def with_lattices(*periods_px: float) -> NDArray[np.float32]:
    """Thirds with a square lattice of such a period each, 0 for none."""
    noise = 0.5 + 0.02 * np.random.default_rng(0).normal(size=LABELS.shape).astype(np.float32)
    return np.choose(LABELS - 1, [crystal(0 * noise, period_px=own) if own else noise for own in periods_px])


def test_the_two_that_look_most_alike_are_joined() -> None:
    assert joined(LABELS, alike((1, 0, 0.5)), FLAT, 2) == {2: 1}
    assert joined(LABELS, alike((2, 1, 0.5)), FLAT, 2) == {3: 2}


def test_as_many_are_left_as_are_asked_for() -> None:
    assert joined(LABELS, field_of(THIRDS), FLAT, 3) == {}
    assert joined(LABELS, field_of(THIRDS), FLAT, 5) == {}
    assert sorted(joined(LABELS, field_of(THIRDS), FLAT, 1)) == [2, 3]
    assert set(joined(LABELS, field_of(THIRDS), FLAT, 1).values()) == {1}


def test_what_has_no_lattice_is_joined_before_crystals_that_differ_less() -> None:
    field = alike((1, 0, 0.2))
    assert joined(LABELS, field, FLAT, 2) == {2: 1}
    assert joined(LABELS, field, with_lattices(8, 0, 0), 2) == {3: 2}


def test_what_is_too_thin_to_show_a_lattice_is_not_taken_for_what_has_none() -> None:
    field = alike((1, 0, 0.2))
    strips = with_lattices(8, 0, 0)
    labels = LABELS.copy()
    labels[in_pixels(THIRDS) == 2] = 3
    labels[(LABELS == 2) & (np.arange(len(LABELS))[:, None] % 16 < 8)] = 1  # eight strips of 2 % each are left
    assert joined(labels, field, strips, 2) == {2: 1}


def test_crystals_of_two_lattices_are_joined_last() -> None:
    field = alike((1, 0, 0.1))
    assert joined(LABELS, field, with_lattices(8, 8, 8), 2) == {2: 1}
    long = cv2.resize(crystal(np.zeros((LABELS.shape[0], 250))), LABELS.shape[::-1])
    assert joined(LABELS, field, np.where(LABELS == 1, long, with_lattices(8, 8, 8)), 2) == {3: 2}


def test_what_a_step_tells_apart_is_joined_after_what_is_rather_one() -> None:
    field, pixels = alike((1, 0, 1.0), (2, 1, 0.9)), with_lattices(8, 8, 8)
    assert joined(LABELS, field, pixels, 2) == {2: 1}
    assert joined(LABELS, field, pixels, 2, [(1, 2)]) == {3: 2}
    assert joined(LABELS, field, pixels, 1, [(1, 2)]) == {2: 1, 3: 1}
