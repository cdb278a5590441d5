"""PNGs that annotators painted: masks in any colours, and label images with a number for each material."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError

_GREY_MODES = ("1", "L", "I", "I;16", "F")
_NUMBER_MODES = ("1", "L", "P", "I", "I;16")


def read_brightness(path: Path) -> NDArray[Any]:
    """Values of a grey picture (H, W); of a coloured one the largest of its colours.

    Raises:
        InputError: if the file is missing, damaged or no picture.
    """
    picture = _opened(path)
    array = np.asarray(picture if picture.mode in _GREY_MODES else picture.convert("RGB"))
    return array if array.ndim == 2 else array.max(axis=2)


def read_numbers(path: Path) -> NDArray[np.int64]:
    """The numbers (H, W) in a grey picture of up to 16 bits, or the places of its colours in a palette.

    Raises:
        InputError: if the file is missing, damaged, no picture or of other colours.
    """
    picture = _opened(path)
    if picture.mode not in _NUMBER_MODES:
        raise InputError(
            f"{path}: a picture of kind {picture.mode}, but a label image has one number a pixel; "
            "save it as 8-bit or 16-bit grey, or with a palette."
        )
    return np.asarray(picture).astype(np.int64)


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
    except FileNotFoundError:
        raise InputError(f"{path}: missing.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a readable PNG; it is damaged or cut short.") from error
    return picture
