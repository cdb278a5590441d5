"""A folder with an image for each frame."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame, FrameReading, Frames
from samiam.formats.frames.numbering import by_number, natural
from samiam.formats.readers.raw import Request
from samiam.formats.readers.read import READABLE_SUFFIXES, micrograph_of, read_raw
from samiam.formats.writers.earlier import is_result
from samiam.records import Micrograph
from samiam.storage.files import is_store, sha256_of


def frame_files(folder: Path) -> list[Path]:
    """The files of a folder that may be frames, in their natural order; hidden ones and results are overlooked."""
    files = (file for file in folder.iterdir() if file.suffix.lower() in READABLE_SUFFIXES)
    return sorted((file for file in files if _may_be_frame(file)), key=lambda file: natural(file.name))


def _may_be_frame(file: Path) -> bool:
    return not file.name.startswith(".") and (file.is_file() or is_store(file)) and not is_result(file)


def read_or_fault(reading: FrameReading, file: Path) -> tuple[Micrograph | None, InputError | None]:
    """The image of a file, or why there is none."""
    try:
        return read_frame(reading, file), None
    except InputError as error:
        return None, error


def read_frame(reading: FrameReading, file: Path) -> Micrograph:
    """The image of one file, which must not hold several.

    Raises:
        InputError: if it cannot be used; the file is not named.
    """
    raw = read_raw(file, Request(dataset=reading.dataset))
    return micrograph_of(raw, file, sha256_of(file), channel=reading.channel, given=reading.pixel_size)


class FolderFrames(Frames):
    """The images of a folder by the numbers in their names.

    Raises:
        InputError: if it holds none.
    """

    kind = "folder"

    def __init__(self, path: Path, reading: FrameReading) -> None:
        super().__init__(path, reading)
        self.files = frame_files(path)
        if not self.files:
            raise InputError(f"holds no frames ({' '.join(READABLE_SUFFIXES)}); give the folder that they are in.")
        numbering = by_number([file.name for file in self.files])
        self._places = numbering.places
        self.n_frames = numbering.places[-1] + 1
        self.remarks += [numbering.remark] if numbering.remark else []

    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        for index, file in zip(self._places, self.files, strict=True):
            if only is None or index in only:
                yield self._frame(index, file.name, *read_or_fault(self.reading, file))
