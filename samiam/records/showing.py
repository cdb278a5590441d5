"""Records as a line and as pictures in a notebook."""

from __future__ import annotations

import io
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixel = TypeVar("Pixel", bound=np.generic)
_LARGEST_PX = 1024
"""Longer sides are reduced to this: as much as a notebook shows."""


def picture_of(pixels: NDArray[Any]) -> Image.Image:
    """A picture of uint8 (H, W) or (H, W, 3), reduced to 1024 px where it is larger."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((_LARGEST_PX, _LARGEST_PX))
    return picture


def nearest(labels: NDArray[Pixel], shape_hw: tuple[int, int]) -> NDArray[Pixel]:
    """Labels (H, W) at the centres of as many pixels as the shape has; no label is mixed with another."""
    rows, columns = ((2 * np.arange(n) + 1) * side // (2 * n) for n, side in zip(shape_hw, labels.shape, strict=True))
    return labels[np.ix_(rows, columns)]


def counted(n: int, thing: str) -> str:
    """`1 mask`, `2 masks`."""
    return f"{n} {thing}{'' if n == 1 else 's'}"


def png_of(picture: Image.Image) -> bytes:
    """The bytes of a PNG."""
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)  # as small as with 6, in half of the time
    return file.getvalue()
