"""A folder with an image for each frame."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame, FrameReading, Frames
from samiam.formats.frames.numbering import by_number, natural
from samiam.formats.readers.raw import Request
from samiam.formats.readers.read import READABLE_SUFFIXES, micrograph_of, read_raw
from samiam.formats.writers.earlier import is_result
from samiam.storage.files import sha256_of


def frame_files(folder: Path) -> list[Path]:
    """The files of a folder that may be frames, in their natural order; hidden ones and results are overlooked."""
    files = (file for file in folder.iterdir() if file.suffix.lower() in READABLE_SUFFIXES)
    return sorted((file for file in files if _may_be_frame(file)), key=lambda file: natural(file.name))


def _may_be_frame(file: Path) -> bool:
    return not file.name.startswith(".") and file.is_file() and not is_result(file)


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
        self.facts = {"first_file": self.files[0].name}

    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        wanted = (pair for pair in zip(self._places, self.files, strict=True) if only is None or pair[0] in only)
        yield from self._of_files(wanted)

    def _of_files(self, files: Iterable[tuple[int, Path]]) -> Iterator[Frame]:
        for index, file in files:
            try:
                raw = read_raw(file, Request(dataset=self.reading.dataset))
                micrograph = micrograph_of(
                    raw, file, sha256_of(file), channel=self.reading.channel, given=self.reading.pixel_size
                )
            except InputError as error:
                yield self._unusable(index, file.name, error)
            else:
                yield self._usable(index, file.name, micrograph)
