from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simulate.particles.atoms.materials import MATERIALS
from simulate.particles.truth import Outline, outline, reflections_per_A

GOLD = MATERIALS["Au"]


def sphere(diameter_A: float, turn: np.ndarray | None = None) -> np.ndarray:
    whole = GOLD.lattice(diameter_A / 2, np.ones(60, np.int8), np.array([0.7, 0.3, 1.1])).positions
    return whole if turn is None else whole @ turn.T


ALONG_110 = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # brings x, a close-packed row, to -z
OFF_AXIS = np.linalg.qr(np.random.default_rng(5).standard_normal((3, 3)))[0]


@pytest.mark.parametrize("turn", [ALONG_110, OFF_AXIS])
@pytest.mark.parametrize("diameter_A", [50.0, 60.0])
def test_the_mask_of_a_sphere_has_its_area(diameter_A: float, turn: np.ndarray) -> None:
    found = outline(sphere(diameter_A, turn) + 50.0, GOLD.neighbour_A, 100.0)
    assert found.mask.sum() * 0.2**2 == pytest.approx(np.pi * diameter_A**2 / 4, rel=0.02)


def test_the_mask_is_where_the_atoms_are() -> None:
    positions = sphere(30.0, ALONG_110) + np.array([60.0, 30.0, 0.0])
    found = outline(positions, GOLD.neighbour_A, 100.0)
    rows, columns = np.nonzero(found.mask)
    centre = np.array([columns.mean(), rows.mean()]) + found.top_left_px[::-1] + 0.5
    np.testing.assert_allclose(centre * 0.2, [60.0, 30.0], atol=0.3)


def test_a_mask_ends_with_the_box() -> None:
    positions = sphere(30.0) + np.array([2.0, 50.0, 0.0])
    inside = positions[positions[:, 0] > 0]
    found = outline(inside, GOLD.neighbour_A, 100.0)
    assert found.top_left_px[1] == 0
    assert found.mask[:, :10].any()  # as near as the half of a distance between neighbours


def test_holes_between_columns_are_filled() -> None:
    """Along [110] columns of gold lie up to 4.1 Å apart."""
    found = outline(sphere(40.0, ALONG_110) + 50.0, GOLD.neighbour_A, 100.0)
    centre = np.array(found.mask.shape) // 2
    assert found.mask[centre[0] - 50 : centre[0] + 50, centre[1] - 50 : centre[1] + 50].all()


def test_sampling_is_by_place() -> None:
    mask = np.array([[True, False], [False, True]])
    placed = Outline(mask, (10, 20))  # 2.0 Å down, 4.0 Å to the right
    seen = placed.sampled(np.array([1.9, 2.1, 2.3, 2.5]), np.array([3.9, 4.1, 4.3]))
    np.testing.assert_array_equal(seen.astype(int), [[0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])


def test_reflections_along_110_are_those_of_the_zone() -> None:
    """Two {111} at 2.355 Å 70.5° apart, {200} at 2.039 Å."""
    found = reflections_per_A(sphere(40.0, ALONG_110))
    spacings = 1 / np.hypot(*found.T)
    of_111 = found[np.abs(spacings - 2.355) < 0.05]
    assert len(of_111) == 2
    assert (np.abs(spacings - 2.039) < 0.05).sum() == 1
    angle = np.rad2deg(np.arccos(of_111[0] @ of_111[1] / np.prod(np.linalg.norm(of_111, axis=1))))
    assert min(angle, 180 - angle) == pytest.approx(70.5, abs=2.5)


def test_off_axis_there_are_few() -> None:
    """Planes of high indices, finer than what is seen, at most: none of {111} and {200}."""
    turned = Rotation.from_euler("xy", [19.0, 13.0], degrees=True).as_matrix() @ ALONG_110
    spacings = 1 / np.hypot(*reflections_per_A(sphere(40.0, turned)).T)
    assert spacings.max(initial=0.0) < 1.9
