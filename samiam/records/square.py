"""Images on square pixels, where those of the file are not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PIL import Image

from samiam.records.micrograph import Micrograph

_SQUARE = 0.02  # difference of the sides up to which pixels are left as they are: scans are seldom calibrated better
_MOST = 4.0  # times as many pixels as there were at most; what is left of the difference is taken from the finer axis
_MOST_PIXELS = 16384**2  # as in the largest files that are read


def is_square(aspect: float) -> bool:
    """Whether pixels of this height over width are as good as square."""
    return abs(math.log(aspect)) <= math.log1p(_SQUARE)


def square_shape(shape_hw: tuple[int, int], aspect: float) -> tuple[int, int]:
    """Height and width of an image on square pixels, which are as small as the shorter side of its own.

    Args:
        shape_hw: on its own pixels.
        aspect: height of a pixel over its width.

    Example:
        >>> square_shape((100, 200), 2.0), square_shape((100, 200), 0.5)
        ((200, 200), (100, 400))
    """
    if is_square(aspect):
        return shape_hw
    ratio = max(aspect, 1 / aspect)
    grown = max(1.0, min(ratio, _MOST, _MOST_PIXELS / math.prod(shape_hw)))
    coarse, fine = (0, 1) if aspect > 1 else (1, 0)
    sides = list(shape_hw)
    sides[coarse] = round(sides[coarse] * grown)
    sides[fine] = max(1, round(sides[fine] * grown / ratio))
    return sides[0], sides[1]


def on_square_pixels(micrograph: Micrograph) -> Micrograph:
    """A micrograph, of which all is shown, on square pixels; itself where its own are as good as square."""
    if is_square(micrograph.pixel_aspect):
        return micrograph
    height, width = square_shape(micrograph.shape_hw, micrograph.pixel_aspect)
    picture = Image.fromarray(micrograph.pixels).resize((width, height), Image.Resampling.BICUBIC)
    size_nm = micrograph.pixel_size_nm
    return replace(
        micrograph,
        pixels=np.clip(np.asarray(picture), 0.0, 1.0),
        pixel_size_nm=None if size_nm is None else size_nm * micrograph.shape_hw[1] / width,
        pixel_aspect=1.0,
    )
