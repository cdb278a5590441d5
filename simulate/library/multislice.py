"""Multislice simulation of what atomic columns of a crystal, and atoms of a film, send onto the detectors.

Direct multislice with frozen phonons at the irreducible probe positions of one projected cell; all thicknesses come
from one run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import abtem
import dask
import numpy as np
import spglib
from ase import Atoms
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from samiam.errors import InputError
from samiam.storage.files import sha256_of
from simulate.imaging.stem import wavelength_A
from simulate.imaging.stem.bounds import need_positive
from simulate.library.crystals import FILMS, Direction, amorphous, columns, crystal, orient
from simulate.library.entries import entry_name

_ABTEM_ANTIALIAS = 2 / 3  # abTEM keeps this share of the sampled angles
_FILM_POSITIONS = 24

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MultisliceSettings:
    """How the library is simulated.

    Attributes:
        energies_kV: acceleration voltages.
        convergence_mrad: semi-angle of the probe-forming aperture; the probe is free of aberrations and focused on
            the entrance surface.
        detectors_mrad: inner and outer collection angle of each detector.
        thickness_step_A: about the distance between the recorded thicknesses; it is rounded to whole repeats.
        thickness_A: about the largest thickness.
        phonons: frozen-phonon configurations.
        slice_A: about the thickness of a slice; it is rounded to a whole share of the repeat.
        width_A: least width of the supercell.
        sampling_A: pixel of the wave functions, None for what the detectors' outer angle needs.
        seed: of thermal displacements, films and equivalent probe positions.

    Raises:
        InputError: if a value is out of range or a detector reaches beyond the sampled angle.
    """

    energies_kV: tuple[float, ...] = (200.0, 300.0)
    convergence_mrad: float = 22.0
    detectors_mrad: tuple[tuple[str, float, float], ...] = (("ADF", 30.0, 60.0), ("HAADF", 60.0, 160.0))
    thickness_step_A: float = 50.0
    thickness_A: float = 500.0
    phonons: int = 4
    slice_A: float = 2.0
    width_A: float = 15.0
    sampling_A: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        positive = ("convergence_mrad", "thickness_step_A", "thickness_A", "phonons", "slice_A", "width_A")
        need_positive(**{name: getattr(self, name) for name in positive})
        for detector, inner, outer in self.detectors_mrad:
            if not 0 <= inner < outer:
                raise InputError(
                    f"detector {detector} from {inner} to {outer} mrad is impossible; give 0 ≤ inner < outer."
                )
        for energy_kV in self.energies_kV:
            reach_mrad = self.largest_angle_mrad(energy_kV)
            if self.outer_mrad > reach_mrad:
                raise InputError(
                    f"a detector to {self.outer_mrad:g} mrad lies beyond the {reach_mrad:.0f} mrad that a sampling of "
                    f"{self.sampling_A} Å reaches at {energy_kV:g} kV; sample finer or make the detector smaller."
                )

    @property
    def outer_mrad(self) -> float:
        """The largest angle that any detector collects."""
        return max(outer for _, _, outer in self.detectors_mrad)

    def pixel_A(self, energy_kV: float) -> float:
        """Pixel of the wave functions."""
        return self.sampling_A or _ABTEM_ANTIALIAS * wavelength_A(energy_kV) / (2e-3 * self.outer_mrad)

    def largest_angle_mrad(self, energy_kV: float) -> float:
        """The angle up to which scattering is simulated."""
        return 1e3 * _ABTEM_ANTIALIAS * wavelength_A(energy_kV) / (2 * self.pixel_A(energy_kV)) * (1 + 1e-9)

    def probe_step_A(self, energy_kV: float) -> float:
        """Nyquist distance between probe positions: λ / 4α."""
        return wavelength_A(energy_kV) / (4e-3 * self.convergence_mrad)


@dataclass(frozen=True)
class Task:
    """One frozen-phonon configuration of one specimen at one voltage.

    Attributes:
        specimen: a crystal's name or CIF, or a film's name.
        zone: direction of the beam; unused for films.
        growth: direction of growth; unused for films.
        energy_kV: acceleration voltage.
        phonon: index of the configuration.
        settings: how to simulate.
    """

    specimen: str
    zone: Direction | tuple[()]
    growth: Direction | tuple[()]
    energy_kV: float
    phonon: int
    settings: MultisliceSettings

    @property
    def key(self) -> str:
        """A file name for its result: of the same parameters, and the same content of a CIF, and of no others."""
        parameters = json.dumps(asdict(self), sort_keys=True)
        content = sha256_of(self.specimen) if self.specimen.lower().endswith(".cif") else ""
        digest = hashlib.sha256((parameters + content).encode()).hexdigest()[:12]
        return f"{entry_name(self.specimen, self.zone, self.growth)}_{self.energy_kV:g}kV_{self.phonon}_{digest}"

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers of this task's own."""
        words = hashlib.sha256(f"{self.specimen} {self.zone} {self.energy_kV} {self.phonon}".encode()).digest()
        return np.random.default_rng([self.settings.seed, *words])


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


