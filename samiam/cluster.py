"""A Dask client: of a scheduler somewhere, or of a local cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

from samiam.errors import InputError

_TIMEOUT = "10s"
"""A scheduler that runs answers within a second, one on a busy machine within a few."""

_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"

NO_PROFILE = {"distributed.worker.profile.enabled": False}
"""Dask looks at the stacks of its threads a hundred times a second, by which CPython 3.11 hangs for good now and then
(https://github.com/dask/distributed/issues/8616); nobody looks at what it saw."""


def _environment() -> dict[str, object]:
    """What workers begin with, but for memory that is given back to the system at once.

    Images need as much again for every array, and to fault it in anew each time costs a third of what they compute.
    """
    usual = dask.config.get(_ENVIRONMENT)
    return {name: value for name, value in usual.items() if name != "MALLOC_TRIM_THRESHOLD_"}


@contextmanager
def dask_client(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """Connect to a Dask scheduler, or start a local cluster that ends with the block.

    Args:
        scheduler: address of a running scheduler; None for a local cluster of processes with one thread each.
        workers: of the local cluster; as many as there are cores where None.

    Raises:
        InputError: if no scheduler answers, or the number of workers is not positive.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers can do nothing; give 1 or more.")
    logging.getLogger("distributed").setLevel(logging.WARNING)  # how it goes on is nothing to who waits for results
    if scheduler is None:
        options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
        with (
            dask.config.set({_ENVIRONMENT: _environment(), **NO_PROFILE}),
            LocalCluster(**options) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_TIMEOUT)
    except (OSError, ValueError) as error:
        message = f"no Dask scheduler answers at {scheduler} ({error}); start one with `dask scheduler`."
        raise InputError(message) from None
    with client:
        yield client
