"""A file that holds all frames: MRC, DM, SER, EMD, TIFF and whatever else has a reader."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame, FrameReading, Frames
from samiam.formats.readers.raw import RawImage, Request
from samiam.formats.readers.read import micrograph_of, read_raw
from samiam.storage.files import sha256_of


class StackFrames(Frames):
    """The frames of a stack; a reader opens the file for each of them and reads no other.

    Raises:
        InputError: if the file cannot be used, or holds one image.
    """

    kind = "stack"

    def __init__(self, path: Path, reading: FrameReading) -> None:
        super().__init__(path, reading)
        first = _first(path, reading)
        self.n_frames = _n_frames(first, path, reading)
        if self.n_frames < 2:
            raise InputError("holds one image; give a stack, a video or the folder that its frames are in.")
        if self.interval.s is None:
            self.interval = first.interval
        self._sha256 = sha256_of(path)
        self.facts = {"sha256": self._sha256, "dataset": first.dataset}

    def _request(self, frame: int) -> Request:
        return Request(frame, self.reading.dataset)

    def _read(self, only: Container[int] | None) -> Iterator[Frame]:
        for index in range(self.n_frames or 0):
            if only is None or index in only:
                yield self._at(index)

    def _at(self, index: int) -> Frame:
        name = f"frame {index}"
        try:
            raw = read_raw(self.path, self._request(index))
            channel, given = self.reading.channel, self.reading.pixel_size
            micrograph = micrograph_of(raw, self.path, self._sha256, channel=channel, given=given)
        except InputError as error:
            return self._frame(index, name, None, error)
        return self._frame(index, name, micrograph)


def count_frames(path: Path, reading: FrameReading) -> int:
    """How many frames a file holds, 1 where it is a single image; no more than two of them are read.

    Raises:
        InputError: if the file cannot be used.
    """
    return _n_frames(_first(path, reading), path, reading)


def _first(path: Path, reading: FrameReading) -> RawImage:
    """The first frame, or the second where that one alone is damaged."""
    try:
        return read_raw(path, Request(0, reading.dataset))
    except InputError as error:
        with suppress(InputError):
            return read_raw(path, Request(1, reading.dataset))
        raise error


def _n_frames(first: RawImage, path: Path, reading: FrameReading) -> int:
    """Those of a stack, or how many single images, perhaps of different sizes, a file holds in place of one."""
    if first.n_frames == 1 and reading.dataset is None and first.n_datasets > 1:
        with suppress(InputError):
            read_raw(path, Request(1, None))
            return first.n_datasets
    return first.n_frames
