"""A folder that is watched from Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from samiam.boosting import SemanticBooster
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.frames.landing import Patience
from samiam.pipeline import segment
from samiam.records import Micrograph
from samiam.registry import DEFAULT_GENERATOR, build_generator, encoder_beside
from samiam.watching.arrivals import arriving
from samiam.watching.waking import waker_for

Result = TypeVar("Result")


def watch(
    folder: str | Path,
    on_result: Callable[[Path, Any], object],
    *,
    find: Callable[[Micrograph], Result] | None = None,
    on_fault: Callable[[Path, InputError], object] = lambda _path, _error: None,
    read: Callable[[Path], Micrograph] = read_micrograph,
    patience: Patience | None = None,
    polling: bool = False,
) -> None:
    """Segment every micrograph of a folder, those that are there and then each as it lands, the newest first.

    Args:
        folder: which has to be there.
        on_result: called with the path of a file and what was found in it. It ends the watch by raising an exception.
        find: what is done with each micrograph, as `functools.partial(segment, n_materials=3)`, which should hold what
            is dear to make; `segment` with the default generator and encoder, kept warm, where not given.
        on_fault: called with the path of a file that cannot be used, and why.
        read: reads a file.
        patience: how long what is waited for; until Ctrl-C where not given.
        polling: look again and again in place of being told by the operating system, as network drives need it.

    Raises:
        InputError: if there is no such folder, or it cannot be watched.
    """
    place = checked_folder(Path(folder))
    find = find or _warm()
    with waker_for(place, polling=polling) as waker:
        for arrival in arriving(place, read, patience or Patience(), waker, taken={}):
            if arrival is None:
                continue
            if arrival.loaded is None:
                on_fault(arrival.file, arrival.fault or InputError("cannot be used"))
                continue
            try:
                found = find(arrival.loaded)
            except InputError as error:
                on_fault(arrival.file, error)
            else:
                on_result(arrival.file, found)


def checked_folder(folder: Path) -> Path:
    """The folder, if it is one.

    Raises:
        InputError: if it is not.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; give the one that the microscope writes to.")
    return folder


def _warm() -> Callable[[Micrograph], Any]:
    generator = build_generator(DEFAULT_GENERATOR)
    return partial(segment, generator=generator, booster=SemanticBooster(encoder_beside(generator)))
