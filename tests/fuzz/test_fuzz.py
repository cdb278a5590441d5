"""That hostile inputs are told from others, and that none is one which a user could not live with."""

from __future__ import annotations

import mmap
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fuzzing import Case, Trier, cases, write_case
from limits import outcome_of
from mutation import mutated
from PIL.PngImagePlugin import PngImageFile
from targets import TARGETS
from valid_files import picture

from samiam.errors import InputError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SECONDS = 60


def refuse(said: str, cause: BaseException | None = None) -> object:
    raise InputError(said) from cause


@pytest.mark.parametrize(
    "name",
    ["tiff", "png", "label_studio", "label_studio_import", "label_studio_request", "frames", "points", "masks", "cif"],
)
def test_valid_files_are_read(name: str, tmp_path: Path) -> None:
    """So that what is refused is so for what was done to it."""
    target = TARGETS[name]
    for index, write in enumerate(target.valid):
        (tmp_path / str(index)).mkdir()
        write(tmp_path / str(index))
        assert target.load(tmp_path / str(index)) is not None


class TestOutcome:
    """Run where memory has a limit for as long as the work lasts."""

    def test_read_or_refused(self) -> None:
        assert outcome_of(lambda: 1).fault is None
        found = outcome_of(lambda: refuse("a.png: is empty; copy it again."))
        assert (found.fault, found.refused) == (None, "a.png: is empty; copy it again.")

    @pytest.mark.parametrize(
        ("work", "fault"),
        [
            (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
            (lambda: refuse("two\nlines"), "refused in other than one line"),
            (lambda: refuse("x" * 3000), "refused in 3000 characters"),
            (lambda: np.ones(10**10), "MemoryError: "),
            (lambda: refuse("it is damaged", MemoryError("no 8 GB")), "wanted more than 2 GB: no 8 GB"),
        ],
    )
    def test_faults(self, work: object, fault: str) -> None:
        found = outcome_of(work)  # type: ignore[arg-type]
        assert found.fault is not None
        assert found.fault.startswith(fault)

    def test_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("limits.MOST_BYTES", 10**7)
        for _ in range(2):  # one peak is not taken for the next
            # Fresh pages: what the process has freed before, an array may be given again.
            found = outcome_of(lambda: mmap.mmap(-1, 32_000_000).write(bytes([1]) * 32_000_000))
            assert found.fault is not None
            assert found.fault.startswith("took 0.")
            assert outcome_of(lambda: 1).fault is None

    def test_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("limits.MOST_SECONDS", 0.05)
        found = outcome_of(lambda: [0 for _ in range(5_000_000)])
        assert found.fault is not None
        assert found.fault.startswith("took 0.")


def test_the_same_number_makes_the_same(tmp_path: Path) -> None:
    made = []
    for name in ("first", "again"):
        for number in range(6):
            (tmp_path / name / str(number)).mkdir(parents=True)
            write_case(Case("png", number), tmp_path / name / str(number))
        made.append([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.png"))])
    assert made[0] == made[1]
    assert len(set(made[0])) == 6


def test_changes_get_past_checksums(tmp_path: Path) -> None:
    """A PNG that is changed is often still one whose chunks Pillow takes."""
    picture("a.png")(tmp_path)
    content, opened = (tmp_path / "a.png").read_bytes(), 0
    for number in range(60):
        (tmp_path / "b.png").write_bytes(mutated("b.png", content, Random(number)))
        with suppress(OSError, SyntaxError, ValueError), PngImageFile(tmp_path / "b.png") as image:
            opened += image.size != (32, 24)
    assert opened > 5


def test_every_target_comes_in_every_round() -> None:
    drawn = cases(["a", "b"])
    assert [str(next(drawn)) for _ in range(4)] == ["a 0", "b 0", "a 1", "b 1"]


@pytest.mark.slow
def test_hostile_inputs() -> None:
    """As many as a minute takes; `make fuzz` tries more of the same."""
    faults, until = [], time.monotonic() + SECONDS
    with Trier() as trier:
        for case in cases(list(TARGETS)):
            if (fault := trier.outcome(case).fault) is not None:
                faults.append(f"{case}: {fault}")
            if time.monotonic() > until:
                break
    assert faults == []
