"""What programs do before they import anything dear."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from samiam.beginning import begin
begin()
print(os.environ["OPENBLAS_NUM_THREADS"], "numpy" in sys.modules)
"""


@pytest.mark.parametrize(("given", "wanted"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")])
def test_products_are_by_one_thread_unless_told_otherwise(given: dict[str, str], wanted: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env={**kept, **given}, capture_output=True, text=True)
    assert done.stdout.split() == [wanted, "False"], done.stderr


@pytest.mark.parametrize(
    "start", ["beginning import begin; begin()", "commands.files.spreading import _begin; _begin()"]
)
def test_garbage_is_looked_for_less_often(start: str) -> None:
    code = f"import gc; usual = gc.get_threshold()\nfrom samiam.{start}\nprint(usual[0], gc.get_threshold()[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    usual, now = map(int, done.stdout.split())
    assert now > 10 * usual


FAULTS = """
from samiam.beginning import begin
begin()
import platform, resource
import numpy as np
def work():
    arrays = [np.ones(2**20) for _ in range(8)]  # 8 MiB each
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    work()
print(platform.libc_ver()[0], resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what is kept is glibc's")
@pytest.mark.parametrize(("given", "kept"), [({}, True), ({"MALLOC_TRIM_THRESHOLD_": "0"}, False)])
def test_memory_is_kept_for_the_next_array_unless_told_otherwise(given: dict[str, str], kept: bool) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", FAULTS], env={**others, **given}, capture_output=True, text=True)
    library, n_faults = done.stdout.split()
    if library != "glibc":
        pytest.skip("another C library")
    assert (int(n_faults) < 1000) == kept, done.stderr  # 80 arrays of 2048 pages