def simulate(task: Task, device: Literal["cpu", "gpu"] = "cpu") -> Floats:
    """Run one task.

    Args:
        task: what to simulate.
        device: "gpu" needs CuPy.

    Returns:
        float64 (positions, thicknesses, detectors), share of the beam that a detector collects.
    """
    rng, scan = task.rng, scan_of(task)
    supercell = scan.supercell(rng)
    positions_A = scan.positions_A(rng)
    atoms, pixel_A = supercell.atoms, task.settings.pixel_A(task.energy_kV)
    gpts = tuple(next_fast_len(int(np.ceil(length / pixel_A)), real=False) for length in atoms.cell.lengths()[:2])
    detectors: Any = [abtem.AnnularDetector(inner, outer) for _, inner, outer in task.settings.detectors_mrad]
    with abtem.config.set({"device": device, "fftw.threads": 1}), dask.config.set(scheduler="single-threaded"):
        potential: Any = abtem.Potential(
            atoms, gpts=gpts, slice_thickness=supercell.slice_A, exit_planes=supercell.slices_per_step
        ).build(lazy=False)
        probe = abtem.Probe(energy=task.energy_kV * 1e3, semiangle_cutoff=task.settings.convergence_mrad)
        probe.grid.match(potential)
        measured: Any = probe.scan(potential, scan=abtem.CustomScan(positions_A), detectors=detectors, lazy=False)
        collected = np.stack([np.asarray(m.to_cpu().array, np.float64) for m in measured], axis=-1)
    by_plane = collected.reshape(-1, len(positions_A), len(detectors))  # the first may be the entrance: nothing yet
    return np.moveaxis(by_plane[-supercell.steps :], 0, 1)


def spread_probe(
    settings: MultisliceSettings, energy_kV: float, radii_A: NDArray[Any], thickness_A: NDArray[Any]
) -> Floats:
    """The probe's intensity averaged over the depth of a film.

    Args:
        settings: whose aperture; the probe is focused on the entrance surface.
        energy_kV: acceleration voltage.
        radii_A: multiples of 0.1 Å, from 0 up.
        thickness_A: multiples of 10 Å.

    Returns:
        float64 (thicknesses, radii), per Å²; over the plane it sums to 1.
    """
    depths_A = np.arange(5.0, float(thickness_A[-1]), 10.0)
    probe = abtem.Probe(
        energy=energy_kV * 1e3, semiangle_cutoff=settings.convergence_mrad, extent=60.0, gpts=600, C10=-depths_A
    )
    with dask.config.set(scheduler="single-threaded"):
        intensity = np.asarray(probe.build(lazy=False).intensity().array, np.float64)  # (depths, x, y)
    centre = np.unravel_index(np.argmax(intensity[0]), intensity[0].shape)
    x, y = np.indices(intensity[0].shape)
    rings = np.rint(np.hypot(x - centre[0], y - centre[1])).astype(int)
    inside = rings < len(radii_A)
    pixels = np.bincount(rings[inside])
    radial = np.array([np.bincount(rings[inside], plane[inside]) / pixels for plane in intensity])
    radial /= intensity.sum(axis=(1, 2))[:, None] * 0.1**2
    return np.array([radial[depths_A < thickness].mean(axis=0) for thickness in thickness_A])
