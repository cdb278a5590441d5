"""All scenes of a run, one after the other or on many workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch
from distributed import as_completed
from tqdm import tqdm

from samiam.benchmark.scenes.sources import Source
from samiam.benchmark.study import Item, Outcome, OutcomeOf, Result, Study, examine, line_of
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
    work = partial(examine, study=replace(study, threads=threads_of_all(study.threads)))
    return spread(sources, work, Outcome, unit="scene", workers=workers, scheduler=scheduler)


def threads_of_all(threads: int | None) -> int:
    """As many as were asked for, or as torch takes here; a Dask worker by itself would take one."""
    return threads or int(torch.get_num_threads())


def spread(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    outcome: OutcomeOf[Item, Result],
    *,
    unit: str,
    workers: int | None = 1,
    scheduler: str | None = None,
) -> list[Result]:
    """Do the same with all items, here or on many workers; a progress bar tells how long it will take.

    Args:
        items: can be sent to another process.
        work: what is done with each; it raises nothing.
        outcome: makes a result of an item whose worker died, and of the line that says so.
        unit: what the progress bar counts.
        workers: see `run`.
        scheduler: likewise.

    Returns:
        One result for each item, in their order.

    Raises:
        InputError: if no scheduler answers.
    """
    found: list[Result | None] = [None] * len(items)
    results = _results(items, work, outcome, workers, scheduler)
    for place, result in tqdm(results, total=len(items), unit=unit):
        found[place] = result
    return [result for result in found if result is not None]


def _results(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    outcome: OutcomeOf[Item, Result],
    workers: int | None,
    scheduler: str | None,
) -> Iterator[tuple[int, Result]]:
    """Each item's place with its result, as they come."""
    if scheduler is None and (workers == 1 or len(items) == 1):
        yield from ((place, work(item)) for place, item in enumerate(items))
        return
    with dask_client(scheduler, workers) as client:
        futures = client.map(work, items, pure=False)
        places = {future.key: place for place, future in enumerate(futures)}
        for future in as_completed(futures):
            place = places[future.key]
            error = future.exception()  # a worker ran out of memory, say
            yield place, future.result() if error is None else outcome(items[place], failure=line_of(error))
            future.release()
