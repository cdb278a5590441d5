"""The same with each of several files: here, by several processes, or by the workers of a Dask scheduler."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TypeVar

from threadpoolctl import threadpool_limits

from samiam.beginning import clear_up_less
from samiam.errors import InputError

Result = TypeVar("Result")
Task = Callable[[], Result]


@dataclass(frozen=True)
class Workers:
    """Who does it.

    Attributes:
        n: processes of one thread each; one is this process itself, with the threads that it has.
        scheduler: address of a running Dask scheduler, whose workers do it instead. They see the same files.
    """

    n: int = 1
    scheduler: str | None = None


def n_cores() -> int:
    """Of those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    paths: Sequence[Path], tasks: Sequence[Task[Result]], workers: Workers
) -> Generator[tuple[int, Task[Result]], None, None]:
    """Carry out a task for each file; what is left is given up where the iterator is closed.

    Args:
        paths: the files.
        tasks: one for each, which can be pickled if it is not carried out here.
        workers: who does it.

    Yields:
        The place of a file and what gives its result, or raises what the task has raised, as they are done.

    Raises:
        InputError: if no scheduler answers.
    """
    if workers.scheduler is None and min(workers.n, len(paths)) <= 1:
        yield from enumerate(tasks)
        return
    with _executor(workers, len(paths)) as executor:
        futures = {executor.submit(task): place for place, task in enumerate(tasks)}
        for future in as_completed(futures):
            yield futures[future], partial(_result, future, paths[futures[future]])


def _result(future: Future[Result], path: Path) -> Result:
    try:
        return future.result()
    except Exception as error:
        if not isinstance(error, BrokenExecutor) and type(error).__name__ != "KilledWorker":  # which is Dask's
            raise
        raise InputError(
            f"{path}: its worker died, perhaps for want of memory; give the same command with fewer --workers."
        ) from error


@contextmanager
def _executor(workers: Workers, n_files: int) -> Iterator[Executor]:
    if workers.scheduler is not None:
        from samiam.cluster import dask_client

        with dask_client(workers.scheduler) as client:
            yield client.get_executor(pure=False)
        return
    others = set(multiprocessing.active_children())
    # Libraries with threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers.n, n_files), context, initializer=_begin) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise


def _begin() -> None:
    """In each process: one thread, deaf to Ctrl-C, which its parent hears, and gone when that is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"  # of libraries that are not loaded yet
    threadpool_limits(1)
    clear_up_less()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
