"""The micrographs of a folder, each once it is whole, the newest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from samiam.errors import InputError
from samiam.formats.frames.folder import frame_files
from samiam.formats.frames.landing import Patience
from samiam.formats.frames.state import State

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, eq=False)
class Arrival(Generic[Loaded]):
    """A file that is whole.

    Attributes:
        file: where it is.
        state: as it was before it was read.
        loaded: what is in it; None where it cannot be used.
        fault: why not; None where it can.
    """

    file: Path
    state: State
    loaded: Loaded | None
    fault: InputError | None = None


class Waker(Protocol):
    """Tells of changes in a folder."""

    def wait(self, seconds: float) -> None:
        """Return when something has changed, or after so long."""
        ...

    def is_closed(self, file: Path, state: State) -> bool:
        """Whether it is known that who wrote a file was through with it, and left it in this state."""
        ...


@dataclass
class _Seen:
    """Since when a file has been in a state, and when it may be tried again."""

    state: State
    since: float
    again: float = field(default=0.0)


def arriving(
    folder: Path,
    load: Callable[[Path], Loaded],
    patience: Patience,
    waker: Waker,
    *,
    taken: Mapping[str, State],
    clock: Callable[[], float] = lambda: time.monotonic(),
) -> Iterator[Arrival[Loaded] | None]:
    """What is in the files of a folder, as they arrive.

    Of several that are whole the newest comes first, for that is where the microscope is now. A file is whole when who
    wrote it has closed it, or when it has not changed for a while; one that cannot be read is tried again until it has
    not changed for so long that it will never be whole. One that changes after it was taken comes again.

    Args:
        folder: which has to be there, but may be empty.
        load: reads a file, and raises `InputError` where it cannot be used.
        patience: how long what is waited for.
        waker: tells of changes.
        taken: by name, the state in which files were taken before.
        clock: seconds that pass.

    Yields:
        A file; None whenever all that are whole have been taken, before more is waited for.
    """
    folder_now, active = _FolderNow(folder, patience, waker, dict(taken)), clock()
    while True:
        whole = folder_now.whole(clock())
        arrival = next(filter(None, (folder_now.load(file, load, clock()) for file in whole)), None)
        if arrival is not None:
            yield arrival
            active = clock()
            continue
        yield None
        if patience.idle_s is not None and not folder_now.is_growing and clock() - active >= patience.idle_s:
            return
        waker.wait(patience.poll_s)


class _FolderNow:
    """What has been seen of a folder."""

    def __init__(self, folder: Path, patience: Patience, waker: Waker, taken: dict[str, State]) -> None:
        self._folder, self._patience, self._waker, self._taken = folder, patience, waker, taken
        self._seen: dict[str, _Seen] = {}
        self.is_growing = False

    def whole(self, now: float) -> list[Path]:
        """The files that are whole and have not been taken as they are, the newest first."""
        states = {file: state for file in frame_files(self._folder) if (state := State.of(file))}
        new = [file for file, state in states.items() if self._taken.get(file.name) != state]
        self._seen = {file.name: self._look(file, states[file], now) for file in new}
        whole = [file for file in new if self._is_whole(file, now)]
        self.is_growing = bool(new)
        return sorted(whole, key=lambda file: (self._seen[file.name].since, states[file].mtime_ns), reverse=True)

    def _look(self, file: Path, state: State, now: float) -> _Seen:
        before = self._seen.get(file.name)
        return _Seen(state, now) if before is None or before.state != state else before

    def _is_whole(self, file: Path, now: float) -> bool:
        seen = self._seen[file.name]
        if now < seen.again:
            return False
        return now - seen.since >= self._patience.settled_s or self._waker.is_closed(file, seen.state)

    def load(self, file: Path, load: Callable[[Path], Loaded], now: float) -> Arrival[Loaded] | None:
        """A file with what is in it, or why it cannot be used; None as long as it may yet be whole."""
        seen = self._seen[file.name]
        try:
            arrival = Arrival(file, seen.state, load(file))
        except InputError as error:
            if now - seen.since < self._patience.damaged_s:
                seen.again = now + self._patience.poll_s
                return None
            arrival = Arrival(file, seen.state, None, error)
        self._taken[file.name] = seen.state
        return arrival
