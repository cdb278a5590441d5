from __future__ import annotations

import locale
from collections.abc import Iterator

import dask
import pytest
import torch
from distributed import LocalCluster
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from samiam.cluster import NO_PROFILE

# The same examples every time, however busy the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# mutmut calls each test many times in one process (`make mutants`).
settings.register_profile(
    "mutants", settings.get_profile("repeatable"), suppress_health_check=[HealthCheck.differing_executors]
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """On arrays as small as the tests' threads cost more than they bring, many times more on a busy machine."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a Dask scheduler with one worker, in this process."""
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with dask.config.set(NO_PROFILE), LocalCluster(**options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without charts, which take most of their time and which tests/benchmark/report looks at."""
    monkeypatch.setattr("samiam.benchmark.report.write.write_charts", lambda *_: {})


@pytest.fixture
def ascii_locale() -> Iterator[None]:
    """Files are of ASCII where nobody says otherwise, as on servers without a language."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    yield
    locale.setlocale(locale.LC_CTYPE, before)
