"""Hot and dead pixels, cosmic rays: single pixels far beyond everything else in an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.levels import Counts, percentiles, sampled

_SAMPLES = 1 << 15  # neighbourhoods from which the usual levels and the noise are estimated
_BEYOND = 0.5  # of the range of what is not single pixels, beyond which an outlier lies; within, it harms no contrast
_MOST = 0.02  # of the pixels; if more were outlying on one side, they would be the image
_LARGEST_PX, _LARGEST_FLAT_PX = 2, 9  # of a spot, and of one of a single level
# A spot's third brightest neighbour has less than this share of its height. A column 1.5 px wide (FWHM), finer than
# can be sampled, has 0.29, one of 2 px 0.5.
_SKIRT = 0.2
_TAIL = 1.5  # times as far as an exponential tail of the noise would reach in this image
# Spots of the same kind as an outlier: so high, of its height, and no wider than this skirt.
_KIN_HEIGHT, _KIN_SKIRT = 0.4, 0.4
_LONGEST_PERIOD_PX = 32  # of a lattice; spots that crowd in one part of an image repeat over longer ones
_REPEATS = 2.0  # times the highest power that as many spots would have anywhere in their spectrum by chance

Mask = NDArray[np.bool_]


def find_outliers(counts: Counts, shown: Mask | None = None) -> Mask | None:
    """Pixels far above or below all else, with nothing of it in their neighbours.

    Args:
        counts: real (H, W).
        shown: where to look; everywhere if None.

    Returns:
        bool (H, W), or None where there is none.
    """
    if min(counts.shape) < 5:
        return None
    levels = percentiles(sampled(counts), (2, 98))
    found = [spots for sign in (1, -1) if (spots := _spots(counts, shown, sign, levels)) is not None]
    return np.logical_or.reduce(found) if found else None


def local_median(
    counts: Counts, places: tuple[NDArray[np.intp], ...], left_out: Mask, *, reach: int = 2
) -> NDArray[np.float64]:
    """The lower median of the pixels up to `reach` rows and columns from some places, without those left out.

    Returns:
        (N,); inf where all are left out.
    """
    around = _gathered(counts, places, reach).astype(np.float64)
    around[_gathered(left_out, places, reach)] = np.inf
    around.sort(axis=1)
    n_good = np.isfinite(around).sum(axis=1)
    return np.asarray(around[np.arange(len(around)), np.maximum(n_good - 1, 0) // 2])


def _spots(counts: Counts, shown: Mask | None, sign: int, levels: list[float]) -> Mask | None:
    """Outliers above, or below where the sign is -1; levels are a low one and a high one of what is usual."""
    limits = _limits(counts, shown, sign, levels)
    if limits is None:
        return None
    level, excess = limits
    beyond = np.asarray(counts > level if sign > 0 else counts < -level)
    if shown is not None:
        beyond &= shown
    n_beyond = np.count_nonzero(beyond)
    if not 0 < n_beyond <= _MOST * counts.size:
        return None
    places = np.nonzero(beyond)
    height, skirt = _shapes(counts, places, beyond, sign)
    is_spot = np.isfinite(height) & (height > excess) & (skirt <= _SKIRT * height)
    found = _small_ones(counts, beyond, places, is_spot)
    if found is None or _is_periodic(_kin(counts, shown, found, float(np.median(height[found[places]])), sign)):
        return None
    return found


def _shapes(
    counts: Counts, places: tuple[Any, ...], beyond: Mask, sign: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How high spots stand above what surrounds them, and how high their third brightest neighbour does."""
    ground = sign * local_median(counts, places, beyond)
    height = sign * counts[places].astype(np.float64) - ground
    neighbours = sign * _gathered(counts, places, 1).astype(np.float64) - ground[:, None]
    neighbours[_gathered(beyond, places, 1)] = 0.0
    return height, np.partition(neighbours, -3, axis=1)[:, -3]


def _kin(counts: Counts, shown: Mask | None, found: Mask, height: float, sign: int) -> Mask:
    """Peaks as narrow as outliers, whether they are as high or only nearly: all columns of a lattice, or defects."""
    from scipy import ndimage  # `samiam info` need not wait for it where there is no outlier

    signed = sign * counts.astype(np.float32)
    peaks = signed == ndimage.maximum_filter(signed, 3)
    # The mean around a narrow peak is far below it; where nothing stands out its shape need not be known.
    peaks &= signed - ndimage.uniform_filter(signed, 5) >= _KIN_HEIGHT * height / 2
    if shown is not None:
        peaks &= shown
    places = np.nonzero(peaks)
    heights, skirts = _shapes(counts, places, found, sign)
    is_kin = np.isfinite(heights) & (heights >= _KIN_HEIGHT * height) & (skirts <= _KIN_SKIRT * heights)
    kin = np.zeros(counts.shape, np.bool_)
    kin[places] = is_kin
    kin[:, 1:] &= ~kin[:, :-1]  # a spot of several pixels of one level is one
    kin[1:] &= ~kin[:-1]
    return kin


