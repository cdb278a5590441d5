"""The images that files hold: one in each, or every frame of stacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from samiam.commands.files.inputs import Reading
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.frames.frame import FrameReading
from samiam.formats.frames.stack import count_frames
from samiam.records import Micrograph


class Image(NamedTuple):
    """An image in a file.

    Attributes:
        path: the file.
        frame: which of a stack, where every one is an image of its own.
    """

    path: Path
    frame: int | None = None

    @property
    def alias(self) -> Path:
        """What the file would be called if it held this frame alone."""
        if self.frame is None:
            return self.path
        return self.path.with_name(f"{self.path.stem}_frame{self.frame:04d}{self.path.suffix}")


def every_frame(paths: Sequence[Path], dataset: str | None) -> list[Image]:
    """Every frame of each file; a single image, or a file that cannot be read, is one image.

    Args:
        paths: the files.
        dataset: which of several stacks in a file.
    """
    return [image for path in paths for image in _frames_of(path, FrameReading(None, dataset, None, None))]


def _frames_of(path: Path, reading: FrameReading) -> Iterator[Image]:
    try:
        n_frames = count_frames(path, reading)
    except (InputError, OSError):
        n_frames = 1
    yield from (Image(path, frame) for frame in range(n_frames)) if n_frames > 1 else (Image(path),)


def read_image(image: Image, reading: Reading) -> Micrograph:
    """An image that is one of several, under the name that is its own.

    Raises:
        InputError: if it cannot be used.
    """
    if image.frame is None:
        return read_micrograph(image.path, **reading.arguments)
    try:
        found = read_micrograph(image.path, **replace(reading, frame=image.frame).arguments)
    except InputError as error:
        raise InputError(f"frame {image.frame} of {error}") from error
    return replace(found, name=image.alias.stem)
