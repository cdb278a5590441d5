"""All scenes of a run, one after the other or on many workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from distributed import as_completed
from tqdm import tqdm

from samiam.benchmark.scenes.sources import Source
from samiam.benchmark.study import Outcome, Study, examine, line_of
from samiam.cluster import dask_client


def run(
    sources: Sequence[Source],
    study: Study,
    *,
    workers: int | None = 1,
    scheduler: str | None = None,
) -> list[Outcome]:
    """Examine all scenes; a progress bar tells how long it will take.

    Args:
        sources: the scenes.
        study: what is done with each.
        workers: processes on this machine, as many as it has cores where None; one is this process itself.
        scheduler: address of a running Dask scheduler, whose workers then do it.

    Returns:
        One outcome for each source, in the order of the sources, whoever was done first.

    Raises:
        InputError: if a setting of the study cannot be used, or no scheduler answers.
    """
    _ = study.methods  # refused before anything is begun
    # A Dask worker by itself would take one thread.
    study = replace(study, threads=study.threads or torch.get_num_threads())
    found: list[Outcome | None] = [None] * len(sources)
    for place, outcome in tqdm(_outcomes(sources, study, workers, scheduler), total=len(sources), unit="scene"):
        found[place] = outcome
    return [outcome for outcome in found if outcome is not None]


def _outcomes(
    sources: Sequence[Source], study: Study, workers: int | None, scheduler: str | None
) -> Iterator[tuple[int, Outcome]]:
    """Each source's place with its outcome, as they come."""
    if scheduler is None and (workers == 1 or len(sources) == 1):
        yield from ((place, examine(source, study)) for place, source in enumerate(sources))
        return
    with dask_client(scheduler, workers) as client:
        futures = client.map(examine, sources, study=study, pure=False)
        places = {future.key: place for place, future in enumerate(futures)}
        for future in as_completed(futures):
            place = places[future.key]
            died = future.exception()  # a worker ran out of memory, say; `examine` itself raises nothing
            yield place, future.result() if died is None else Outcome(sources[place], failure=line_of(died))
            future.release()
