"""`samiam view`: what it refuses, and that it serves."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from samiam.cli import main
from samiam.commands import viewing
from samiam.commands.segment_settings import SegmentSettings
from samiam.commands.segmenting import SegmentJob
from samiam.viewer import view
from samiam.viewer.desk import Desk, Item
from samiam.viewer.seeing.method import Method

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `samiam view` in a folder with a small picture, and gives the exit code and what was said of faults."""
    monkeypatch.chdir(tmp_path)
    stripes = np.indices((96, 96)).sum(axis=0) % 6 < 3
    np.save("halves.npy", (np.kron([[0.3, 0.9]], np.ones((96, 48))) * stripes).astype(np.float32))

    def run(*words: str) -> tuple[int, str]:
        code = main(["view", *words])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "samiam: no file is given; name one, or try --example.\n"),
        (("missing.tif",), "samiam: missing.tif: no such file; check the path.\n"),
        (("halves.npy", "--port", "70000"), "samiam: port 70000: give 0 (any) to 65535.\n"),
        (("halves.npy", "-o", "halves.npy/x"), "samiam: halves.npy/x: cannot be written to (Not a directory); choose "),
        (("halves.npy", "--generator", "nope"), "samiam: unknown generator 'nope'. Known are "),
    ],
)
def test_refusals(run: Run, words: tuple[str, ...], said: str) -> None:
    code, err = run(*words, "--no-browser")
    assert code == 2
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, err = run("halves.npy", "--no-browser", "--port", str(port))
    assert (code, err) == (2, f"samiam: port {port} cannot be had (Address already in use); give another by --port.\n")


def test_results_of_another_image_are_left_alone(run: Run) -> None:
    Path("results/halves").mkdir(parents=True)
    one = {"sha256": "x", "frame": None, "channel": None, "dataset": None, "path": "other.tif"}
    noted = json.dumps({"samiam": "0.1", "input": one})
    Path("results/halves/provenance.json").write_text(noted)
    code, err = run("halves.npy", "--no-browser")
    assert code == 2
    assert "results/halves holds the results of another image, other.tif" in err


def test_a_file_with_other_content_begins_afresh_where_it_may_overwrite(run: Run, tmp_path: Path) -> None:
    made = view("halves.npy", output=tmp_path / "results", who="Ann")
    made.session().delete(1)
    made.session().judge(True)
    made.save()
    made.close()
    np.save("halves.npy", np.load("halves.npy")[:, ::-1])
    assert "holds the results of another image" in run("halves.npy", "--no-browser")[1]
    job, place = SegmentJob.of(SegmentSettings(), overwrite=True), tmp_path / "results" / "halves"
    item = Item("halves", lambda: viewing._read(Path("halves.npy"), place, job), place, overwrite=True)
    session = Desk([item], Method(lambda: viewing._made(job.chosen)), "Bea").opened(0).session
    assert (session.steps, session.verdict) == ([], None)


def test_without_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "uvicorn" or name == "samiam.viewer.app"]:
        monkeypatch.delitem(sys.modules, module)
    found = sys.meta_path[:]

    class Missing:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "uvicorn":
                raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")

    monkeypatch.setattr(sys, "meta_path", [Missing, *found])
    code, err = run("halves.npy", "--no-browser")
    assert (code, err) == (2, "samiam: this needs uvicorn; pip install 'samiam[viewer]'.\n")


@pytest.mark.usefixtures("run")
@pytest.mark.slow
def test_it_serves_until_it_is_interrupted() -> None:
    words = [sys.executable, "-m", "samiam", "view", "halves.npy", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.fullmatch(r"open (http://127\.0\.0\.1:\d+/[\w-]{32}/) \(Ctrl-C ends it\)\n", said)
        assert address is not None, said
        try:
            with urllib.request.urlopen(address[1], timeout=30) as page:
                assert page.status == 200
        except OSError:
            process.kill()
            raise
        process.send_signal(2)
        try:
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")
