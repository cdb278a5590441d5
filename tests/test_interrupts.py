"""Ctrl-C while a program starts, and afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = ([str(ROOT / "evaluate.py")], [str(ROOT / "train.py")], ["-m", "samiam", "--help"], ["-m", "simulate", "-h"])
# Imported by every program; a library that swallows whatever goes wrong within it.
SWALLOWS = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
except BaseException:
    pass
raise ImportError("not reached")
"""
BEGUN = """
import os, signal
from samiam.interrupts import before_end, end_silently, heed
end_silently()
before_end(lambda: print("undone", flush=True))
{}
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    print("put in order", flush=True)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals as POSIX has them")


def done(
    *words: str, beside: Path = ROOT, cwd: Path | None = None, on_interrupt: signal.Handlers = signal.SIG_DFL
) -> tuple[int, str, str]:
    """Exit code and output of a process.

    It takes notice of Ctrl-C as `on_interrupt` says, even where the tests themselves were begun in the background, to
    take none.
    """
    finished = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, "PYTHONPATH": f"{beside}{os.pathsep}{ROOT}"},
        cwd=cwd,
        preexec_fn=lambda: signal.signal(signal.SIGINT, on_interrupt),
    )
    return finished.returncode, finished.stdout, finished.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_starting(program: list[str], tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text(SWALLOWS)
    assert done(*program, beside=tmp_path, cwd=tmp_path) == (130, "", "")
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["argparse.py"]


@pytest.mark.parametrize(("begin", "expected"), [("", (130, "undone\n", "")), ("heed()", (0, "put in order\n", ""))])
def test_before_and_after_the_work_begins(begin: str, expected: tuple[int, str, str]) -> None:
    assert done("-c", BEGUN.format(begin)) == expected


def test_a_program_begun_to_take_no_notice_goes_on() -> None:
    code = BEGUN.format("").replace("signal.pause()", 'print("went on")')
    assert done("-c", code, on_interrupt=signal.SIG_IGN) == (0, "went on\n", "")