def _is_periodic(spots: Mask) -> bool:
    """Whether the places of spots repeat, as columns of a lattice do and defects of a detector do not.

    The power of n spots at random is n throughout their spectrum, with an exponential distribution; that of n sites
    of a lattice is n² in its peaks.
    """
    from scipy import fft

    n_spots = np.count_nonzero(spots)
    power = np.abs(fft.rfft2(spots.astype(np.float32))) ** 2
    frequency = np.hypot(fft.fftfreq(spots.shape[0])[:, None], fft.rfftfreq(spots.shape[1]))
    highest = power[frequency > 1 / _LONGEST_PERIOD_PX].max(initial=0.0)
    return bool(highest > _REPEATS * n_spots * np.log(power.size))


def _limits(counts: Counts, shown: Mask | None, sign: int, levels: list[float]) -> tuple[float, float] | None:
    """The level beyond which outliers lie, and how far they stand out of their surroundings; None where none can."""
    most = float(counts.max()) if sign > 0 else -float(counts.min())
    low, high = sorted(sign * level for level in levels)
    if most <= high + _BEYOND * (high - low):  # the level is higher still: the usual case, and a cheap one
        return None
    around = _samples(counts, shown)
    if around is None:
        return None
    centres = sign * around[:, 4]
    around = np.sort(sign * around, axis=1)
    # The third of nine is no single pixel, nor one of two.
    low, high = np.percentile(around[:, 2], 0.1), np.percentile(around[:, 6], 99.9)
    level = float(high + _BEYOND * (high - low))
    if high == low or most <= level:
        return None
    residual = centres - around[:, 4]
    usual, rare = np.percentile(residual, (80, 95))
    quantum = 1.0 if counts.dtype.kind in "iu" else 0.0
    scale = max(quantum, float(rare - usual) / np.log(20 / 5))
    excess = float(rare) + _TAIL * scale * np.log(max(20.0, 0.05 * counts.size))
    return level, max(excess, _BEYOND * float(high - low))


def _samples(counts: Counts, shown: Mask | None) -> NDArray[np.float64] | None:
    """Neighbourhoods of 3 × 3 pixels, (N, 9): all, or as many as are enough; None where there are none."""
    height, width = counts.shape[0] - 2, counts.shape[1] - 2
    if height * width <= _SAMPLES:
        chosen = np.arange(height * width)
    else:
        chosen = np.random.default_rng(0).integers(0, height * width, _SAMPLES)
    y, x = np.divmod(chosen, width)
    if shown is not None:
        y, x = (places[shown[y + 1, x + 1]] for places in (y, x))
    if not len(y):
        return None
    return _gathered(counts, (y + 1, x + 1), 1).astype(np.float64)


def _small_ones(counts: Counts, beyond: Mask, places: tuple[Any, ...], is_spot: Mask) -> Mask | None:
    """The spots that are small enough, and of which every pixel is one."""
    from scipy import ndimage  # `samiam info` need not wait for it where there is no outlier

    labels, n_spots = ndimage.label(beyond, np.ones((3, 3)))
    spot = labels[places]
    sizes = np.bincount(spot, minlength=n_spots + 1)
    values = counts[places].astype(np.float64)
    largest, smallest = np.full(n_spots + 1, -np.inf), np.full(n_spots + 1, np.inf)
    np.maximum.at(largest, spot, values)
    np.minimum.at(smallest, spot, values)
    is_small = sizes <= np.where(largest == smallest, _LARGEST_FLAT_PX, _LARGEST_PX)
    good = is_small & (np.bincount(spot, ~is_spot, minlength=n_spots + 1) == 0)
    if not good[spot].any():
        return None
    found = np.zeros(counts.shape, np.bool_)
    found[places] = good[spot]
    return found


def _gathered(array: NDArray[Any], places: tuple[Any, ...], reach: int) -> NDArray[Any]:
    """The square around each place, (N, (2 reach + 1)²); beyond the edge the nearest pixel stands again."""
    offsets = np.arange(-reach, reach + 1)
    y = np.clip(places[0][:, None] + np.repeat(offsets, len(offsets)), 0, array.shape[0] - 1)
    x = np.clip(places[1][:, None] + np.tile(offsets, len(offsets)), 0, array.shape[1] - 1)
    return np.asarray(array[y, x])
