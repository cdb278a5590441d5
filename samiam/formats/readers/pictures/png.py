"""PNG files: 1 to 16 bits, grey, in colour or with a palette."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from samiam.formats.readers.orientation import TAG, upright
from samiam.formats.readers.pictures.decoding import pixels_of
from samiam.formats.readers.pixel_size import PixelSize, printable
from samiam.formats.readers.raw import Found, RawImage, Request, check_there

_SIGNATURE_BYTES = 8
_PALETTE = 3  # of the colour types
_SAMPLES = {0: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}  # of a pixel, by colour type
_MOST_BYTES_OF_ONE = 1032  # what deflate makes of a byte at best
_LARGEST_CHUNK = 1 << 20  # of those that are looked into
_METRE = 1  # unit of a resolution


def read_png(path: Path, request: Request) -> RawImage:
    """One image, or one of an animation, turned as its EXIF says; a resolution for printing is no pixel size."""
    chunks = _chunks(path)
    width, height, bits, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    n_frames = max(1, *struct.unpack(">I", chunks.get(b"acTL", bytes(4))[:4]))
    _, request = request.pick_dataset([Found("", (height, width), n_frames)])
    samples = _SAMPLES.get(colours, 1)
    dtype = np.dtype("bool" if (bits, colours) == (1, 0) else "uint16" if bits == 16 else "uint8")
    frame = request.pick(n_frames, (height, width), dtype, 4 if colours == _PALETTE else samples)
    check_there(height * width * samples * bits // (8 * _MOST_BYTES_OF_ONE), path.stat().st_size)
    pixels = _of_animation(path, frame) if n_frames > 1 else _without_alpha(imagecodecs.png_decode(path.read_bytes()))
    image, turned, is_on_its_side = upright(pixels, _orientation(chunks.get(b"eXIf")))
    size = _size(chunks.get(b"pHYs", b""))
    return RawImage(image, frame, n_frames, size.turned() if is_on_its_side else size, orientation=turned)


def orientation_of(path: Path) -> object:
    """What the EXIF of a PNG says of how it is to be turned, see `upright`; None where it says nothing."""
    return _orientation(_chunks(path).get(b"eXIf"))


def _chunks(path: Path) -> dict[bytes, bytes]:
    """The small chunks of a file, by their kind; of several the first."""
    chunks: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind not in chunks and length <= _LARGEST_CHUNK:
                chunks[kind] = file.read(length)
                length -= len(chunks[kind])
            file.seek(length + 4, 1)
    return chunks


def _of_animation(path: Path, frame: int) -> NDArray[Any]:
    # The plug-in class instead of Image.open: that warns at 89 Mpx and refuses at 179 Mpx, below our own limit.
    with PngImageFile(path) as picture:
        picture.seek(frame)
        return pixels_of(picture)


def _without_alpha(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels if pixels.ndim == 2 else pixels[..., 0] if pixels.shape[2] < 3 else pixels[..., :3]


def _orientation(exif: bytes | None) -> object:
    if exif is None:
        return None
    tags = Image.Exif()
    try:
        tags.load(exif)
        return tags.get(TAG)
    except (SyntaxError, ValueError, struct.error):
        return None  # Damaged: the pixels are as good as without any.


def _size(resolution: bytes) -> PixelSize:
    """From pixels per metre along x and y."""
    if len(resolution) != 9:
        return PixelSize()
    along_x, along_y, unit = struct.unpack(">IIB", resolution)
    if unit != _METRE or not along_x or not along_y:
        return PixelSize()
    return printable("PNG resolution", (1 / along_x, "m"), (1 / along_y, "m"))
