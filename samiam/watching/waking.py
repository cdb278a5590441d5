"""Who tells of changes in a folder: the operating system, or nobody."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.errors import InputError
from samiam.formats.frames.state import State
from samiam.watching.arrivals import Waker

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

_INOTIFY = logging.getLogger("watchdog.observers.inotify")


class Polling:
    """Looks again after a while, as network drives need it, where the system hears nothing of other machines.

    Args:
        sleep: lets seconds pass.
    """

    def __init__(self, sleep: Callable[[float], object] = lambda seconds: time.sleep(seconds)) -> None:
        self._sleep = sleep

    def wait(self, seconds: float) -> None:
        """Return after so long."""
        self._sleep(seconds)

    def is_closed(self, file: Path, state: State) -> bool:  # noqa: ARG002 - one interface
        """Never known."""
        return False


class Notified:
    """Is told by the operating system, through the library watchdog."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self._closed: dict[str, State] = {}

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take note of an event; watchdog calls this."""
        whole = {"closed": event.src_path, "moved": event.dest_path}.get(event.event_type)
        if whole:  # what is moved away has no place where it goes
            file = Path(str(whole))
            if (state := State.of(file)) is not None:
                self._closed[file.name] = state
        if event.event_type not in ("opened", "closed_no_write"):
            self._changed.set()

    def wait(self, seconds: float) -> None:
        """Return when something has changed since the last time, or after so long."""
        self._changed.wait(seconds)
        self._changed.clear()

    def is_closed(self, file: Path, state: State) -> bool:
        """Whether who wrote it has closed it, or moved it here, in this state."""
        return self._closed.get(file.name) == state


@contextmanager
def waker_for(folder: Path, *, polling: bool) -> Iterator[Waker]:
    """What tells of changes in a folder.

    Args:
        folder: which has to be there.
        polling: whether to look again and again, and not to trust the operating system.

    Raises:
        InputError: if the operating system is to tell and cannot.
    """
    if polling:
        yield Polling()
        return
    notified, observer = Notified(), _observer()
    try:
        observer.schedule(notified, str(folder))  # type: ignore[arg-type]  # of a handler only `dispatch` is called
        observer.start()
    except OSError as error:
        raise InputError(f"{folder}: cannot be watched ({error.strerror}); give --polling.") from None
    try:
        yield notified
    finally:
        # An event that comes in between is an error to watchdog, which would say so.
        _INOTIFY.addFilter(_is_no_late_event)
        observer.stop()
        observer.join()
        _INOTIFY.removeFilter(_is_no_late_event)


def _observer() -> BaseObserver:
    """What the operating system tells; inotify also that a file was moved there from a folder that is not watched.

    Raises:
        InputError: if watchdog is not installed.
    """
    try:
        if sys.platform == "linux":
            from watchdog.observers.inotify import InotifyObserver

            return InotifyObserver(generate_full_events=True)
        from watchdog.observers import Observer
    except ImportError:
        raise InputError("watching needs watchdog; pip install 'samiam[live]', or give --polling.") from None
    return Observer()


def _is_no_late_event(record: logging.LogRecord) -> bool:
    return "when the thread is inactive" not in record.getMessage()
