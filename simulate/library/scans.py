"""Where the probe stands on what: supercells of crystals at the irreducible positions, boxes of films anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from numpy.typing import NDArray

from simulate.library.crystals import FILMS, amorphous, columns, crystal, orient
from simulate.library.tasks import Task

_FILM_POSITIONS = 24  # probes on a box of a film, for each configuration; chosen by hand

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Supercell:
    """What a task simulates.

    Attributes:
        atoms: with thermal displacements.
        slice_A: thickness of a slice.
        slices_per_step: slices between two recorded thicknesses.
    """

    atoms: Atoms
    slice_A: float
    slices_per_step: int

    @property
    def steps(self) -> int:
        """Number of recorded thicknesses."""
        return round(float(self.atoms.cell.lengths()[2]) / (self.slice_A * self.slices_per_step))


class CrystalScan:
    """The projected cell of a crystal and the probe positions on it.

    Args:
        task: which crystal, and how to simulate.
    """

    def __init__(self, task: Task) -> None:
        self.settings = task.settings
        self.crystal = crystal(task.specimen)
        self.cell = orient(self.crystal, task.zone, task.growth)  # type: ignore[arg-type]
        self.columns = columns(self.crystal, self.cell)
        self.extent_A = self.cell.cell.lengths()[:2]
        self.repeat_A = float(self.cell.cell.lengths()[2])
        step_A = task.settings.probe_step_A(task.energy_kV)
        self.shape_xy = tuple(4 * int(np.ceil(length / (4 * step_A))) for length in self.extent_A)

    @property
    def step_A(self) -> float:
        """Distance between recorded thicknesses: whole repeats."""
        return self.repeat_A * self._step_repeats

    @property
    def _step_repeats(self) -> int:
        return max(1, round(self.settings.thickness_step_A / self.repeat_A))

    @property
    def _repeats_xy(self) -> NDArray[np.int64]:
        return np.asarray(np.ceil(self.settings.width_A / self.extent_A), np.int64)

    def supercell(self, rng: np.random.Generator) -> Supercell:
        """The crystal with thermal displacements, each plane of atoms in the middle of a slice."""
        steps = max(1, round(self.settings.thickness_A / self.step_A))
        n_slices = max(1, round(self.repeat_A / self.settings.slice_A))
        slice_A = self.repeat_A / n_slices
        atoms = self.cell * (*self._repeats_xy, self._step_repeats * steps)
        rms_A = np.array([self.crystal.rms_A[symbol] for symbol in atoms.symbols])
        atoms.positions += rms_A[:, None] * rng.normal(size=(len(atoms), 3)) + [0, 0, slice_A / 2]
        atoms.wrap()
        return Supercell(atoms, slice_A, n_slices * self._step_repeats)

    @cached_property
    def _orbits(self) -> NDArray[np.int64]:
        """For each symmetry operation (rows) the flat index that each grid point goes to."""
        places = [(c.x_A / self.extent_A[0], c.y_A / self.extent_A[1], 0.0) for c in self.columns]
        kinds = {(c.elements, c.atoms_per_repeat): i for i, c in enumerate(self.columns)}
        numbers = [kinds[c.elements, c.atoms_per_repeat] + 1 for c in self.columns]
        lattice = np.diag([*self.extent_A, 50.0]).tolist()
        operations: Any = spglib.get_symmetry((lattice, places, numbers), symprec=1e-3)
        n = np.array(self.shape_xy)
        points = np.stack(np.meshgrid(*map(np.arange, n), indexing="ij"), axis=-1).reshape(-1, 2)
        images = []
        for rotation, shift in zip(operations["rotations"], operations["translations"], strict=True):
            moved = (points / n) @ rotation[:2, :2].T * n + shift[:2] * n
            if np.allclose(moved, np.rint(moved), atol=1e-3):
                images.append(np.ravel_multi_index(tuple((np.rint(moved).astype(int) % n).T), self.shape_xy))
        return np.unique(np.array(images), axis=0)

    @cached_property
    def irreducible(self) -> NDArray[np.int64]:
        """Flat indices of the grid points that are the first of their orbit."""
        return np.unique(self._orbits.min(axis=0))

    def positions_A(self, rng: np.random.Generator) -> Floats:
        """The irreducible positions, each at an equivalent place anywhere in the supercell.

        Every probe so meets thermal displacements of its own, which averages better than probes side by side.
        """
        choice = rng.integers(len(self._orbits), size=len(self.irreducible))
        equivalent = self._orbits[choice, self.irreducible]
        points = np.stack(np.unravel_index(equivalent, self.shape_xy), axis=1)
        cells = rng.integers(self._repeats_xy, size=points.shape)
        return np.asarray((points / self.shape_xy + cells) * self.extent_A)

    def unfolded(self, values: Floats) -> Floats:
        """Images (…, y, x) of the whole cell from values (positions, …) at the irreducible positions."""
        first = np.searchsorted(self.irreducible, self._orbits.min(axis=0))
        image = values[first].reshape(*self.shape_xy, *values.shape[1:])
        return np.ascontiguousarray(np.moveaxis(image, (1, 0), (-2, -1)))


class FilmScan:
    """A box of a film and random probe positions on it.

    Args:
        task: which film, and how to simulate.
    """

    def __init__(self, task: Task) -> None:
        self.settings, self.film = task.settings, FILMS[task.specimen]
        self.step_A = task.settings.thickness_step_A

    def supercell(self, rng: np.random.Generator) -> Supercell:
        """A box of atoms."""
        n_slices = max(1, round(self.step_A / self.settings.slice_A))
        steps = max(1, round(self.settings.thickness_A / self.step_A))
        box_A = (self.settings.width_A, self.settings.width_A, steps * self.step_A)
        return Supercell(amorphous(self.film, box_A, rng), self.step_A / n_slices, n_slices)

    def positions_A(self, rng: np.random.Generator) -> Floats:
        """Anywhere on the box."""
        return rng.uniform(0, self.settings.width_A, size=(_FILM_POSITIONS, 2))


def scan_of(task: Task) -> CrystalScan | FilmScan:
    """What a task scans."""
    return FilmScan(task) if task.specimen in FILMS else CrystalScan(task)
