"""Files of a folder that is being filled, each once it is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from samiam.errors import InputError
from samiam.formats.frames.folder import frame_files, read_frame, read_or_fault
from samiam.formats.frames.frame import Frame, FrameReading, Frames
from samiam.formats.frames.numbering import by_number, natural
from samiam.formats.frames.state import State
from samiam.records import Micrograph

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Patience:
    """How a folder is watched.

    Attributes:
        poll_s: from one look at the folder to the next.
        settled_s: a file that has not changed for so long is taken for whole.
        damaged_s: one that cannot be read is tried again until it has not changed for so long.
        idle_s: without a new file the watch ends after so long, but not while one is waited for; None for never.
    """

    poll_s: float = 1.0
    settled_s: float = 2.0
    damaged_s: float = 10.0
    idle_s: float | None = None


@dataclass(frozen=True)
class _Seen:
    """A file as it was when it last changed."""

    state: State
    since: float


@dataclass(frozen=True, eq=False)
class Landed(Generic[Loaded]):
    """A file that is whole.

    Attributes:
        file: where it is.
        loaded: what is in it; None where it cannot be used.
        fault: why not; None where it can.
    """

    file: Path
    loaded: Loaded | None
    fault: InputError | None = None


def landing(
    folder: Path,
    load: Callable[[Path], Loaded],
    patience: Patience,
    taken: Collection[str] = (),
    *,
    clock: Callable[[], float] = lambda: time.monotonic(),
    sleep: Callable[[float], object] = lambda seconds: time.sleep(seconds),
) -> Iterator[Landed[Loaded] | None]:
    """What is in the files of a folder, as they land, in the natural order of their names.

    A file is waited for as long as it changes, and those behind it with it. One that is damaged is given up in the end.

    Args:
        folder: which has to be there, but may be empty.
        load: reads a file, and raises `InputError` where it cannot be used.
        patience: how long what is waited for.
        taken: names of files that were taken before.
        clock: seconds that pass.
        sleep: lets some pass.

    Yields:
        A file; None whenever all that are there have been taken.
    """
    seen: dict[Path, _Seen] = {}
    known, active = set(taken), clock()
    while True:
        is_waiting = False
        for file in [file for file in frame_files(folder) if file.name not in known]:
            landed = _landed(file, load, patience, _quiet_s(file, seen, clock()))
            if is_waiting := landed is None:
                break
            known.add(file.name)
            yield landed
            active = clock()
        if not is_waiting:
            yield None
            if patience.idle_s is not None and clock() - active >= patience.idle_s:
                return
        sleep(patience.poll_s)


def _landed(file: Path, load: Callable[[Path], Loaded], patience: Patience, quiet_s: float) -> Landed[Loaded] | None:
    """A file that is whole, or has not changed for so long that it will never be; None as long as it may yet be."""
    if quiet_s < patience.settled_s:
        return None
    try:
        return Landed(file, load(file))
    except InputError as error:
        return Landed(file, None, error) if quiet_s >= patience.damaged_s else None


def _quiet_s(file: Path, seen: dict[Path, _Seen], now: float) -> float:
    """For how long a file has been as it is."""
    state, before = State.of(file), seen.get(file)
    if state is None:  # it was moved away meanwhile
        return 0.0
    if before is None or before.state != state:
        seen[file] = before = _Seen(state, now)
    return now - before.since


class LandingFrames(Frames):
    """The images of a folder that is being filled, as they land.

    Their places in time are told by the numbers in the names of all files that are there, as far as these go on with
    those before. A file that lands after one that comes behind it is left out, for frames cannot be put between others
    afterwards.

    Args:
        path: the folder.
        reading: how they are read.
        patience: how long what is waited for.
        taken: names of the files that an earlier run has taken, in its order, and their places; they are read first.
        caught_up: called whenever all that are there have been taken.
    """

    kind = "folder"

    def __init__(
        self,
        path: Path,
        reading: FrameReading,
        patience: Patience,
        taken: Mapping[str, int] | None = None,
        caught_up: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(path, reading)
        self._patience, self._taken, self.caught_up = patience, dict(taken or {}), caught_up
        self._places: dict[str, int] = {}
        self._to_come: dict[str, int] = {}
        self._told: str | None = None

    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        yield from (frame for frame in self._landed() if only is None or frame.index in only)

    def _landed(self) -> Iterator[Frame]:
        for name, place in self._taken.items():
            file = self.path / name
            yield self._placed(file, place, *read_or_fault(self.reading, file))
        for landed in landing(self.path, partial(read_frame, self.reading), self._patience, self._taken):
            last = next(reversed(self._places), None)
            if landed is None:
                self.caught_up()
            elif last is not None and natural(landed.file.name) < natural(last):
                self.remarks.append(f"{landed.file.name} was left out: it landed after {last}")
            else:
                yield self._placed(landed.file, self._place_of(landed.file), landed.loaded, landed.fault)

    def _placed(self, file: Path, place: int, micrograph: Micrograph | None, fault: InputError | None) -> Frame:
        self._places[file.name] = place
        return self._frame(place, file.name, micrograph, fault)

    def _place_of(self, file: Path) -> int:
        """The place of the next file by the numbers of all that are there; the next one where these do not go on."""
        if file.name in self._to_come:
            return self._to_come[file.name]
        behind = (other.name for other in frame_files(self.path) if natural(other.name) > natural(file.name))
        names, before = [*self._places, file.name, *behind], tuple(self._places.values())
        numbering = by_number(names)
        if numbering.places[: len(before)] == before:
            self._tell(numbering.remark)
            self._to_come = dict(zip(names, numbering.places, strict=True))
            return self._to_come[file.name]
        self._tell(
            f"from {file.name} on numbers in the names go on in other steps, and frames count in their order; the "
            "times are right where the folder is read again once it is full"
        )
        return before[-1] + 1

    def _tell(self, remark: str | None) -> None:
        """Say what there is to say of the places now, instead of what was said before."""
        if self._told is not None:
            self.remarks.remove(self._told)
        self._told = remark
        if remark is not None:
            self.remarks.append(remark)
