"""Whether two lattices may be one: turned, mirrored, distorted, or with reflections that are too weak to be seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.lattices.basis import Basis, reduced
from samiam.lattices.likeness import stretch_between, stretch_of_aligned

SQUARE = np.diag([12.0, 12.0])
HEXAGONAL = 12.0 * np.array([[1.0, 0.0], [0.5, 3**0.5 / 2]])
OBLIQUE = np.array([[12.0, 0.0], [3.0, 17.0]])


def basis(vectors: NDArray[np.float64]) -> Basis:
    """That of the lattice that two vectors, one in each row, span."""
    return Basis(reduced(np.linalg.inv(vectors).T), np.zeros((4, 4)), 8)


def turned(vectors: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return vectors @ np.array([[c, s], [-s, c]])


@pytest.mark.parametrize("vectors", [SQUARE, HEXAGONAL, OBLIQUE], ids=["square", "hexagonal", "oblique"])
@pytest.mark.parametrize("degrees", [0, 17, 45, 133])
def test_turned_and_mirrored_a_lattice_is_the_same(vectors: NDArray[np.float64], degrees: float) -> None:
    for other in (turned(vectors, degrees), turned(vectors * [1, -1], degrees)):
        assert stretch_between(basis(vectors), basis(other)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("cell", [[[2, 0], [0, 1]], [[1, 1], [1, -1]], [[3, 0], [1, 1]], [[2, 0], [0, 2]]])
def test_a_cell_of_several_points_is_of_the_same_lattice(cell: list[list[int]]) -> None:
    larger = np.array(cell, float) @ OBLIQUE
    assert stretch_between(basis(OBLIQUE), basis(larger)) == pytest.approx(0, abs=1e-9)
    assert stretch_between(basis(larger), basis(OBLIQUE)) == pytest.approx(0, abs=1e-9)


def test_a_lattice_is_as_far_from_another_as_it_has_to_be_stretched() -> None:
    assert stretch_between(basis(SQUARE), basis(SQUARE * [1.05, 1.0])) == pytest.approx(np.log(1.05))
    assert stretch_between(basis(1.1 * SQUARE), basis(SQUARE)) == pytest.approx(np.log(1.1))
    sheared = HEXAGONAL @ np.array([[1.0, 0.0], [0.08, 1.0]])
    assert stretch_between(basis(HEXAGONAL), basis(sheared)) == pytest.approx(0.04, abs=0.001)


def test_squares_hexagons_and_rectangles_are_other_lattices() -> None:
    for other in (HEXAGONAL, SQUARE * [1.3, 1.0], 1.25 * SQUARE):
        assert stretch_between(basis(SQUARE), basis(other)) > 0.2


def test_how_far_lattices_that_lie_alike_are_from_each_other() -> None:
    longer = SQUARE * [1.08, 1.0]
    assert stretch_of_aligned(basis(SQUARE), basis(turned(longer, 2)), 3.0) == pytest.approx(np.log(1.08))
    assert stretch_of_aligned(basis(SQUARE), basis(turned(longer, 5)), 3.0) is None
    assert stretch_of_aligned(basis(SQUARE), basis(turned(SQUARE, 89)), 3.0) == pytest.approx(0, abs=1e-9)
    assert stretch_of_aligned(basis(SQUARE), basis(SQUARE * [1.3, 1.0]), 3.0) is None
