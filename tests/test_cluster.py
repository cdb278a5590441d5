from __future__ import annotations

import logging
import os

import dask
import pytest

from samiam import cluster
from samiam.cluster import dask_client
from samiam.errors import InputError


@pytest.mark.slow  # starts processes; a scheduler that runs is asked below
def test_a_local_cluster_of_processes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), dask_client(workers=2) as client:
        processes = client.run(os.getpid)
    assert [record.getMessage() for record in caplog.records if record.levelno < logging.WARNING] == []
    assert len(set(processes.values())) == 2
    assert os.getpid() not in processes.values()


def test_a_running_scheduler(scheduler: str) -> None:
    for _ in range(2):  # it is not ours to stop
        with dask_client(scheduler) as client:
            assert client.submit(sum, [1, 2]).result() == 3


def test_an_unreachable_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(cluster, "Client", refused)
    message = r"no Dask scheduler answers at tcp://nowhere:1 \(timed out\)"
    with pytest.raises(InputError, match=message), dask_client("tcp://nowhere:1"):
        pass


def test_no_workers() -> None:
    with pytest.raises(InputError, match="0 workers can do nothing"), dask_client(workers=0):
        pass


def test_workers_keep_memory_for_the_next_image() -> None:
    with dask_client(workers=1) as client:
        environment = client.submit(lambda: dict(os.environ)).result()
    assert environment["OMP_NUM_THREADS"] == "1"
    assert "MALLOC_TRIM_THRESHOLD_" not in environment


def test_nobody_looks_at_the_stacks_of_workers() -> None:
    enabled = "distributed.worker.profile.enabled"
    with dask.config.set({enabled: True}):
        with dask_client(workers=1) as client:
            assert client.submit(lambda: dask.config.get(enabled)).result() is False
            assert client.run_on_scheduler(lambda: dask.config.get(enabled)) is False
        assert dask.config.get(enabled) is True  # of other programs
