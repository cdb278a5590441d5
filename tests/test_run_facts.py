"""What stands at the head of every report."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from samiam.commands.evaluating.run_facts import run_facts

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout")
def test_a_run_in_a_checkout_names_its_commit() -> None:
    words = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    head = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert run_facts("python evaluate.py")["commit"].startswith(head)
