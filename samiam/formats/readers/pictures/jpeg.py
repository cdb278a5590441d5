"""JPEG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL.JpegImagePlugin import JpegImageFile, jpeg_factory

from samiam.formats.readers.orientation import TAG, upright
from samiam.formats.readers.pictures.decoding import pixels_of
from samiam.formats.readers.raw import Found, RawImage, Request, check_there, of_dataset

# Each block of 8 × 8 pixels takes at least the one bit of its first coefficient.
_MOST_PIXELS_OF_A_BYTE = 8 * 64


def read_jpeg(path: Path, request: Request) -> RawImage:
    """One picture of a file, turned as its EXIF says; its resolution is one for printing, no pixel size."""
    # The plug-in instead of Image.open: that warns at 89 Mpx and refuses at 179 Mpx, below our own limit.
    with path.open("rb") as file, jpeg_factory(file) as picture:
        found = [Found("", shape_hw) for shape_hw in _shapes(picture)]
        chosen, request = request.pick_dataset(found)
        height, width = found[chosen].shape_hw
        frame = request.pick(1, (height, width), np.dtype("uint8"), 1 if picture.mode == "L" else 3)
        check_there(height * width // _MOST_PIXELS_OF_A_BYTE, path.stat().st_size)
        picture.seek(chosen)
        image, turned, _ = upright(pixels_of(picture), picture.getexif().get(TAG))
        return RawImage(image, frame, orientation=turned, **of_dataset(found, chosen))


def _shapes(picture: JpegImageFile) -> list[tuple[int, int]]:
    """Of the one picture of most files; of each where a file holds several (MPO)."""
    shapes = []
    for index in range(getattr(picture, "n_frames", 1)):
        picture.seek(index)
        shapes.append((picture.height, picture.width))
    return shapes
