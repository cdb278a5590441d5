"""Masks that grow and shrink. (SciPy has the same, at ten times the cost.)"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_CROSS, _SQUARE = (cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_CROSS, cv2.MORPH_RECT))


def dilated(mask: NDArray[np.bool_], times: int = 1, *, corners: bool = False) -> NDArray[np.bool_]:
    """A mask and the pixels beside it.

    Args:
        mask: bool (H, W).
        times: how often it grows by a pixel.
        corners: whether pixels that share a corner only are beside one another too.
    """
    grown = cv2.dilate(mask.view(np.uint8), _SQUARE if corners else _CROSS, iterations=times)
    return np.asarray(grown.view(np.bool_))


def n_beside(first: NDArray[np.bool_], second: NDArray[np.bool_], times: int = 1) -> int:
    """How many pixels of a second mask, bool (H, W), lie beside a first one, so many pixels away at most."""
    return int(np.count_nonzero(dilated(first, times) & second))


def eroded(
    mask: NDArray[np.bool_], times: int = 1, *, corners: bool = False, beyond: bool = False
) -> NDArray[np.bool_]:
    """A mask without the pixels at its edge.

    Args:
        mask: bool (H, W).
        times: how often it shrinks by a pixel.
        corners: whether pixels that share a corner only are beside one another too.
        beyond: whether the mask goes on beyond the frame.
    """
    shrunk = cv2.erode(
        mask.view(np.uint8),
        _SQUARE if corners else _CROSS,
        iterations=times,
        borderType=cv2.BORDER_CONSTANT,
        borderValue=int(beyond),
    )
    return np.asarray(shrunk.view(np.bool_))
