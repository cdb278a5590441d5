"""How rough an interface is, and how wide the change of brightness across it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from scipy.optimize import least_squares
from scipy.special import erf

from samiam.measurement.layers.stacking import Crossing

# Chosen by hand on scenes of `simulate.scenes` with seeds from 5000 on, which no result in the docs is of.
_BOW = 2  # degree of what is taken out of an interface before it is rough: tilt and bow
FEWEST_LINES = 16  # that tell how rough an interface is
_LEAST_ROUGHNESS = 0.5  # of a pixel: of less, no correlation can be told
_LEVELLED_OVER = 9  # lines: takes the stairs of pixels off an interface before it is flattened
_MOST_POINTS = 256  # on either side of an interface
_FEWEST_POINTS = 4
_STANDS_OUT = 4.0  # a change of brightness over what is left of the fit
_FROM_10_TO_90 = 2.5631  # standard deviations from 10 to 90 % of an error function

Floats = NDArray[np.float64]


def trend(along: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """A parabola through heights, and its slope, at the same places; outliers have no say.

    Args:
        along: (k,), rising.
        heights: (k,).
    """
    middle, extent = (along[0] + along[-1]) / 2, max(float(np.ptp(along)) / 2, 1e-12)
    x = (along - middle) / extent
    degree = min(_BOW, len(np.unique(along)) - 1)
    kept = np.ones(len(x), bool)
    for _ in range(3):
        fitted = np.polynomial.Polynomial.fit(x[kept], heights[kept], degree, domain=[-1, 1])
        off = np.abs(heights - fitted(x))
        kept = off <= max(4 * 1.4826 * float(np.median(off)), float(np.quantile(off, 0.5)))
    return np.asarray(fitted(x)), np.asarray(fitted.deriv()(x) / extent)


def roughness(along: Floats, heights: Floats, pixel: float) -> float:
    """The root mean square of an interface about its parabola, without what is due to whole pixels.

    Args:
        along: (k,), places along the interface.
        heights: (k,) of the interface.
        pixel: by which heights are rounded.

    Returns:
        In the unit of the heights; NaN where there are too few.
    """
    if len(along) < FEWEST_LINES:
        return np.nan
    variance = float(np.mean((heights - trend(along, heights)[0]) ** 2)) - pixel**2 / 12
    return float(np.sqrt(max(variance, 0.0)))


def correlation_length(lines: NDArray[np.int64], heights: Floats, line_step: float, pixel: float) -> float:
    """The distance at which the autocorrelation of an interface about its parabola has fallen to 1/e.

    Args:
        lines: (k,) rising whole numbers; where some are missing, pairs of them have no say.
        heights: (k,).
        line_step: from line to line.
        pixel: by which heights are rounded.

    Returns:
        NaN where an interface is too short or too even to tell.
    """
    along = np.asarray(lines * line_step, np.float64)
    rough = roughness(along, heights, pixel)
    if not rough >= _LEAST_ROUGHNESS * pixel:
        return np.nan
    places = lines - lines[0]
    values, known = np.zeros((2, int(places[-1]) + 1))
    values[places] = heights - trend(along, heights)[0]
    known[places] = 1
    n = fft.next_fast_len(2 * len(values))
    products, pairs = (fft.irfft(np.abs(fft.rfft(of, n)) ** 2, n)[: len(values) // 2] for of in (values, known))
    correlation = products / np.maximum(pairs, 0.5)
    below = np.flatnonzero(correlation < correlation[0] / np.e)
    if not len(below):
        return np.nan
    before, after = correlation[[below[0] - 1, below[0]]] / correlation[0]
    return float((below[0] - 1 + (before - 1 / np.e) / (before - after)) * line_step)


def interface_width(
    pixels: NDArray[np.float32],
    crossing: Crossing,
    lines: NDArray[np.int64],
    heights: Floats,
    *,
    sides_xy: tuple[float, float],
    reach: float,
    period: float,
) -> float:
    """The distance over which the mean brightness across an interface goes from 10 to 90 % of its change.

    The image is flattened along the interface and averaged; a running mean over a lattice period takes the planes out
    of the profile, and is taken out of the width again. An error function is fitted to what is left.

    Args:
        pixels: (H, W).
        crossing: the lines that cross the interface.
        lines: (k,) those of them that do.
        heights: (k,) where, in steps.
        sides_xy: width and height of a pixel.
        reach: how far to look on either side.
        period: of the lattice across the interface, 0 where there is none.

    Returns:
        In the unit of the sides; NaN where no change stands out, or it is too narrow to tell.
    """
    n = min(_MOST_POINTS, int(reach / crossing.step))
    window = max(1, round(period / crossing.step))
    if n < max(_FEWEST_POINTS, window) or len(lines) < FEWEST_LINES:
        return np.nan
    offsets = np.arange(-n, n + 1)
    level = ndimage.uniform_filter1d(heights, _LEVELLED_OVER, mode="nearest")
    places = crossing.places(lines[:, None], level[:, None] + offsets) / sides_xy
    profile = ndimage.map_coordinates(pixels, [places[..., 1], places[..., 0]], order=1, mode="nearest").mean(axis=0)
    smooth = ndimage.uniform_filter1d(profile.astype(np.float64), window, mode="nearest")
    margin = window // 2
    inner = slice(margin, len(smooth) - margin)
    sigma = _fitted_sigma(offsets[inner], smooth[inner])
    left = sigma**2 - (window**2 - 1) / 12
    return _FROM_10_TO_90 * float(np.sqrt(left)) * crossing.step if left > 0 else np.nan


def _fitted_sigma(offsets: NDArray[np.int64], profile: Floats) -> float:
    """The standard deviation of the error function that fits a profile, in steps; NaN where none stands out."""
    n = len(offsets)
    low, high = (float(np.median(part)) for part in (profile[: n // 3], profile[-(n // 3) :]))
    if n < 2 * _FEWEST_POINTS or low == high:
        return np.nan

    def off(values: Floats) -> Floats:
        before, after, place, sigma = values
        share = (1 + erf((offsets - place) / (np.sqrt(2) * sigma))) / 2
        return np.asarray(before + (after - before) * share - profile)

    reach = float(offsets[-1])
    fitted = least_squares(
        off,
        [low, high, 0.0, max(1.0, reach / 8)],
        x_scale=[abs(high - low), abs(high - low), 1.0, 1.0],
        bounds=([-np.inf, -np.inf, -reach / 2, 0.1], [np.inf, np.inf, reach / 2, reach]),
    )
    left = float(np.sqrt(np.mean(fitted.fun**2)))
    stands_out = abs(fitted.x[1] - fitted.x[0]) >= _STANDS_OUT * left
    return float(fitted.x[3]) if stands_out and fitted.x[3] < 0.5 * reach else np.nan
