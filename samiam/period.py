"""How far apart the cells of a lattice lie in an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from samiam.blurring import blurred

# Chosen by hand on procedural scenes.
_WINDOW_PX = 192  # dozens of cells of a usual lattice
_WINDOWS_A_SIDE = 5  # so many at most, half overlapping
_SHORTEST_PX = 3.5  # below it columns run together
_BACKGROUND_PX = 16.0  # leaves periods up to a third of a window
_BLUR_REACHES = 2.5  # standard deviations of the blur that takes the background out
_LEAST_CORRELATION = 0.1  # of the highest: lower peaks are noise
_AS_STRONG = 0.8  # of the strongest: lattice vectors, of which the shortest counts
_STILL_THERE = 0.5  # of the first peak at its multiples: what an amorphous film has not
_MOST_MULTIPLES = 4  # that are looked at
_LEAST_WINDOWS = 0.3  # share of the windows that must show a lattice
_SMOOTHING_REACHES = 4.0  # standard deviations of the blur of an autocorrelation
_SQUARE = np.ones((3, 3), np.uint8)


def lattice_period(pixels: NDArray[np.float32], shorter_than: float = np.inf) -> float | None:
    """The length of the shortest lattice vector in most of an image: the median of windows spread over it.

    In each window it is the shortest shift at which the autocorrelation peaks (nearly) as high as anywhere away from
    the origin, and at whose multiples it is still high: that tells a lattice from an amorphous film, whose neighbours
    have a typical distance too.

    Args:
        pixels: float32 (H, W).
        shorter_than: what is as long as this does not matter: no more windows are looked at once that is sure.

    Returns:
        Pixels, at least 3.5 and at most a third of a window (of 192 px, or the image's shorter side); None where
        less than 30 % of the windows show a lattice, or it is not shorter than that.
    """
    side = min(_WINDOW_PX, *pixels.shape)
    if side < 3 * _SHORTEST_PX:
        return None
    tops, lefts = (window_starts(length, side, _WINDOWS_A_SIDE) for length in pixels.shape)
    corners = list(product(tops, lefts))
    periods, n_long = [], 0
    for n_seen, window in enumerate(_evened_windows(pixels, corners, side), start=1):
        period = _period(window)
        if period is not None:
            periods.append(period)
            n_long += period >= shorter_than
            if n_long > len(periods) - n_long + len(corners) - n_seen:
                return None
    if len(periods) < max(1.0, _LEAST_WINDOWS * len(corners)):
        return None
    median = float(np.quantile(periods, 0.5, method="inverted_cdf"))  # one of them, where there are several lattices
    return median if median < shorter_than else None


def _evened_windows(
    pixels: NDArray[np.float32], corners_yx: Sequence[tuple[int, int]], side: int
) -> Iterator[NDArray[np.float32]]:
    """Windows of an image less its blur; of a large image only what is around each is blurred."""
    reach = round(_BLUR_REACHES * _BACKGROUND_PX)
    if len(corners_yx) * (side + 2 * reach) ** 2 >= pixels.size:
        flat = _evened(pixels)
        yield from (flat[y : y + side, x : x + side] for y, x in corners_yx)
        return
    for y, x in corners_yx:
        top, left = max(0, y - reach), max(0, x - reach)
        flat = _evened(pixels[top : y + side + reach, left : x + side + reach])
        yield flat[y - top :, x - left :][:side, :side]


def _evened(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels - blurred(pixels, _BACKGROUND_PX, _BLUR_REACHES)


def window_starts(length: int, side: int, most: int | None = None) -> list[int]:
    """Where windows begin along a length, evenly, half of their side apart, the first and the last at its ends.

    Args:
        length: of the image, in pixels, one side at least.
        side: of the windows.
        most: how many there are at most, which may then be further apart.
    """
    n = -(-2 * (length - side) // side) + 1
    return [round(start) for start in np.linspace(0, length - side, min(n, most or n)).tolist()]


def _period(window: NDArray[np.float32]) -> float | None:
    """The shortest lattice vector of one window."""
    reach = len(window) * 2 // 3
    correlation = _autocorrelation(window - window.mean(), reach)
    highest = float(correlation[reach, reach])
    if highest <= 0:
        return None
    is_peak = (correlation == cv2.dilate(correlation, _SQUARE)) & (correlation >= _LEAST_CORRELATION * highest)
    shifts_yx, heights = refined_peaks(correlation, np.argwhere(is_peak[1:-1, 1:-1]) + 1)
    shifts_yx -= reach
    lengths = np.linalg.norm(shifts_yx, axis=1)
    eligible = (lengths >= _SHORTEST_PX) & (lengths <= reach / 2)
    strong = eligible & (heights >= _AS_STRONG * heights[eligible].max(initial=0))
    if not strong.any():
        return None
    nearest = np.flatnonzero(strong)[np.argmin(lengths[strong])]
    multiples = np.arange(2, min(_MOST_MULTIPLES, int(reach / lengths[nearest])) + 1)
    again = ndimage.map_coordinates(correlation, reach + np.outer(shifts_yx[nearest], multiples), order=1)
    return float(lengths[nearest]) if again.mean() >= _STILL_THERE * heights[nearest] else None


def _autocorrelation(values: NDArray[np.float32], reach: int) -> NDArray[np.float64]:
    """Mean product at each shift up to `reach` px, (2 reach + 1)², shift 0 in the middle, slightly smoothed."""
    n = fft.next_fast_len(len(values) + reach + 1, real=True)
    power = np.abs(fft.rfft2(values, (n, n))) ** 2
    shifts = np.arange(-reach, reach + 1)
    overlap = len(values) - np.abs(shifts)
    products = fft.irfft2(power, (n, n))[np.ix_(shifts, shifts)] / np.outer(overlap, overlap)
    return blurred(products.astype(np.float64), 1.0, _SMOOTHING_REACHES)


def refined_peaks(
    values: NDArray[np.float64], peaks_yx: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (n, 2) and heights (n,) of peaks between pixels, by parabolas through their neighbours along each axis."""
    places, top = peaks_yx.astype(np.float64), values[tuple(peaks_yx.T)]
    heights = top.copy()
    for axis, step in enumerate(np.eye(2, dtype=int)):
        before, after = values[tuple((peaks_yx - step).T)], values[tuple((peaks_yx + step).T)]
        bend = np.minimum(before - 2 * top + after, -1e-12 * np.abs(top))
        places[:, axis] += (before - after) / (2 * bend)
        heights -= (before - after) ** 2 / (8 * bend)
    return places, heights
