"""An image as the networks see it, made without torch: what `standardised`, `evened` and `window_spectra` are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Floats = NDArray[np.float32]

MULTIPLE_PX = 16
"""Sides of an image that passes a network are multiples of this: the stride of its coarsest maps."""
EVENED_PX = 49
"""Side of what brightness and contrast are taken out of: a few cells of a usual lattice."""
EVEN = 0.1
"""Standard deviation, over the image's, below which what varies is noise and stays faint."""
AROUND_PX = 15
"""Side of what a pixel is compared with to tell whether columns are bright; chosen by hand on procedural scenes."""
LEAST_CONTRAST = 1e-4
"""Standard deviation below which an image is even."""
WINDOW_PX = 64
"""Side of a window whose spectrum is seen; half of it still holds two cells of a usual lattice."""
HIGHEST = 20
"""Waves a window that are looked at: down to a period of 3.2 px."""
N_WAVES = (2 * HIGHEST + 1) * (HIGHEST + 1)
"""Numbers of a spectrum."""
FAINT = 0.5
"""Amplitude below which a wave is noise, where the image's standard deviation is 1: about that of noise of 2 %."""
_ROWS_AT_ONCE = 8
"""Rows of windows that share what their rows of pixels are transformed to; not all, for the sake of memory."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image of the size at which networks see it; what is made of it is made once for all of them.

    Attributes:
        pixels: float32 (H, W), as they are; sides are multiples of 16.
    """

    pixels: Floats

    def prepare(self) -> None:
        """Make all that networks on ONNX Runtime see; tasks that are done at once must not make it twice."""
        _ = self.evened, self.spectra

    @cached_property
    def standardised(self) -> Floats:
        """Mean 0, standard deviation 1, bright columns: float32 (H, W)."""
        centred = self.pixels - np.float32(self.pixels.mean(dtype=np.float64))
        apart = centred - _around(centred, AROUND_PX)
        upright = -centred if (apart * apart * apart).mean(dtype=np.float64) < 0 else centred
        return np.asarray(upright / max(float(centred.std(dtype=np.float64)), LEAST_CONTRAST), np.float32)

    @cached_property
    def evened(self) -> Floats:
        """The standardised image without slow changes of brightness and contrast: float32 (H, W)."""
        centred = self.standardised - _around(self.standardised, EVENED_PX)
        power = np.maximum(_around(centred * centred, EVENED_PX), 0)  # its running sums round to below 0
        return np.asarray(centred / (np.sqrt(power) + EVEN), np.float32)

    @cached_property
    def spectra(self) -> tuple[Floats, Floats]:
        """Spectra of windows of the image and of its half, float32 (n, H / 16, W / 16)."""
        height, width = self.standardised.shape
        half = self.standardised.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        return window_spectra(self.standardised, MULTIPLE_PX), window_spectra(half, MULTIPLE_PX // 2)


def _around(image: Floats, side_px: int) -> Floats:
    """The mean of the pixels around each, in a square cut at the frame."""
    for axis, length in enumerate(image.shape):
        counts = ndimage.uniform_filter1d(np.ones(length), side_px, mode="constant")
        shares = counts[:, None] if axis == 0 else counts
        image = ndimage.uniform_filter1d(image, side_px, axis=axis, mode="constant") / shares.astype(np.float32)
    return image


def window_spectra(image: Floats, stride_px: int) -> Floats:
    """Square roots of the amplitudes of waves in windows, over their mean; windows at the frame are moved inside.

    Args:
        image: float32 (H, W); sides are multiples of the stride.
        stride_px: between the middles of windows.

    Returns:
        float32 (n, H / stride, W / stride).
    """
    missing = [(0, max(0, WINDOW_PX - side)) for side in image.shape]
    plane = np.pad(image, missing, mode="edge")
    rows, columns = (_first_px(side, stride_px) for side in image.shape)
    by_row = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        of_band = rows[start : start + _ROWS_AT_ONCE] - rows[start]
        strips = np.lib.stride_tricks.sliding_window_view(plane[rows[start] :][: of_band[-1] + WINDOW_PX], WINDOW_PX, 1)
        along = fft.rfft(strips[:, columns] * _HANN, axis=2)[..., : HIGHEST + 1]
        along = np.ascontiguousarray(np.moveaxis(along, 2, 1))
        by_row += [_spectra(along[row : row + WINDOW_PX]) for row in of_band]
    return np.stack(by_row, axis=1)


def _spectra(along: NDArray[np.complex64]) -> Floats:
    """Windows of which rows are transformed, (64, waves, w), to (n, w)."""
    waves = _low(fft.fft(along * _HANN[:, None, None], axis=0, overwrite_x=True))
    waves -= _OF_MEAN[..., None] * waves[0, 0]
    flat = np.abs(waves).reshape(N_WAVES, -1)
    flat[0] = 0  # what is left of the mean is rounding
    return np.asarray(np.sqrt(flat / (flat.mean(axis=0) + np.float32(FAINT))))


def _low(waves: NDArray[Any]) -> NDArray[Any]:
    """Waves along the first axis without those that are not looked at."""
    return np.concatenate([waves[: HIGHEST + 1], waves[-HIGHEST:]])


_HANN = np.hanning(WINDOW_PX + 1)[:-1].astype(np.float32)  # periodic
_OF_HANN = fft.fft(_HANN).real / _HANN.sum()
_OF_MEAN = _low(_OF_HANN)[:, None] * _OF_HANN[: HIGHEST + 1]
"""What a window's mean of 1 adds to its waves, (41, 21)."""


def _first_px(side_px: int, stride_px: int) -> NDArray[np.intp]:
    """The pixel along an axis at which the window of each point begins."""
    middle = (np.arange(side_px // stride_px) + 0.5) * stride_px
    return np.asarray(np.clip(middle - WINDOW_PX / 2, 0, max(side_px - WINDOW_PX, 0)), np.intp)
