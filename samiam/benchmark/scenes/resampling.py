"""Images and label images turned and magnified about their centre, without a pixel from beyond their edges."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_ROUNDING = 1e-9  # of a pixel: what rounding may add to a coordinate
Kind = TypeVar("Kind", np.float32, np.uint32)


def resampled(
    image: NDArray[Kind], *, turn_deg: float, magnification: float, is_label: bool, sampling: float = 1.0
) -> NDArray[Kind]:
    """Turn an image anticlockwise, magnify it, and sample what is then in view more finely or more coarsely.

    Args:
        image: (H, W), float32 in [0, 1] or uint32 labels.
        turn_deg: quarter turns are exact.
        magnification: > 0. Below 1 what the coarser pixels cannot hold is smoothed away first.
        is_label: whether each pixel takes the value of the nearest instead of one between its neighbours.
        sampling: > 0, factor on the pixels along each side. Below 1 likewise.

    Returns:
        The same type. Turned, the largest upright rectangle within the image; magnified, the middle of the size it
        would have otherwise; reduced, all of it in fewer pixels; sampled otherwise, the same view.
    """
    quarters = round(turn_deg / 90)
    image = np.rot90(image, quarters)
    rest_deg = turn_deg - 90 * quarters
    if rest_deg == 0 and magnification == 1 and sampling == 1:
        return image.copy()
    shape_hw = _shape_hw((image.shape[0], image.shape[1]), rest_deg, magnification, sampling)
    scale = magnification * sampling
    steps = _rotation(rest_deg) / scale
    offset = (np.array(image.shape) - 1) / 2 - steps @ (np.array(shape_hw) - 1) / 2
    if is_label:
        return np.asarray(ndimage.affine_transform(image, steps, offset, shape_hw, order=0, mode="nearest"))
    smooth = ndimage.gaussian_filter(image, max(0.0, 1 / scale - 1) / 2)
    read = ndimage.affine_transform(smooth, steps, offset, shape_hw, order=3, mode="nearest")
    return np.asarray(np.clip(read, 0, 1))


def _rotation(turn_deg: float) -> NDArray[np.float64]:
    """From (row, column) of a view turned anticlockwise to those of the image."""
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    return np.array([[cos, sin], [-sin, cos]])


def _shape_hw(shape_hw: tuple[int, int], turn_deg: float, magnification: float, sampling: float) -> tuple[int, int]:
    """How many pixels the view has: as many as have their centres between those of the image's outermost."""
    height, width = _largest_within(shape_hw[0] - 1, shape_hw[1] - 1, math.radians(abs(turn_deg)))
    scale = min(magnification, 1.0) * sampling
    return math.floor(height * scale + _ROUNDING) + 1, math.floor(width * scale + _ROUNDING) + 1


def _largest_within(height: float, width: float, turn_rad: float) -> tuple[float, float]:
    """Sides of the largest rectangle at an angle of 0 to 45° within an upright one."""
    if turn_rad == 0:
        return height, width
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    short = min(height, width)
    has_play = short <= (2 * sin * cos + _ROUNDING) * max(height, width)
    if has_play:  # two of its corners touch the long sides, the others nothing
        along, across = short / (2 * sin), short / (2 * cos)
        return (across, along) if width >= height else (along, across)
    narrowed = cos**2 - sin**2
    return (height * cos - width * sin) / narrowed, (width * cos - height * sin) / narrowed
