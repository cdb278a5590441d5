"""Fill a folder with exit waves: one task for each specimen, on a Dask scheduler.

What is there already is kept, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from distributed import as_completed
from tqdm import tqdm

from samiam.cluster import dask_client
from samiam.errors import InputError
from samiam.storage.files import made_folder
from simulate.particles.multislice import Device
from simulate.particles.settings import SpecimenRanges, WaveSettings
from simulate.particles.tasks import WaveTask, check_materials, simulate_wave
from simulate.particles.waves import ExitWave, Precision


def build_waves(
    folder: str | Path,
    split: str,
    n_specimens: int,
    ranges: SpecimenRanges,
    settings: WaveSettings,
    *,
    precision: Precision = "float16",
    scheduler: str | None = None,
    workers: int | None = None,
    device: Device = "cpu",
) -> list[Path]:
    """Work out the exit waves of a split and write each to a file.

    Args:
        folder: in which the split becomes a folder.
        split: its name. Specimens of two splits are never alike.
        n_specimens: numbers 0 … n - 1.
        ranges: what they are drawn from.
        settings: how their waves are worked out.
        precision: of the waves that are kept.
        scheduler: address of a Dask scheduler; a local cluster with one thread a worker where None.
        workers: of the local cluster; as many as there are cores where None.
        device: "gpu" needs CuPy on every worker.

    Returns:
        The files of all specimens.

    Raises:
        InputError: if a material is unknown, the folder or the scheduler cannot be reached, or the folder has
            specimens of the same names that were drawn otherwise.
    """
    if not split.isidentifier():
        raise InputError(f"split {split!r}: give a name of letters and digits, as it becomes a folder.")
    check_materials(ranges)
    place = made_folder(Path(folder) / split)
    tasks = [WaveTask(split, number, ranges, settings) for number in range(n_specimens)]
    paths = {task: place / f"{task.name}.safetensors" for task in tasks}
    waiting = [task for task, path in paths.items() if not _is_there(task, path)]
    with tqdm(total=len(tasks), initial=len(tasks) - len(waiting), unit="specimen", smoothing=0) as progress:
        for task, wave in _results(waiting, scheduler, workers, device):
            wave.save(paths[task], precision)
            progress.update()
    return list(paths.values())


def _is_there(task: WaveTask, path: Path) -> bool:
    if not path.exists():
        return False
    if ExitWave.load(path).parameters.get("key") != task.key:
        raise InputError(f"{path}: was made with other settings; choose another folder or seed.")
    return True


def _results(
    tasks: Sequence[WaveTask], scheduler: str | None, workers: int | None, device: Device
) -> Iterator[tuple[WaveTask, ExitWave]]:
    """Each task with its wave, as they finish."""
    if not tasks:
        return
    with dask_client(scheduler, workers) as client:
        futures = {client.submit(simulate_wave, task, device, key=task.key): task for task in tasks}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()  # what has been written is given up
