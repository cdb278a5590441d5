"""The notebooks of the docs run from top to bottom, in an empty folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")

NOTEBOOKS = sorted((Path(__file__).parent.parent / "docs" / "notebooks").glob("*.md"))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Jupyter, about itself
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NOTEBOOKS])
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    notebook = jupytext.read(path)
    notebook.cells.append(
        jupytext.reads("```python\nassert not globals().get('_exit_code')\n```", fmt="md").cells[0]  # of the last `!`
    )
    nbclient.NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in said)
    assert list(tmp_path.glob("results/sto_on_ge/overlay.png"))
