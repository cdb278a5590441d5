"""Multislice simulation of what atomic columns of a crystal, and atoms of a film, send onto the detectors.

Direct multislice with frozen phonons at the irreducible probe positions of one projected cell; all thicknesses come
from one run.
"""

from __future__ import annotations

from typing import Any, Literal

import abtem
import dask
import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from simulate.library.scans import scan_of
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import Task

Floats = NDArray[np.float64]


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
