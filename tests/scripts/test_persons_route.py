"""The person's route, from end to end in a real browser, on a few small micrographs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.chromium import chromium_or_skip

pytestmark = pytest.mark.slow
pytest.importorskip("playwright.sync_api", reason="needs playwright; pip install 'samiam[test]'")
pytest.importorskip("uvicorn", reason="needs uvicorn; pip install 'samiam[viewer]'")
chromium_or_skip()

ROOT = Path(__file__).parents[2]
SMALL = ["trainer.epochs=1", "data.rules.batches=1", "data.rules.side_px=64", "data.rules.old_scenes=1"]


def test_from_micrographs_without_labels_to_weights(tmp_path: Path) -> None:
    words = ["--family", "striped", "--images", "2", "--side", "256", "-o", str(tmp_path), "--train", *SMALL]
    script = str(ROOT / "scripts" / "persons_route.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, *words], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "route.csv").set_index("part")
    corrected, tested = table.loc["corrected"], table.loc["tested"]
    assert corrected["after"].mean() > corrected["before"].mean()
    assert corrected["steps"].sum() > 0
    assert tested["after"].between(0, 1).all()
    assert "learnt weights" in done.stdout or "starting weights" in done.stdout
    assert len(list(tmp_path.glob("dataset/Ann/dataset/*.tif"))) == 2
