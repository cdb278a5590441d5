from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import KDTree

from samiam.records.particle_scene import Stacking
from simulate.particles.atoms.bodies import Body, View, body
from simulate.particles.atoms.materials import MATERIALS, Lattice
from simulate.particles.atoms.shapes import Shape
from simulate.particles.atoms.stacking import stacking_steps

GOLD = MATERIALS["Au"]


def particle(stacking: Stacking = "none", view: View = "110", shape: Shape = "sphere", seed: int = 0) -> Body:
    return body(GOLD, 30.0, shape, stacking, view, np.random.default_rng(seed))


def hexagonal_share(atoms: Lattice) -> float:
    """Of the atoms with twelve neighbours, those in hcp surroundings, by common neighbour analysis.

    Each pair of neighbours in fcc has four common ones with two bonds among them (421); in hcp half have a chain of two
    bonds (422) (Faken & Jónsson, Comput. Mater. Sci. 2, 279 (1994)).
    """
    cutoff = 1.2 * GOLD.neighbour_A
    tree = KDTree(atoms.positions)
    bonds = [set(found) - {index} for index, found in enumerate(tree.query_ball_point(atoms.positions, cutoff))]
    kinds = []
    for near in bonds:
        if len(near) != 12:
            continue
        longest = []
        for other in near:
            common = near & bonds[other]
            degrees = sorted(len(common & bonds[one]) for one in common)
            longest.append(degrees == [0, 1, 1, 2])
        kinds.append(sum(longest) == 6)
    return float(np.mean(kinds))


def test_planes_are_interrupted_as_named() -> None:
    """By the atoms: an intrinsic fault is two planes of hcp, a twin one, among the planes of a sphere of 30 Å."""
    planes = 30 / GOLD.spacing_A
    assert hexagonal_share(particle("none").atoms) == 0
    twin, fault = hexagonal_share(particle("twin").atoms), hexagonal_share(particle("fault").atoms)
    assert 0.5 < twin * planes < 2
    assert fault == pytest.approx(2 * twin, rel=0.5)
    assert hexagonal_share(particle("several").atoms) > twin


@pytest.mark.parametrize("stacking", ["fault", "twin", "several"])
def test_without_its_fault_a_particle_is_a_single_crystal(stacking: Stacking) -> None:
    one = particle(stacking)
    assert one.fault_free is not None
    assert hexagonal_share(one.fault_free) == 0
    assert len(one.fault_free.numbers) == pytest.approx(len(one.atoms.numbers), rel=0.05)


def test_a_decahedron_has_five_twins_and_the_outline_of_its_single_crystal() -> None:
    one = particle(shape="decahedron")
    assert one.stacking == "several"
    assert one.fault_free is not None
    assert hexagonal_share(one.atoms) > 0.15
    assert hexagonal_share(one.fault_free) == 0
    spans = [np.ptp(lattice.positions, axis=0) for lattice in (one.atoms, one.fault_free)]
    np.testing.assert_allclose(*spans, atol=GOLD.neighbour_A)
    assert len(one.fault_free.numbers) == pytest.approx(len(one.atoms.numbers), rel=0.15)


@pytest.mark.parametrize("shape", get_args(Shape))
@pytest.mark.parametrize("diameter_A", [20.0, 35.0])
def test_volume_is_that_of_the_sphere(shape: Shape, diameter_A: float) -> None:
    one = body(GOLD, diameter_A, shape, "none", "random", np.random.default_rng(1))
    atoms = np.pi / 6 * diameter_A**3 * 4 / GOLD.cubic_A**3
    assert len(one.atoms.numbers) == pytest.approx(atoms, rel=0.35 if shape == "decahedron" else 0.06)


def test_faults_are_edge_on_along_110() -> None:
    for seed in range(3):
        assert particle("fault", "110", seed=seed).tilt_deg < 6
        assert particle(view="110", shape="decahedron", seed=seed).tilt_deg < 6
    tilts = [particle("twin", "random", seed=seed).tilt_deg for seed in range(6)]
    assert max(tilts) > 30
    assert np.isnan(particle("none").tilt_deg)


def test_columns_of_a_110_view_line_up_with_the_beam() -> None:
    """Atoms of a column share a place but for the mistilt: 30 Å at a few degrees is a neighbour's distance at most."""
    one = particle("none", "110", seed=2)
    column_A = 2.0  # nearest columns are further apart
    apart = KDTree(one.atoms.positions[:, :2]).query_ball_point(one.atoms.positions[:, :2], column_A / 2)
    assert np.mean([len(found) for found in apart]) > 4


@given(st.sampled_from(get_args(Stacking)), st.integers(3, 40), st.integers(0, 12), st.integers(0, 99))
def test_steps(stacking: Stacking, n_planes: int, reach: int, seed: int) -> None:
    steps = stacking_steps(stacking, n_planes, reach, np.random.default_rng(seed))
    assert steps.shape == (n_planes - 1,)
    assert set(np.abs(steps).tolist()) == {1}
    if stacking == "none":
        assert (steps == 1).all()
    if stacking == "fault":
        assert (steps == -1).sum() == 1
    if stacking == "twin":
        assert (np.diff(steps) != 0).sum() == (steps[0] == 1)
        assert steps[-1] == -1


def test_same_seed_same_atoms() -> None:
    one, other = particle("several", "random", seed=4), particle("several", "random", seed=4)
    assert one.atoms.positions.tobytes() == other.atoms.positions.tobytes()
    assert one.atoms.positions.tobytes() != particle("several", "random", seed=5).atoms.positions.tobytes()
