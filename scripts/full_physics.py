"""Scan the SrTiO3/Ge interface of `simulate.scenes.validation` with abTEM (PRISM) and compare the composition with it.

`python scripts/full_physics.py` redraws docs/full_physics.png and prints the agreement; `--scan` recomputes the
reference first (about 25 minutes on two cores, 10 GB).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import abtem
import dask
import matplotlib.pyplot as plt
import numpy as np
from ase import Atoms
from dask.diagnostics import ProgressBar
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from simulate.library.crystals import crystal
from simulate.library.multislice import simulate
from simulate.library.scans import scan_of
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import tasks_of
from simulate.scenes import validation
from simulate.scenes.validation import InterfaceScan

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "tests" / "simulate" / "scenes" / "reference" / "sto_ge_interface.npz"
FIGURE = ROOT / "docs" / "full_physics.png"
INTERPOLATION = 2  # of PRISM: probes see a window of half the supercell's width and height


def scan(phonons: int, seed: int) -> InterfaceScan:
    """The complete scan, averaged over frozen-phonon configurations."""
    stack, settings = validation.interface(), MultisliceSettings()
    atoms = validation.atoms_of(stack)
    width_A, low_A, high_A, _ = validation.supercell_A(stack)
    step_A = settings.probe_step_A(validation.ENERGY_KV)
    n_x, n_y = (int(np.ceil(length / step_A)) for length in validation.SCANNED_A)
    x_A = (np.arange(n_x) + 0.5) / n_x * validation.SCANNED_A[0] - validation.SCANNED_A[0] / 2
    y_A = (np.arange(n_y) + 0.5) / n_y * validation.SCANNED_A[1] - (high_A + low_A) / 2 - validation.SCANNED_A[1] / 2
    grid = abtem.GridScan(
        start=(x_A[0] + width_A / 2, y_A[0] + high_A),
        end=(x_A[-1] + width_A / 2, y_A[-1] + high_A),
        gpts=(n_x, n_y),
        endpoint=True,
    )
    rng = np.random.default_rng(seed)
    images = np.mean([_scan_once(_vibrating(atoms, rng), grid, settings) for _ in range(phonons)], axis=0)
    return InterfaceScan(images.astype(np.float32), x_A, y_A)


def _vibrating(atoms: Atoms, rng: np.random.Generator) -> Atoms:
    rms_A = dict(crystal("SrTiO3").rms_A) | dict(crystal("Ge").rms_A)
    moved = atoms.copy()
    moved.positions += np.array([rms_A[s] for s in atoms.symbols])[:, None] * rng.normal(size=(len(atoms), 3))
    moved.positions[:, 2] += float(atoms.cell.lengths()[2]) / validation.REPEATS / 4  # planes in the middle of slices
    moved.wrap()
    return moved


def _scan_once(atoms: Atoms, grid: abtem.GridScan, settings: MultisliceSettings) -> NDArray[np.float32]:
    """One configuration: (detectors, H, W)."""
    pixel_A = 0.98 * settings.pixel_A(validation.ENERGY_KV)  # so that rounding leaves the outer angle inside
    gpts = tuple(
        INTERPOLATION * next_fast_len(int(np.ceil(length / pixel_A / INTERPOLATION)), real=False)
        for length in atoms.cell.lengths()[:2]
    )
    slice_A = float(atoms.cell.lengths()[2]) / validation.REPEATS / 2
    waves = abtem.SMatrix(
        potential=abtem.Potential(atoms, gpts=gpts, slice_thickness=slice_A),
        energy=validation.ENERGY_KV * 1e3,
        semiangle_cutoff=settings.convergence_mrad,
        interpolation=INTERPOLATION,
    )
    angles = {name: (inner, outer) for name, inner, outer in settings.detectors_mrad}
    detectors = [abtem.AnnularDetector(*angles[name]) for name in validation.DETECTORS]
    measured = waves.scan(scan=grid, detectors=detectors)
    with ProgressBar():
        return np.stack([image.T for image in dask.compute(*(m.array for m in measured))])  # of one S-matrix


def draw(full: InterfaceScan, ours: InterfaceScan) -> None:
    """HAADF by abTEM, composed, their difference, and the mean over x of both detectors."""
    detector = validation.DETECTORS.index("HAADF")
    pair = [image[detector] for image in (full.images, ours.images)]
    extent = (full.x_A[0], full.x_A[-1], full.y_A[-1], full.y_A[0])
    brightest = float(pair[0].max())
    figure, panels = plt.subplots(1, 4, figsize=(11, 5.2), width_ratios=(1, 1, 1, 1.3), layout="constrained")
    shown = [("abTEM", pair[0]), ("composed", pair[1]), ("composed − abTEM", pair[1] - pair[0])]
    for panel, (title, image) in zip(panels, shown, strict=False):
        is_difference = image.min() < 0
        limits = (-brightest / 2, brightest / 2) if is_difference else (0, brightest)
        panel.imshow(image, extent=extent, cmap="RdBu_r" if is_difference else "gray", vmin=limits[0], vmax=limits[1])
        panel.set(title=title, xlabel="x / Å", ylabel="y / Å")
    for name, theirs, composed in zip(validation.DETECTORS, full.images, ours.images, strict=True):
        panels[3].plot(theirs.mean(axis=1), full.y_A, label=f"{name}, abTEM")
        panels[3].plot(composed.mean(axis=1), full.y_A, "--", label=f"{name}, composed")
    panels[3].set(title="mean over x", xlabel="share of the beam", ylim=extent[2:])
    figure.legend(*panels[3].get_legend_handles_labels(), loc="outside lower right", ncols=4, fontsize="small")
    figure.savefig(FIGURE, dpi=90)


def strain_effect() -> None:
    """What strain alone does to SrTiO3's mean intensity: unit cells, strained to Ge and not, with as many atoms."""
    strained = validation.interface().cells[1]
    assert strained is not None
    cells_A = {"strained": (strained.beam_A, strained.a_A, strained.c_A), "unstrained": (3.905, 3.905, 3.905)}
    means = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, lengths in cells_A.items():
            cell = crystal("SrTiO3").atoms.copy()
            cell.set_cell(lengths, scale_atoms=True)
            cell.write(path := f"{folder}/{name}.cif")
            step_A = validation.REPEATS * lengths[0]
            settings = MultisliceSettings((validation.ENERGY_KV,), thickness_step_A=step_A, thickness_A=step_A)
            tasks = tasks_of((path, (1, 0, 0), (0, 0, 1)), settings)
            means[name] = np.mean([scan_of(t).unfolded(simulate(t)) for t in tasks], axis=(0, 1, 3, 4))
    change = means["strained"] / means["unstrained"] - 1
    print(
        "strain alone: "
        + ", ".join(f"{name} {d:+.1%}" for (name, *_), d in zip(settings.detectors_mrad, change, strict=True))
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scan", action="store_true", help="recompute the reference")
    parser.add_argument("--phonons", type=int, default=1, help="frozen-phonon configurations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strain", action="store_true", help="also simulate what strain alone does (2 minutes)")
    arguments = parser.parse_args()
    if arguments.scan:
        scan(arguments.phonons, arguments.seed).save(REFERENCE)
    full = InterfaceScan.load(REFERENCE)
    stack = validation.interface()
    ours = validation.composed(stack, full)
    for name, image in (("composed", ours), ("Gaussians of Z^1.7", validation.gaussians(stack, full))):
        for detector, agreement in validation.compare(stack, full, image).items():
            print(f"{name}, {detector}: r = {agreement.pearson_r:.4f}, at the interface {agreement.interface_r:.4f}")
            for where, errors in (("away", agreement.column_errors), ("near", agreement.interface_errors)):
                print(f"  {where}: " + ", ".join(f"{kind} {error:+.1%}" for kind, error in errors.items()))
    draw(full, ours)
    if arguments.strain:
        strain_effect()
