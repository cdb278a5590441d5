"""What the operating system tells of a folder."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from samiam.errors import InputError
from samiam.formats.frames.state import State
from samiam.watching.arrivals import Waker
from samiam.watching.waking import waker_for


def is_told(waker: Waker, file: Path) -> bool:
    """Whether it becomes known in the end that a file was closed as it is."""
    state = State.of(file)
    assert state is not None
    for _ in range(50):
        if waker.is_closed(file, state):
            return True
        waker.wait(0.1)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell that a file was closed")
def test_a_file_that_was_closed(tmp_path: Path) -> None:
    with waker_for(tmp_path, polling=False) as waker:
        with open(tmp_path / "a.tif", "wb") as file:
            file.write(b"half")
            file.flush()
            waker.wait(0.2)
            state = State.of(tmp_path / "a.tif")
            assert state is not None
            assert not waker.is_closed(tmp_path / "a.tif", state)
            file.write(b"whole")
        assert is_told(waker, tmp_path / "a.tif")
        assert not waker.is_closed(tmp_path / "a.tif", state)


def test_a_file_that_was_moved_there(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"whole")
    with waker_for(tmp_path, polling=False) as waker:
        (tmp_path / "part").rename(tmp_path / "a.tif")
        assert is_told(waker, tmp_path / "a.tif")


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell where a file comes from")
def test_a_file_that_was_moved_there_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere" / "a.tif").write_bytes(b"whole")
    with waker_for(tmp_path / "here", polling=False) as waker:
        whole = (tmp_path / "elsewhere" / "a.tif").rename(tmp_path / "here" / "a.tif")
        assert is_told(waker, whole)


def test_a_file_that_was_moved_away(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.tif").write_bytes(b"whole")
    with waker_for(tmp_path / "here", polling=False) as waker:
        (tmp_path / "here" / "a.tif").rename(tmp_path / "a.tif")
        (tmp_path / "here" / "b.tif").write_bytes(b"whole")
        assert is_told(waker, tmp_path / "here" / "b.tif") or sys.platform != "linux"


def test_a_change_ends_a_wait(tmp_path: Path) -> None:
    with waker_for(tmp_path, polling=False) as waker:
        (tmp_path / "a.tif").write_bytes(b"whole")
        started = time.monotonic()
        waker.wait(60)
        assert time.monotonic() - started < 30


@pytest.mark.skipif(sys.platform != "linux", reason="only inotify says so")
def test_an_event_that_comes_at_the_end_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from watchdog.observers.inotify import InotifyEmitter

    stop, ended = InotifyEmitter.on_thread_stop, []

    def stop_and_read_once_more(emitter: InotifyEmitter) -> None:
        stop(emitter)
        emitter.queue_events(0)
        ended.append(emitter)

    monkeypatch.setattr(InotifyEmitter, "on_thread_stop", stop_and_read_once_more)
    with waker_for(tmp_path, polling=False):
        pass
    assert ended
    assert not caplog.records


def test_polling_knows_of_nothing(tmp_path: Path) -> None:
    with waker_for(tmp_path, polling=True) as waker:
        (tmp_path / "a.tif").write_bytes(b"whole")
        waker.wait(0.01)
        assert not waker.is_closed(tmp_path / "a.tif", State(5, 0))


def test_without_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("watchdog.observers", "watchdog.observers.inotify"):
        monkeypatch.setitem(sys.modules, module, None)
    with (
        pytest.raises(InputError, match=r"pip install 'samiam\[live\]', or give --polling"),
        waker_for(tmp_path, polling=False),
    ):
        pass
