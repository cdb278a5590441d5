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
print(os.environ["OPENBLAS_THREAD_TIMEOUT"], "numpy" in sys.modules)
"""


@pytest.mark.parametrize(("given", "wanted"), [({}, "4"), ({"OPENBLAS_THREAD_TIMEOUT": "20"}, "20")])
def test_threads_sleep_between_products_unless_told_otherwise(given: dict[str, str], wanted: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_THREAD_TIMEOUT"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env={**kept, **given}, capture_output=True, text=True)
    assert done.stdout.split() == [wanted, "False"], done.stderr
