"""PNG, JPEG and NumPy files: pixels without a scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from samiam.errors import InputError
from samiam.formats.readers.raw import RawImage, Request

_DTYPE_OF_MODE = {"1": "bool", "I;16": "uint16", "I;16B": "uint16", "I": "int32", "F": "float32"}
_GREY_MODES = {"L", "I", "F", "I;16", "I;16B"}


def read_picture(path: Path, request: Request) -> RawImage:
    """PNG (8 or 16 bits) and JPEG; the resolution they may carry is one for printing and is not used."""
    # The plug-in class instead of Image.open: that warns at 89 Mpx and refuses at 179 Mpx, below our own limit.
    with path.open("rb") as file:
        start = file.read(4)
    kind = PngImageFile if start == b"\x89PNG" else JpegImageFile if start[:2] == b"\xff\xd8" else None
    if kind is None:
        raise InputError("is neither a PNG nor a JPEG file; export it again.")
    with kind(path) as picture:
        n_frames = getattr(picture, "n_frames", 1)
        dtype = np.dtype(_DTYPE_OF_MODE.get(picture.mode, "uint8"))
        frame = request.pick(n_frames, (picture.height, picture.width), dtype)
        if frame:
            picture.seek(frame)
        return RawImage(np.array(_without_alpha(picture)), frame, n_frames)


def _without_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode in _GREY_MODES:
        return picture
    return picture.convert("L" if picture.mode in ("LA", "La") else "RGB")


def read_npy(path: Path, request: Request) -> RawImage:
    """An array (H, W), (H, W, C) with at most 4 channels, or (..., H, W); the fourth channel of four is alpha."""
    array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    if array.ndim < 2:
        raise InputError(f"holds an array of shape {array.shape}; an image has two dimensions (H, W).")
    if array.ndim == 3 and array.shape[2] <= 4 < array.shape[0]:
        request.pick(1, array.shape[:2], array.dtype)
        n_colours = 3 if array.shape[2] == 4 else array.shape[2]
        return RawImage(np.array(array[..., :n_colours]))
    outer = array.shape[:-2]
    n_frames = int(np.prod(outer, dtype=np.int64))
    frame = request.pick(n_frames, array.shape[-2:], array.dtype)
    return RawImage(np.array(array[np.unravel_index(frame, outer)] if outer else array), frame, n_frames)
