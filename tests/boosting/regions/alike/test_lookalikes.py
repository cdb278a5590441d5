"""Crystals of one brightness: orientations of one lattice, or lattices of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.alike.lookalikes import told_by_lattices

SIDE = 192
THIRDS = np.repeat(np.array([1, 2, 3], np.uint32), SIDE // 3)[None].repeat(SIDE, axis=0)
SQUARE = np.array([[1.0, 0.0], [0.0, 1.0]])
HEXAGONAL = np.array([[1.0, 0.5], [0.0, 3**0.5 / 2]])


def lattice(vectors: NDArray[np.float64], degrees: float, period_px: float = 9.0) -> NDArray[np.float32]:
    """Waves along the two reciprocal vectors of a lattice, whose vectors stand in columns."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    first, second = np.linalg.inv(turn @ vectors * period_px)
    y, x = np.mgrid[:SIDE, :SIDE]
    waves = (first, second, first + second, first - second)
    return sum(np.cos(2 * np.pi * (wave[0] * x + wave[1] * y)) for wave in waves).astype(np.float32)  # type: ignore[union-attr]


def image(*thirds: NDArray[np.float32]) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 0.3, THIRDS.shape)
    return (np.choose(THIRDS - 1, thirds) + noise).astype(np.float32)


def test_orientations_of_a_lattice_are_one_material() -> None:
    pixels = image(lattice(SQUARE, 0), lattice(SQUARE, 20), lattice(SQUARE, 37))
    assert told_by_lattices(THIRDS, [1, 1, 1], pixels) == [1, 1, 1]


def test_another_lattice_is_another_material() -> None:
    pixels = image(lattice(SQUARE, 0), lattice(HEXAGONAL, 8), lattice(SQUARE, 20))
    assert told_by_lattices(THIRDS, [1, 1, 1], pixels) == [1, 2, 1]
    assert sorted(told_by_lattices(THIRDS, [2, 2, 1], pixels)) == [1, 2, 3]


def test_materials_that_are_apart_already_stay_as_they_are() -> None:
    pixels = image(lattice(SQUARE, 0), lattice(HEXAGONAL, 8), lattice(SQUARE, 20))
    assert told_by_lattices(THIRDS, [1, 2, 3], pixels) == [1, 2, 3]


def test_three_lattices_are_a_polycrystal() -> None:
    pixels = image(lattice(SQUARE, 0), lattice(HEXAGONAL, 8), lattice(SQUARE * [[1.5], [1.0]], 20))
    assert told_by_lattices(THIRDS, [1, 1, 1], pixels) == [1, 1, 1]


def test_what_has_no_lattice_says_nothing() -> None:
    flat = np.zeros((SIDE, SIDE), np.float32)
    assert told_by_lattices(THIRDS, [1, 1, 1], image(flat, lattice(SQUARE, 0), flat)) == [1, 1, 1]


def test_small_crystals_say_nothing() -> None:
    parts = THIRDS.copy()
    parts[parts == 2] = 1
    parts[:30, 70:100] = 2  # 2.4 % of the image
    pixels = image(lattice(SQUARE, 0), lattice(SQUARE, 0), lattice(SQUARE, 0))
    pixels[:30, 70:100] = lattice(HEXAGONAL, 8)[:30, 70:100]
    assert told_by_lattices(parts, [1, 1, 1], pixels) == [1, 1, 1]
