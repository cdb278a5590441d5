"""What the numbers of a TIFF stand for: greys from either end, colours, inks, places in a palette."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import EXTRASAMPLE, PHOTOMETRIC, TiffPage

from samiam.errors import InputError
from samiam.records.arrays import without_blank_fourth

N_COLOURS = 3
_N_INKS = 4  # cyan, magenta, yellow, black
_INKSET_TAG, _CMYK = 332, 1
_JPEG = {6, 7, 34892, 33007}  # compressions whose colours tifffile has turned into RGB
_LIGHTNESS_FIRST = {PHOTOMETRIC.CIELAB, PHOTOMETRIC.ICCLAB, PHOTOMETRIC.ITULAB, PHOTOMETRIC.YCBCR}


def has_palette(page: TiffPage) -> bool:
    """Whether the numbers are places in a palette."""
    return bool(page.photometric == PHOTOMETRIC.PALETTE)


def as_shown(array: NDArray[Any], axes: str, page: TiffPage) -> NDArray[Any]:
    """The image as a viewer shows it.

    Args:
        array: its numbers, of any real dtype.
        axes: Y and X, and C or S or both where there are channels or samples, in the order of the array.
        page: says what the numbers are.

    Returns:
        (H, W), or (H, W, C) without alpha; brighter is larger.

    Raises:
        InputError: if the palette is missing.
    """
    last = [letter for letter in "CS" if letter in axes]
    array = array.transpose([axes.index(letter) for letter in ("Y", "X", *last)])
    if has_palette(page):
        array = _through_palette(array, page)
    elif page.photometric == PHOTOMETRIC.MINISWHITE:
        array = _turned_bright(array, page.bitspersample)
    if "S" in last:
        array = without_blank_fourth(_without_ink(_without_alpha(array, page), page))
    return array.reshape(*array.shape[:2], -1) if array.ndim > 2 else array


def _through_palette(places: NDArray[Any], page: TiffPage) -> NDArray[Any]:
    palette = page.colormap
    if palette is None or places.max() >= palette.shape[1]:
        raise InputError("is coded by a palette that it does not hold; export it again.")
    is_grey = (palette == palette[0]).all()
    colours: NDArray[Any] = palette[0][places] if is_grey else palette.T[places]
    return colours


def _turned_bright(array: NDArray[Any], bits: int) -> NDArray[Any]:
    """Numbers that fall with brightness as ones that rise with it."""
    bright: NDArray[Any] = ~array if array.dtype.kind == "i" else -array
    if array.dtype.kind == "u":
        bright = np.array((1 << bits) - 1, array.dtype) - array
    return bright


def _without_alpha(array: NDArray[Any], page: TiffPage) -> NDArray[Any]:
    """Samples that are no opacity; of what a file does not say what it is, nothing is dropped."""
    first_extra = array.shape[-1] - len(page.extrasamples)
    opacity = [
        first_extra + number
        for number, kind in enumerate(page.extrasamples)
        if kind in (EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA)
    ]
    return np.delete(array, opacity, axis=-1) if opacity else array


def _without_ink(array: NDArray[Any], page: TiffPage) -> NDArray[Any]:
    """Red, green and blue where the samples are inks; the lightness where they are that and two colours."""
    is_cmyk = page.photometric == PHOTOMETRIC.SEPARATED and page.tags.valueof(_INKSET_TAG, default=_CMYK) == _CMYK
    if is_cmyk and array.shape[-1] >= _N_INKS and array.dtype.kind == "u":
        most = float(np.iinfo(array.dtype).max)
        light = most - array[..., :_N_INKS].astype(np.float32)
        rgb: NDArray[Any] = np.rint(light[..., :3] * light[..., 3:] / most).astype(array.dtype)
        return rgb
    if page.photometric in _LIGHTNESS_FIRST and page.compression not in _JPEG:
        return array[..., :1]
    return array
