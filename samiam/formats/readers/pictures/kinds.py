"""PNG and JPEG by their first bytes, for each goes under the other's suffix too."""

from __future__ import annotations

from pathlib import Path

from samiam.errors import InputError
from samiam.formats.readers.pictures.jpeg import read_jpeg
from samiam.formats.readers.pictures.png import read_png
from samiam.formats.readers.raw import RawImage, Request


def read_picture(path: Path, request: Request) -> RawImage:
    """PNG (1 to 16 bits) and JPEG."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"\x89PNG":
        return read_png(path, request)
    if start[:2] == b"\xff\xd8":
        return read_jpeg(path, request)
    raise InputError("is neither a PNG nor a JPEG file; export it again.")
