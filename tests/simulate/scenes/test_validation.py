"""The composed image against abTEM's complete scan of the same atoms."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import KDTree

from simulate.scenes import validation
from simulate.scenes.validation import InterfaceScan
from simulate.specimen.stack import Stack

SCAN = Path(__file__).parent / "reference" / "sto_ge_interface.npz"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return validation.interface()


@pytest.fixture(scope="module")
def full() -> InterfaceScan:
    return InterfaceScan.load(SCAN)


@pytest.fixture(scope="module")
def ours(stack: Stack, full: InterfaceScan) -> InterfaceScan:
    return validation.composed(stack, full)


def test_the_scan_is_large_enough(full: InterfaceScan) -> None:
    steps = np.diff(full.x_A).mean(), np.diff(full.y_A).mean()
    assert steps[0] * full.images.shape[2] >= 30
    assert steps[1] * full.images.shape[1] >= 60
    assert max(steps) < 0.286  # λ / 4α at 200 kV and 22 mrad


# ADF collects Bragg discs, which depend on strain and vary between the library's thicknesses; see docs/simulation.md.
@pytest.mark.parametrize(("detector", "error"), [("HAADF", 0.05), ("ADF", 0.1)])
def test_composition_agrees_with_full_physics(
    stack: Stack, full: InterfaceScan, ours: InterfaceScan, detector: str, error: float
) -> None:
    agreement = validation.compare(stack, full, ours)[detector]
    assert agreement.pearson_r >= 0.95
    assert set(agreement.column_errors) == {"Ge Ge", "SrTiO3 A", "SrTiO3 BO"}
    assert max(map(abs, agreement.column_errors.values())) <= error


@pytest.mark.parametrize("wrong", ["shifted", "mirrored", "swapped detectors"])
def test_a_wrong_image_does_not_agree(stack: Stack, full: InterfaceScan, ours: InterfaceScan, wrong: str) -> None:
    images = {
        "shifted": np.roll(ours.images, 3, axis=2),
        "mirrored": ours.images[:, ::-1],
        "swapped detectors": ours.images[::-1],
    }[wrong]
    agreement = validation.compare(stack, full, replace(ours, images=images))["HAADF"]
    assert agreement.pearson_r < 0.9 or max(map(abs, agreement.column_errors.values())) > 0.1


@pytest.mark.slow  # that the composition agrees is shown above
def test_physics_is_worth_more_than_gaussians(stack: Stack, full: InterfaceScan, ours: InterfaceScan) -> None:
    null = validation.compare(stack, full, validation.gaussians(stack, full))
    for detector, agreement in validation.compare(stack, full, ours).items():
        assert 0.9 < null[detector].pearson_r < agreement.pearson_r
        assert 0.9 < null[detector].interface_r < agreement.interface_r


def test_atoms_and_columns_are_the_same(stack: Stack) -> None:
    atoms = validation.atoms_of(stack)
    width_A, low_A, high_A, _ = validation.supercell_A(stack)
    columns = validation.place_columns(np.random.default_rng(0), stack, (width_A / 2, -low_A))
    xy = columns.xy_A + np.array([width_A / 2, high_A])
    inside = (xy[:, 1] > 0) & (xy[:, 1] < high_A - low_A)
    assert KDTree(atoms.positions[:, :2]).query(xy[inside])[0].max() < 1e-3
    counts = Counter(atoms.symbols)
    assert counts["O"] == 3 * counts["Sr"] == 3 * counts["Ti"]
    assert counts["Ge"] == validation.CELLS_ACROSS * validation.GE_CELLS * validation.REPEATS * 4


def test_atoms_keep_their_distances(stack: Stack) -> None:
    atoms = validation.atoms_of(stack)
    distances = KDTree(atoms.positions % atoms.cell.lengths(), boxsize=atoms.cell.lengths() + 1e-9)
    nearest = distances.query(atoms.positions, k=2)[0][:, 1]
    is_ge = np.asarray(atoms.symbols) == "Ge"
    assert np.median(nearest[is_ge]) == pytest.approx(5.6579 * np.sqrt(3) / 4, rel=1e-4)
    assert nearest.min() > 1.9
