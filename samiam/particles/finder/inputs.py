"""What the network sees of a micrograph: at a fixed size of pixels, and however it was scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORKING_NM = 0.04
"""Pixels that lattices are looked at with: the {111} fringes of gold, 2.35 Å, are 6 px apart then."""
FRINGES_NM = 0.1
"""Larger pixels than this cannot show these fringes (two a period is the limit): contrast alone is looked at."""
_MAGNIFIED = (
    2.0  # of particles of 18 px in a micrograph 231 are told apart so, and 85 as they are; large ones lose none
)
_LARGEST_PX = 1536  # of the longer side, to which an image is magnified, for the sake of time
_MOST = 8.0  # in normal standard deviations; a hot pixel or a bright edge says no more than this
_BLOCKS = 48  # at most a side, of whose means light is told from particles, for the sake of time
_LIT = 3.0  # times the contrast, by which light from one side changes the brightness at least
_STRONGER = 1.3  # times the contrast on the other side, from which light has multiplied it
_CUT_OFF, _MOST_CUT_OFF = 0.1, 0.02  # of the usual contrast, and the share of an image that has no more
_NORMAL = 1.4826  # standard deviations in the median absolute deviation of normal noise

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def standardised(pixels: NDArray[np.floating]) -> Floats:
    """Pixels without light from one side and minus their median, over their scale: the same for a·I + b, a > 0.

    The scale is the median absolute deviation in normal standard deviations; the mean one where over half of all
    pixels are equal; an image of one value is 0.

    Args:
        pixels: real (H, W).

    Returns:
        float32 (H, W), within ±8.
    """
    exact = _levelled(pixels.astype(np.float64))
    exact -= np.median(exact)
    deviations = np.abs(exact)
    scale = _NORMAL * float(np.median(deviations)) or float(deviations.mean()) or 1.0
    return np.clip(exact / scale, -_MOST, _MOST).astype(np.float32)


def _levelled(pixels: Doubles) -> Doubles:
    """Pixels without the plane that runs through most of them, and over the light where that has multiplied them.

    It has where brightness grows by much more than the contrast, and the contrast with it: particles on one side of an
    image have contrast too, but do not light it, and what is cut off at black or white has none.
    """
    each = [-(-side // _BLOCKS) for side in pixels.shape]
    n_y, n_x = (side // own for side, own in zip(pixels.shape, each, strict=True))
    blocks = pixels[: n_y * each[0], : n_x * each[1]].reshape(n_y, each[0], n_x, each[1])
    means, contrasts = blocks.mean(axis=(1, 3)), blocks.std(axis=(1, 3))
    levelled, log_light = pixels.copy(), np.zeros((1, 1))
    usual = float(np.median(contrasts))
    is_cut_off = np.mean(contrasts <= _CUT_OFF * usual) > _MOST_CUT_OFF
    logs = np.log(np.maximum(contrasts, _CUT_OFF * usual or 1.0))
    for axis, side in enumerate(pixels.shape):
        grows, by_factor = (_slope(rows if axis else rows.T) / each[axis] for rows in (means, logs))
        along = np.expand_dims(np.arange(side), 1 - axis)
        levelled -= grows * along
        if grows * by_factor > 0 and abs(grows) * side > _LIT * usual:
            log_light = log_light + by_factor * (along - side / 2)
    if is_cut_off or np.ptp(log_light) <= np.log(_STRONGER):
        return levelled
    return np.asarray((levelled - np.median(levelled)) / np.exp(log_light))


def _slope(rows: Doubles) -> float:
    """The median slope between any two places of a row (Theil and Sen): a particle in a corner changes little."""
    first, second = np.triu_indices(rows.shape[1], 1)
    slopes = (rows[:, second] - rows[:, first]) / (second - first)
    return float(np.median(slopes)) if slopes.size else 0.0


def stretched(pixels: NDArray[np.floating]) -> Floats:
    """Pixels from 0, the darkest, to 1, the brightest, as the paper's network sees them; 0 where all are equal."""
    exact = pixels.astype(np.float64)
    low, high = float(exact.min()), float(exact.max())
    return ((exact - low) / ((high - low) or 1.0)).astype(np.float32)


def working_shape(shape_hw: tuple[int, int], pixel_size_nm: float) -> tuple[int, int]:
    """Height and width of an image on the pixels to look at, one at least.

    Where fringes can show these are of 0.04 nm; else the image is magnified twice, unless it is large.
    """
    if pixel_size_nm <= FRINGES_NM:
        scale = pixel_size_nm / WORKING_NM
    else:
        scale = float(np.clip(_LARGEST_PX / max(shape_hw), 1.0, _MAGNIFIED))
    return max(1, round(shape_hw[0] * scale)), max(1, round(shape_hw[1] * scale))
