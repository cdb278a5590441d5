"""The planes of a crystal, and the means of brightness and waves over them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.lattices.spectrum import Floats

# Chosen on 82 scenes of `simulate.scenes.benchmark(901)`.
_SHORTEST_PX = 2.5  # of a wave whose strength is followed
_MOST_WAVES, _MOST_PLANES = 5, 6
_SAME_WAVE = 0.15  # of its length, that a wave may be off another one
_SAME_PLANES = np.sin(np.deg2rad(8))
_BLUR = 1.2  # points, a standard deviation; two points are a period
_WITHIN = 0.97  # of what is blurred, that lies in the crystal
STRETCHES = 6  # along planes


def followed(waves: Floats) -> list[Floats]:
    """Of waves (n, 2) those that stand out most, are resolved and differ."""
    found: list[Floats] = []
    for wave in waves[np.hypot(*waves.T) <= 1 / _SHORTEST_PX]:
        near = _SAME_WAVE * float(np.hypot(*wave))
        if all(min(np.hypot(*(wave - other)), np.hypot(*(wave + other))) > near for other in found):
            found.append(wave)
    return found[:_MOST_WAVES]


def normals_of(waves: Sequence[Floats]) -> list[Floats]:
    """Of the planes that waves run across, and of those between whose own wave may be extinct: unit vectors (2,)."""
    first = min(waves, key=lambda wave: float(wave @ wave))
    others = [wave for wave in waves if _sine(wave, first) > _SAME_PLANES]
    second = min(others, key=lambda wave: float(wave @ wave), default=None)
    found: list[Floats] = []
    for wave in waves if second is None else (*waves, first + second, first - second):
        normal = wave / np.hypot(*wave)
        if all(_sine(normal, other) > _SAME_PLANES for other in found):
            found.append(normal)
    return found[:_MOST_PLANES]


def _sine(one: Floats, other: Floats) -> float:
    """Of the angle between two directions (2,)."""
    return float(abs(one[0] * other[1] - one[1] * other[0]) / (np.hypot(*one) * np.hypot(*other)))


def at_points(
    pixels: NDArray[np.float32], mask: NDArray[np.bool_], waves: Sequence[Floats], point_px: float
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Brightness and how strong waves are at points (D, h, w) of an image, which points (h, w) are of the mask, and the
    sides (x, y) of a point, about as long as asked for.
    """
    width, height = (max(1, round(side / point_px)) for side in pixels.shape[::-1])

    def along_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, (width, len(values)), interpolation=cv2.INTER_AREA))

    def averaged(values: NDArray[np.float32]) -> NDArray[np.float32]:
        fewer = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(fewer, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE))

    weights = mask.astype(np.float32)
    filled = averaged(weights)
    over = np.maximum(filled, np.float32(1e-3))
    brightness = averaged(pixels * weights) / over
    lattice = (pixels - cv2.resize(brightness, pixels.shape[::-1], interpolation=cv2.INTER_LINEAR)) * weights
    found = [brightness]
    for wave in waves:
        (cos_x, sin_x), (cos_y, sin_y) = (
            (np.cos(phase).astype(np.float32), np.sin(phase).astype(np.float32))
            for phase in (2 * np.pi * q * np.arange(side) for q, side in zip(wave, pixels.shape[::-1], strict=True))
        )
        by_cos, by_sin = along_rows(lattice * cos_x), along_rows(lattice * sin_x)
        real = averaged(by_cos * cos_y[:, None] - by_sin * sin_y[:, None])
        imaginary = averaged(by_sin * cos_y[:, None] + by_cos * sin_y[:, None])
        found.append(np.hypot(real, imaginary) / over)
    sides_px = np.array(pixels.shape[::-1]) / (width, height)
    return np.array(found, np.float64), filled >= _WITHIN, sides_px


def means_on_planes(
    relative: Floats, inside: NDArray[np.bool_], normal_xy: Floats
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], int]:
    """Means over planes, a point thick, in stretches along them, from the plane before the crystal to that behind it.

    Returns:
        Means (stretches, D, n), numbers of points of the crystal and of the image (stretches, n), and how many such
        planes lie between the first one and the top left corner.
    """
    y, x = np.indices(inside.shape) + 0.5
    across = np.floor(x * normal_xy[0] + y * normal_xy[1]).astype(int)
    along = y * normal_xy[0] - x * normal_xy[1]
    first, n_planes = int(across[inside].min()) - 1, int(np.ptp(across[inside])) + 3
    ends = np.quantile(along[inside], np.arange(1, STRETCHES) / STRETCHES)
    bins = np.searchsorted(ends, along, side="right") * n_planes + across - first
    is_near = (across >= first) & (across < first + n_planes)
    n_bins, shape = STRETCHES * n_planes, (STRETCHES, n_planes)
    counts, in_frame = (np.bincount(bins[which], minlength=n_bins).reshape(shape) for which in (inside, is_near))
    sums = [np.bincount(bins[inside], values[inside], n_bins).reshape(shape) for values in relative]
    return np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None], counts, in_frame, first
