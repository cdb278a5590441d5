"""Hostile inputs tried one after the other in a process of their own, which may be killed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

_TESTS = Path(__file__).parents[1]
sys.path += [str(_TESTS.parent), str(_TESTS), str(_TESTS / "formats")]  # of a process that pytest did not begin

from limits import MOST_SECONDS, Outcome  # noqa: E402

_PATIENCE_S = 12 * MOST_SECONDS  # without an answer, on a machine that has other things to do


@dataclass(frozen=True)
class Case:
    """An input: the same number always makes the same.

    Attributes:
        target: what reads it, a name in `TARGETS`.
        number: from 0; the first are the lies, if there are any.
    """

    target: str
    number: int

    def __str__(self) -> str:
        return f"{self.target} {self.number}"


def cases(targets: list[str]) -> Iterator[Case]:
    """One for each target, then the next for each, without end."""
    number = 0
    while True:
        yield from (Case(target, number) for target in targets)
        number += 1


def write_case(case: Case, folder: Path) -> None:
    """Write an input into an empty folder."""
    from mutation import mutated
    from targets import TARGETS

    target, rng = TARGETS[case.target], Random(str(case))
    if case.number < len(target.lies):
        target.lies[case.number](folder)
        return
    files = dict(_valid(case.target, case.number % len(target.valid)))
    chosen = rng.choice(sorted(files))
    files[chosen] = mutated(chosen, files[chosen], rng)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@cache
def _valid(target: str, index: int) -> Mapping[str, bytes]:
    """The files that one of a target's writers writes, made once, for networks take a while."""
    from targets import TARGETS

    with tempfile.TemporaryDirectory() as name:
        TARGETS[target].valid[index](Path(name))
        files = [path for path in Path(name).rglob("*") if path.is_file()]
        return {path.relative_to(name).as_posix(): path.read_bytes() for path in files}


def try_case(case: Case, folder: Path) -> Outcome:
    """Read an input that `write_case` wrote."""
    from limits import outcome_of
    from targets import TARGETS

    return outcome_of(lambda: TARGETS[case.target].load(folder))


class Trier:
    """A process that tries one input after the other, begun anew when it has died."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Trier:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def outcome(self, case: Case) -> Outcome:
        """What comes of an input; a process that crashes or hangs is a fault."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            write_case(case, Path(folder))
            if self._pipe is None:
                self._begin()
            assert self._pipe is not None
            self._pipe.send((case, Path(folder)))
            try:
                if self._pipe.poll(_PATIENCE_S):
                    found: Outcome = self._pipe.recv()
                    return found
                fault = f"no answer in {_PATIENCE_S:.0f} s"
            except (EOFError, ConnectionError):
                fault = "the process crashed"
            self._end()
            return Outcome(fault)

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_answer, args=(other,), daemon=True)
        self._process.start()
        other.close()
        assert self._pipe.recv() == "ready"

    def _end(self) -> None:
        if self._process is not None and self._pipe is not None:
            self._pipe.close()
            self._process.join(1)  # where it waits for the next input, it ends by itself
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None


def _answer(pipe: Connection) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    import targets  # noqa: F401 - some seconds that are no input's
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    pipe.send("ready")
    with suppress(EOFError):  # there is no other input
        while True:
            pipe.send(try_case(*pipe.recv()))


def keep(case: Case, place: Path) -> Path:
    """The folder of an input that is written anew below a place."""
    folder = place / str(case).replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_case(case, folder)
    return folder
