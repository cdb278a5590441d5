"""The largest crystal of an image in square windows at one scale, and what is measured of each.

Every image is brought to 14 px a lattice period; a window is of 10 periods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.period import lattice_period

PERIOD_PX = 14
WINDOW_PX = 10 * PERIOD_PX
PERIODS_PX = (12.0, 55.0)  # of images as they come: below, a lattice says little of its noise; above, windows are few
MOST_WINDOWS = 9
NOISE_BAND = (0.36, 0.5)  # 1/px: beyond five periods of a lattice

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crystal:
    """The largest crystal of an image.

    Attributes:
        name: of the image.
        windows: (N, 140, 140) at 14 px a period.
        features: (N, features) of the windows.
    """

    name: str
    windows: Floats
    features: Floats


def smoothed(image: Floats, periods: float) -> Floats:
    """Without what is shorter than so many lattice periods."""
    return np.asarray(ndimage.gaussian_filter(image, periods * PERIOD_PX))


def slow_range(image: Floats) -> float:
    """From the darkest to the brightest place, over the mean, without the lattice."""
    low, high = np.percentile(smoothed(image, 1), (2.5, 97.5))
    return float((high - low) / image.mean())


def slow_spread(image: Floats) -> float:
    """Standard deviation of the brightness without the lattice over that of the lattice."""
    slow = smoothed(image, 1)
    return float(slow.std() / (image - slow).std())


def contrast_variation(image: Floats) -> float:
    """Relative variation of the lattice's local contrast."""
    lattice = image - smoothed(image, 1)
    local = np.sqrt(smoothed(lattice**2, 1))
    return float(local.std() / local.mean())


def patchiness(image: Floats) -> float:
    """Scatter between groups of columns over the contrast of the lattice."""
    patches = smoothed(image, 0.75) - smoothed(image, 2)
    return float(patches.std() / (image - smoothed(image, 1)).std())


def kurtosis(image: Floats) -> float:
    """Excess kurtosis of the lattice: high for narrow columns on an even ground."""
    lattice = image - smoothed(image, 1)
    return float((lattice**4).mean() / (lattice**2).mean() ** 2 - 3)


def noise_power(image: Floats) -> float:
    """Power that white noise would have, of the level beyond the lattice's frequencies, over all power."""
    window = np.hanning(len(image))
    power = np.abs(np.fft.fft2((image - smoothed(image, 1)) * np.outer(window, window))) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(len(image)), np.fft.fftfreq(len(image))))
    is_noise = (frequency > NOISE_BAND[0]) & (frequency < NOISE_BAND[1])
    return float(power[is_noise].mean() / power.mean())


def contrast(image: Floats) -> float:
    """Standard deviation of the lattice over the mean."""
    return float((image - smoothed(image, 1)).std() / image.mean())


def neighbour_correlation(image: Floats) -> float:
    """Correlation of neighbouring pixels without what is longer than some pixels: that of the noise, above all."""
    fine = image - ndimage.gaussian_filter(image, 1.0)
    products = (fine[1:] * fine[:-1]).mean() + (fine[:, 1:] * fine[:, :-1]).mean()
    return float(products / 2 / (fine**2).mean())


FEATURES: dict[str, Callable[[Floats], float]] = {
    "slow brightness range / mean": slow_range,
    "slow sd / lattice sd": slow_spread,
    "variation of local contrast": contrast_variation,
    "patches / lattice sd": patchiness,
    "excess kurtosis": kurtosis,
    "lattice sd / mean": contrast,
    "noise power": noise_power,
    "correlation of neighbours": neighbour_correlation,
}


def crystal_of(name: str, pixels: NDArray[np.float32], labels: NDArray[np.uint32]) -> Crystal | None:
    """The windows of the largest labelled region that shows a lattice, None where none does."""
    for label in sorted(np.unique(labels[labels > 0]), key=lambda one: -np.count_nonzero(labels == one)):
        mask = labels == label
        period_px = lattice_period(pixels[largest_square(mask)])
        if period_px is not None and PERIODS_PX[0] <= period_px <= PERIODS_PX[1]:
            windows = list(windows_of(pixels.astype(np.float64), mask, PERIOD_PX / period_px))
            if windows:
                features = np.array([[measure(window) for measure in FEATURES.values()] for window in windows])
                return Crystal(name, np.array(windows), features)
    return None


def largest_square(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Where the largest square within a mask lies."""
    depth = ndimage.distance_transform_cdt(np.pad(mask, 1), metric="chessboard")[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    reach = int(depth.max()) - 1
    return slice(int(y) - reach, int(y) + reach + 1), slice(int(x) - reach, int(x) + reach + 1)


def windows_of(pixels: Floats, mask: NDArray[np.bool_], scale: float) -> Iterator[Floats]:
    """Windows spread over a region, after magnification."""
    smooth = ndimage.gaussian_filter(pixels, max(0.0, 1 / scale - 1) / 2)
    image, inside = ndimage.zoom(smooth, scale, order=3), ndimage.zoom(mask.astype(np.uint8), scale, order=0)
    corners = [(y, x) for y in starts(image.shape[0]) for x in starts(image.shape[1])]
    whole = [
        (y, x) for y, x in corners if inside[y : y + WINDOW_PX, x : x + WINDOW_PX].mean() > 0.995
    ]  # borders drawn by hand leave specks
    for index in np.unique(np.linspace(0, len(whole) - 1, min(MOST_WINDOWS, len(whole))).astype(int)):
        y, x = whole[index]
        yield image[y : y + WINDOW_PX, x : x + WINDOW_PX]


def starts(length: int) -> list[int]:
    """Where windows begin along an axis, overlapping by less than half."""
    if length < WINDOW_PX:
        return []
    n = int((length - WINDOW_PX) / (0.6 * WINDOW_PX)) + 1
    return [int(start) for start in np.linspace(0, length - WINDOW_PX, n)]


def medians(crystals: Sequence[Crystal]) -> Floats:
    """The features of each image: (images, features)."""
    return np.array([np.median(crystal.features, axis=0) for crystal in crystals])
