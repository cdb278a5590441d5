"""Fill the library: tasks on a Dask scheduler, then one file for each entry.

Finished tasks are kept, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from distributed import as_completed
from numpy.typing import NDArray
from tqdm import tqdm

from samiam.cluster import dask_client
from samiam.storage.files import made_folder, replacing
from simulate.library.crystals import FILMS, Direction
from simulate.library.entries import entry_name
from simulate.library.multislice import simulate, spread_probe
from simulate.library.scans import CrystalScan, FilmScan, scan_of
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import LibraryEntry, Task, tasks_of

_UP: Direction = (0, 0, 1)
SHIPPED: tuple[LibraryEntry, ...] = (
    ("SrTiO3", (1, 0, 0), _UP),
    ("Ge", (1, 1, 0), _UP),
    *((film, (), ()) for film in FILMS),
    *((perovskite, (1, 0, 0), _UP) for perovskite in ("LaFeO3", "LaMnO3", "WO3", "SrNbO3")),
    ("SrTiO3", (1, 1, 0), _UP),
    ("Ge", (1, 0, 0), _UP),
)
_RADII_A = 0.1 * np.arange(80)  # 8 Å, four σ of the widest Gaussian


def build_library(
    entries: tuple[LibraryEntry, ...],
    settings: MultisliceSettings,
    *,
    folder: Path,
    work: Path,
    scheduler: str | None = None,
    workers: int | None = None,
    device: Literal["cpu", "gpu"] = "cpu",
) -> list[Path]:
    """Simulate library entries and write them.

    Args:
        entries: what to simulate.
        settings: how.
        folder: where the entries are written.
        work: where finished tasks are kept; a run that was stopped goes on from there.
        scheduler: address of a Dask scheduler; a local cluster with one thread a worker where None.
        workers: of the local cluster; as many as there are cores where None.
        device: "gpu" needs CuPy on every worker.

    Returns:
        The written files.

    Raises:
        InputError: if a specimen or direction is unknown, or a folder or the scheduler cannot be reached.
    """
    tasks = [task for entry in entries for task in tasks_of(entry, settings)]
    for task in tasks:
        scan_of(task)  # what cannot be simulated is refused before anything is
    for place in (folder, work):
        made_folder(place)
    waiting = [task for task in tasks if not (work / f"{task.key}.npy").exists()]
    with tqdm(total=len(tasks), initial=len(tasks) - len(waiting), unit="task", smoothing=0) as progress:
        for task, result in _results(waiting, scheduler, workers, device):
            with replacing(work / f"{task.key}.npy") as partial:
                np.save(partial, result)
            progress.update()
    return [_assemble(entry, settings, folder, work) for entry in entries]


def _results(
    tasks: list[Task], scheduler: str | None, workers: int | None, device: Literal["cpu", "gpu"]
) -> Iterator[tuple[Task, NDArray[np.float64]]]:
    """Each task with its result, as they finish."""
    if not tasks:
        return
    with dask_client(scheduler, workers) as client:
        futures = {client.submit(simulate, task, device, key=task.key): task for task in tasks}
        for future, result in as_completed(futures, with_results=True):
            yield futures[future], result


def _assemble(entry: LibraryEntry, settings: MultisliceSettings, folder: Path, work: Path) -> Path:
    """One library file: the mean over the frozen-phonon configurations."""
    arrays: dict[str, NDArray[Any]] = {}
    header: dict[str, Any] = {
        "settings": asdict(settings),
        "versions": {name: version(name) for name in ("abtem", "ase", "numpy")},
    }
    for energy_kV in settings.energies_kV:
        tasks = [task for task in tasks_of(entry, settings) if task.energy_kV == energy_kV]
        mean = np.mean([np.load(work / f"{task.key}.npy") for task in tasks], axis=0)
        scan = scan_of(tasks[0])
        thickness_A = np.array([scan.step_A * (step + 1) for step in range(mean.shape[1])])
        arrays["thickness_A"] = thickness_A
        if isinstance(scan, FilmScan):
            boxes = [scan_of(task).supercell(task.rng).atoms for task in tasks]
            density = float(np.mean([len(box) / box.get_volume() for box in boxes]))  # grains do not fill a box
            header |= {"specimen": scan.film.name, "film": asdict(scan.film) | {"simulated_atoms_per_A3": density}}
            arrays[f"fraction_{energy_kV:g}kV"] = mean.mean(axis=0).T
            arrays[f"profile_{energy_kV:g}kV"] = spread_probe(settings, energy_kV, _RADII_A, thickness_A)
            arrays["profile_radii_A"] = _RADII_A
        else:
            header |= _described(scan, entry)
            arrays[f"images_{energy_kV:g}kV"] = np.moveaxis(scan.unfolded(mean), 1, 0)
    path = folder / f"{entry_name(*entry)}.npz"
    with replacing(path) as partial:
        singles: Any = {name: array.astype(np.float32) for name, array in arrays.items()}
        np.savez_compressed(partial, header=json.dumps(header), **singles)
    return path


def _described(scan: CrystalScan, entry: LibraryEntry) -> dict[str, Any]:
    return {
        "specimen": scan.crystal.name,
        "zone": entry[1],
        "growth": entry[2],
        "cell_A": scan.cell.cell.lengths().tolist(),
        "columns": [asdict(column) for column in scan.columns],
        "source": scan.crystal.source,
        "rms_A": dict(scan.crystal.rms_A),
    }
