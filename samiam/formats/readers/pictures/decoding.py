"""Pixels of pictures that Pillow decodes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_GREY_MODES = {"1", "L", "I", "F", "I;16", "I;16B"}
_ROWS_AT_ONCE = 1024  # Pillow makes two more copies of what it hands over.


def pixels_of(picture: Image.Image) -> NDArray[Any]:
    """The pixels, (H, W) or (H, W, 3), without alpha; ink as the colours that it gives."""
    mode = picture.mode if picture.mode in _GREY_MODES else "L" if picture.mode in ("LA", "La") else "RGB"
    height = picture.height
    first = _rows(picture, mode, 0, 1)
    pixels = np.empty((height, *first.shape[1:]), first.dtype)
    for top in range(0, height, _ROWS_AT_ONCE):
        pixels[top : top + _ROWS_AT_ONCE] = _rows(picture, mode, top, min(top + _ROWS_AT_ONCE, height))
    return pixels


def _rows(picture: Image.Image, mode: str, top: int, bottom: int) -> NDArray[Any]:
    strip = picture.crop((0, top, picture.width, bottom))
    return np.asarray(strip if strip.mode == mode else strip.convert(mode))
