"""Arrays as files and users hold them: what is an image, which of its channels, and how large a pixel may be."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.colour import find_coloured
from samiam.errors import InputError

MAX_PIXELS = 16384**2
MAX_BYTES = 4 * MAX_PIXELS  # 1 GB: as many pixels in single precision, which is what is worked on
MIN_SIDE_PX = 16  # in less no texture can be told
MOST_UNEQUAL = 100.0  # No scan is coarser by more along one axis: one of the two numbers means something else.
_FEW = 16
_REMEDY_FOR_KIND = {
    "c": "save its modulus or its real part",
    "b": "it is a mask, not a micrograph; give the image itself",
}


def check_declared(shape_hw: tuple[int, int], dtype: np.dtype[Any], n_channels: int = 1) -> None:
    """Refuse images whose declared shape or type is of no use, before any pixel is read.

    Raises:
        InputError: see `Request.pick`.
    """
    height, width = shape_hw
    if dtype.kind not in "uif":
        kind = "compound" if dtype.names else str(dtype)
        raise InputError(f"holds {kind} pixels; {_REMEDY_FOR_KIND.get(dtype.kind, 'save it as integers or floats')}.")
    if min(height, width) < MIN_SIDE_PX:
        raise InputError(f"is {width} x {height} pixels; both sides must be at least {MIN_SIDE_PX}.")
    if height * width > MAX_PIXELS:
        raise InputError(
            f"is {width} x {height} pixels, more than the {MAX_PIXELS} (16384 x 16384) that fit; crop or bin it."
        )
    n_bytes = height * width * n_channels * dtype.itemsize
    if n_bytes > MAX_BYTES:
        channels = f" in {n_channels} channels" if n_channels > 1 else ""
        raise InputError(
            f"is {width} x {height} pixels of {dtype}{channels}, {n_bytes / 1e9:.1f} GB and more than the "
            f"{MAX_BYTES / 1e9:.1f} GB that fit; crop or bin it, or save one channel in single precision."
        )


@dataclass(frozen=True, eq=False)
class OneChannel:
    """The channel of an image that is worked on.

    Attributes:
        array: (H, W).
        number: which it is, of several that differ or of which one was asked for; else None.
        coloured: (H, W), the few pixels in which the others differ; None where none do or one was asked for.
    """

    array: NDArray[Any]
    number: int | None = None
    coloured: NDArray[np.bool_] | None = None


def one_channel(array: NDArray[Any], channel: int | None) -> OneChannel:
    """The channel of an image (H, W) or (H, W, C) that is asked for, or any where they are equal but for a few pixels.

    Raises:
        InputError: if one has to be given or does not exist.
    """
    n_channels = array.shape[2] if array.ndim == 3 else 1
    if channel is not None and not 0 <= channel < n_channels:
        raise InputError(f"has no channel {channel}; choose channel=0..{n_channels - 1} (--channel).")
    if array.ndim == 2:
        return OneChannel(array)
    if channel is not None:
        return OneChannel(array[..., channel], channel)
    if all(np.array_equal(array[..., 0], array[..., other]) for other in range(1, n_channels)):
        return OneChannel(array[..., 0])
    if (coloured := find_coloured(array)) is not None:
        return OneChannel(array[..., 0], coloured=coloured)
    raise InputError(
        f"holds {n_channels} channels that differ; choose one with channel=0..{n_channels - 1} (--channel)."
    )


def without_blank_fourth(array: NDArray[Any]) -> NDArray[Any]:
    """Channels without a fourth that is the same everywhere, which is the opacity of the other three."""
    if array.ndim == 3 and array.shape[2] == 4 and (array[..., 3] == array[0, 0, 3]).all():
        return array[..., :3]
    return array


def check_values(array: NDArray[Any]) -> None:
    """Refuse pixels that are not finite, or all alike.

    Raises:
        InputError: if so.
    """
    n_bad = array.size - int(np.count_nonzero(np.isfinite(array))) if array.dtype.kind == "f" else 0
    if n_bad:
        raise InputError(f"{n_bad} of {array.size} pixels are NaN or infinite; replace them and save it again.")
    smallest, largest = float(array.min()), float(array.max())
    if smallest == largest:
        raise InputError(f"every pixel is {smallest:g}, so there is nothing to see; check the export.")
    if not np.isfinite(largest - smallest):
        raise InputError(f"pixel values from {smallest:g} to {largest:g} are too far apart; rescale and save it again.")


def areas_in(labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Pixels of each value of an image of labels 0, 1, …: int64 (largest + 1,)."""
    largest = int(labels.max(initial=0))
    if largest > _FEW or labels.min(initial=0) < 0:
        return np.bincount(labels.ravel().astype(np.int64, copy=False))
    narrow = labels.astype(np.uint8)  # in which to look for a few values, one after the other, takes less than to count
    return np.array([np.count_nonzero(narrow == value) for value in range(largest + 1)], np.int64)


def numbers_in(labels: NDArray[Any]) -> list[int]:
    """The values of a label image but for 0, rising, whatever they are."""
    is_short = labels.dtype.kind in "ui" and labels.min(initial=0) >= 0 and labels.max(initial=0) <= labels.size
    return (1 + np.flatnonzero(areas_in(labels)[1:]) if is_short else np.unique(labels[labels != 0])).tolist()


def run_starts(*images: NDArray[Any]) -> NDArray[np.intp]:
    """The first pixel, in reading order, of each run of pixels that are equal in all of some images of one shape.

    Regions are large, so that runs are few where pixels are many.
    """
    flat = [image.ravel() for image in images]
    differs = np.zeros(max(flat[0].size - 1, 0), np.bool_)
    for image in flat:
        differs |= image[1:] != image[:-1]
    return np.append(np.zeros(min(1, flat[0].size), np.intp), np.flatnonzero(differs) + 1)


def check_percentiles(percentiles: tuple[float, float]) -> None:
    """Refuse what are no two rising percentiles.

    Raises:
        InputError: if so.
    """
    low, high = percentiles
    if not 0 <= low < high <= 100:
        raise InputError(f"cannot be clipped at the percentiles {low} and {high}; give two rising ones from 0 to 100.")


def both_sides(sides_nm: float | tuple[float, float]) -> tuple[float, float]:
    """Width and height of a pixel in nm, as a user gives them: one side, or both.

    Raises:
        InputError: if they are none.
    """
    given = tuple(sides_nm) if isinstance(sides_nm, tuple | list) else (sides_nm, sides_nm)
    if len(given) != 2 or not all(isinstance(side, Real) and not isinstance(side, bool) for side in given):
        raise InputError(f"a pixel size of {sides_nm!r}: give a number in nm, or width and height.")
    width, height = map(float, given)
    for side in (width, height):
        if not 0 < side < float("inf"):
            raise InputError(f"a pixel size of {side:g} nm is impossible; give a positive number, or None.")
    if max(width / height, height / width) > MOST_UNEQUAL:
        raise InputError(f"pixels of {width:g} × {height:g} nm are too unequal; give the sides of one, or one number.")
    return width, height
