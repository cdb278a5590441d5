"""Files as they arrive, with a clock that stands until it is asked to go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samiam.errors import InputError
from samiam.formats.frames.landing import Patience
from samiam.formats.frames.state import State
from samiam.watching.arrivals import Arrival, arriving

PATIENCE = Patience(poll_s=1.0, settled_s=2.0, damaged_s=5.0, idle_s=20.0)


class Time:
    """A clock, and who waits by it; between two looks at the folder something may happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self.closed: set[str] = set()
        self.to_happen: dict[float, Callable[[], object]] = {}

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for moment in [moment for moment in self.to_happen if moment <= self.now]:
            self.to_happen.pop(moment)()

    def is_closed(self, file: Path, state: State) -> bool:  # noqa: ARG002 - one interface
        return file.name in self.closed


@pytest.fixture
def time() -> Time:
    return Time()


def load(file: Path) -> str:
    text = file.read_text()
    if not text or text.endswith("…"):
        raise InputError(f"{file}: cut short.")
    return text


def write(file: Path, text: str, mtime: int = 1) -> None:
    file.write_text(text)
    os.utime(file, (mtime, mtime))


def arrivals(
    folder: Path, time: Time, taken: dict[str, State] | None = None
) -> Iterator[tuple[str, str | None, float]]:
    for arrival in arriving(folder, load, PATIENCE, time, taken=taken or {}, clock=lambda: time.now):
        if arrival is not None:
            yield arrival.file.name, arrival.loaded, time.now


def test_the_newest_comes_first(tmp_path: Path, time: Time) -> None:
    for number, mtime in ((1, 30), (2, 10), (3, 20)):
        write(tmp_path / f"{number}.tif", "whole", mtime)
    assert [name for name, _, _ in arrivals(tmp_path, time)] == ["1.tif", "3.tif", "2.tif"]


def test_one_that_lands_meanwhile_comes_before_older_ones(tmp_path: Path, time: Time) -> None:
    for number in (1, 2):
        write(tmp_path / f"{number}.tif", "whole", number)
    found = arrivals(tmp_path, time)
    assert next(found)[0] == "2.tif"
    write(tmp_path / "0.tif", "whole", 0)
    time.closed.add("0.tif")
    time.now += 1
    assert [name for name, _, _ in found] == ["0.tif", "1.tif"]


def test_one_that_grows_is_waited_for(tmp_path: Path, time: Time) -> None:
    file = tmp_path / "a.tif"
    write(file, "a", 1)
    time.to_happen = {1.0: lambda: write(file, "ab", 2), 2.0: lambda: write(file, "abc", 3)}
    assert list(arrivals(tmp_path, time)) == [("a.tif", "abc", 4.0)]


def test_one_that_was_closed_comes_at_once(tmp_path: Path, time: Time) -> None:
    write(tmp_path / "a.tif", "whole")
    time.closed.add("a.tif")
    assert list(arrivals(tmp_path, time)) == [("a.tif", "whole", 0.0)]


def test_an_empty_one_is_waited_for_and_then_given_up(tmp_path: Path, time: Time) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.tif", "")
        time.closed.add(f"{name}.tif")
    time.to_happen = {4.0: lambda: write(tmp_path / "b.tif", "whole", 3)}
    assert list(arrivals(tmp_path, time)) == [("b.tif", "whole", 4.0), ("a.tif", None, 5.0)]


def test_a_damaged_one_is_tried_until_it_is_given_up(tmp_path: Path, time: Time) -> None:
    write(tmp_path / "a.tif", "half…")
    write(tmp_path / "b.tif", "half…", 2)
    time.to_happen = {4.0: lambda: write(tmp_path / "b.tif", "whole", 3)}
    assert list(arrivals(tmp_path, time)) == [("a.tif", None, 5.0), ("b.tif", "whole", 6.0)]


def test_a_damaged_one_holds_nothing_up(tmp_path: Path, time: Time) -> None:
    write(tmp_path / "a.tif", "whole", 1)
    write(tmp_path / "b.tif", "half…", 2)
    time.closed.update(("a.tif", "b.tif"))
    assert next(arrivals(tmp_path, time)) == ("a.tif", "whole", 0.0)


def test_why_one_is_given_up(tmp_path: Path, time: Time) -> None:
    write(tmp_path / "a.tif", "half…")
    found = arriving(tmp_path, load, PATIENCE, time, taken={}, clock=lambda: time.now)
    arrival: Arrival[str] = next(filter(None, found))
    assert str(arrival.fault) == f"{tmp_path / 'a.tif'}: cut short."


def test_what_was_taken_comes_again_only_when_it_changes(tmp_path: Path, time: Time) -> None:
    for name in ("a.tif", "b.tif"):
        write(tmp_path / name, "whole", 7)
    taken = {"a.tif": State(5, 7 * 10**9), "b.tif": State(5, 6 * 10**9)}
    assert [name for name, _, _ in arrivals(tmp_path, time, taken)] == ["b.tif"]


def test_one_that_changes_after_it_was_taken_comes_again(tmp_path: Path, time: Time) -> None:
    write(tmp_path / "a.tif", "one", 1)
    time.to_happen = {4.0: lambda: write(tmp_path / "a.tif", "two!", 2)}
    assert [text for _, text, _ in arrivals(tmp_path, time)] == ["one", "two!"]


def test_it_does_not_end_while_a_file_grows(tmp_path: Path, time: Time) -> None:
    file = tmp_path / "a.tif"
    write(file, "a")
    time.to_happen = {
        float(second): lambda length=second: write(file, "a" * length, length)  # type: ignore[misc]
        for second in range(1, 30)
    }
    assert list(arrivals(tmp_path, time)) == [("a.tif", "a" * 29, 31.0)]
    assert time.now == 51.0


def test_a_store_that_grows_is_waited_for(tmp_path: Path, time: Time) -> None:
    store = tmp_path / "a.zarr"
    (store / "c" / "0").mkdir(parents=True)
    write(store / "zarr.json", "{}")
    for number in range(3):
        write(store / "c" / "0" / str(number), "")
    time.to_happen = {
        1.0 + number: lambda number=number: write(store / "c" / "0" / str(number), "chunk", 1)  # type: ignore[misc]
        for number in range(3)
    }

    def chunks(folder: Path) -> str:
        return "".join(file.read_text() for file in sorted((folder / "c" / "0").iterdir()))

    found = [one for one in arriving(tmp_path, chunks, PATIENCE, time, taken={}, clock=lambda: time.now) if one]
    assert [one.loaded for one in found] == ["chunk" * 3]
    assert found[0].state == State(2 + 15, 10**9)


def test_a_store_that_is_written_to_after_it_was_taken_comes_again(tmp_path: Path, time: Time) -> None:
    store = tmp_path / "a.zarr"
    (store / "c").mkdir(parents=True)
    write(store / "zarr.json", "{}")
    write(store / "c" / "0", "one")
    time.to_happen = {4.0: lambda: write(store / "c" / "0", "two", 2)}

    def chunk(folder: Path) -> str:
        return (folder / "c" / "0").read_text()

    found = [one for one in arriving(tmp_path, chunk, PATIENCE, time, taken={}, clock=lambda: time.now) if one]
    assert [one.loaded for one in found] == ["one", "two"]


def test_others_are_overlooked(tmp_path: Path, time: Time) -> None:
    for name in (".a.tif", "notes.txt"):
        write(tmp_path / name, "whole")
    (tmp_path / "folder.tif").mkdir()
    assert list(arrivals(tmp_path, time)) == []
