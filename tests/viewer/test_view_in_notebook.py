"""`samiam.view` as the output of a notebook's cell: a kernel's page, in a page of another origin, in a real browser."""

from __future__ import annotations

from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.chromium import chromium_or_skip
from tests.serving import serving

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # of Jupyter, about itself
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright; pip install 'samiam[test]'")
pytest.importorskip("uvicorn", reason="needs uvicorn; pip install 'samiam[viewer]'")
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
CHROMIUM = chromium_or_skip()

SHOWN = "import samiam\nviewer = samiam.view(samiam.example(), who='Ann')\nviewer"
ASKED = "[step.what for step in viewer.session().steps], len(viewer.result().material_of)"


def test_a_click_into_the_output_of_a_cell_is_a_step_of_the_kernel(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (SHOWN, ASKED)])
    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        output = notebook.cells[0].outputs[-1].data["text/html"]
        (tmp_path / "index.html").write_text(output, encoding="utf-8")
        with serving(server):
            click_into(f"http://localhost:{server.server_port}/")
        client.execute_cell(notebook.cells[1], 1)
    # The answer takes the place of a region that was there, of which it leaves no specks.
    assert notebook.cells[1].outputs[-1].data["text/plain"] == "(['point'], 3)"


def click_into(address: str) -> None:
    """With the tool that points, in the middle of the image."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        viewer = page.frame_locator("iframe")
        viewer.locator("body[data-state=ready]").wait_for(timeout=120_000)
        viewer.locator("#screen").press("p")
        viewer.locator("#screen").click()
        viewer.locator("li", has_text="pointed at region 4").wait_for(timeout=120_000)
        browser.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
