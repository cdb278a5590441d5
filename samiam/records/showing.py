"""Records as pictures in a notebook."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_LARGEST_PX = 1024
"""Longer sides are reduced to this: as much as a notebook shows."""


def picture_of(pixels: NDArray[Any]) -> Image.Image:
    """A picture of uint8 (H, W) or (H, W, 3), reduced to 1024 px where it is larger."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((_LARGEST_PX, _LARGEST_PX), Image.Resampling.LANCZOS)
    return picture


def png_of(picture: Image.Image) -> bytes:
    """The bytes of a PNG."""
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()
