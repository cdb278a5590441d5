"""The power spectrum of what lies within a mask, and the reflections in it.

Waves are vectors (x, y) in periods per unit of length, so that pixels need not be square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from samiam.period import refined_peaks

# Chosen on scenes of `simulate.scenes` with seeds from 5000 on, which no result in the docs is of.
LARGEST_PX = 1024  # side of what is looked at: dozens of cells of any lattice that is resolved
_WIDEST_TAPER_PX = 256  # at edges
_PADDED = 2  # so many times finer than the spectrum's own are its steps
_SHORTEST_PX = 2.5  # of a wave
_LEAST_WIDTHS = 4.0  # of a peak between it and the origin: three to four periods within the mask
_ROUNDING = 1e-14  # of the highest power: what rounding to single precision leaves where nothing is
_RINGS = 64  # of waves of equal length, whose median power is the background
_STANDS_OUT = 20.0  # times that: as much as the strongest of a million waves of noise
_FAINTEST = 1e-5  # of the strongest peak's power: below are the window's side lobes
_MOST_LOOKED_AT, _MOST_REFLECTIONS = 96, 24
_ANNULUS = (3.0, 7.0)  # around a peak, in its widths: noise is what is left there

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Window:
    """Weights of the pixels within a mask.

    Attributes:
        weights: float32 (h, w), 0 outside, falling towards edges.
        spread: float64 (2, 2), second moments (x, y) about the middle: a wave that is off by δ keeps
            exp(−(2π)² δᵀ spread δ) of its power.
        unit_covariance: float64 (2, 2), of the place of a peak whose noise has its own power, to first order in it.
    """

    weights: NDArray[np.float32]
    spread: Floats
    unit_covariance: Floats

    @classmethod
    def of(cls, mask: NDArray[np.bool_], sides_xy: tuple[float, float]) -> Window:
        """The window of a mask with pixels of these sides."""
        across_px = min(*mask.shape, np.count_nonzero(mask) / max(mask.shape), _WIDEST_TAPER_PX)
        inside = cv2.blur(mask.astype(np.float32), 2 * [max(3, round(across_px))], borderType=cv2.BORDER_CONSTANT)
        depth = np.clip(2 * inside - 1, 1e-6, 1) * mask
        weights = np.asarray(np.sin(np.pi / 2 * depth / float(depth.max())) ** 2, np.float32)
        spread = _second_moments(weights, sides_xy)
        inverse = np.linalg.pinv(spread)
        of_noise = inverse @ _second_moments(weights**2, sides_xy) @ inverse
        return cls(weights, spread, of_noise / (2 * (2 * np.pi) ** 2))

    def widths(self, waves: Floats) -> Floats:
        """How many widths of a peak waves (…, 2) are long."""
        return np.asarray(2 * np.pi * np.sqrt(np.einsum("...i,ij,...j->...", waves, self.spread, waves)))


@dataclass(frozen=True, eq=False)
class Reflections:
    """Peaks of a spectrum, one of two opposite ones, those that stand out most first.

    Attributes:
        waves: float64 (n, 2), (x, y) in periods per unit of length.
        noise: float64 (n,), power of what is around each over its own.
        window: that of the spectrum.
    """

    waves: Floats
    noise: Floats
    window: Window


def reflections_within(
    pixels: NDArray[np.float32],
    mask: NDArray[np.bool_],
    sides_xy: tuple[float, float],
    largest_px: int = LARGEST_PX,
) -> Reflections | None:
    """The reflections of the pixels of a mask; None where it is too narrow for any.

    Args:
        pixels: (H, W).
        mask: bool (H, W), one pixel at least.
        sides_xy: width and height of a pixel.
        largest_px: side of what is looked at; of a larger mask it is the part that holds most of it.
    """
    box = fullest_box(mask, largest_px)
    window, shortest = Window.of(mask[box], sides_xy), _SHORTEST_PX * max(sides_xy)
    if 2 * np.pi * np.sqrt(max(0.0, float(np.linalg.eigvalsh(window.spread)[0]))) < _LEAST_WIDTHS * shortest:
        return None
    values = (pixels[box] - np.average(pixels[box], weights=window.weights)) * window.weights
    shape = [fft.next_fast_len(_PADDED * side) for side in values.shape]
    power = np.fft.fftshift(np.abs(fft.fft2(values, shape)) ** 2)
    grid = Grid(*(np.fft.fftshift(fft.fftfreq(n, side)) for n, side in zip(shape, sides_xy[::-1], strict=True)))
    peaks_yx = _strongest(power, grid, window, 1 / shortest)
    noise = _noise(power, peaks_yx, grid, window)
    order = np.argsort(noise, kind="stable")[:_MOST_REFLECTIONS]
    order = order[noise[order] <= 1 / _STANDS_OUT]
    refined_yx, _ = refined_peaks(np.log(power + np.float32(1e-30)), peaks_yx[order])
    return Reflections(grid.waves(refined_yx), noise[order], window)


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the elements of a spectrum lie, its origin in the middle.

    Attributes:
        y: (n,) waves along the rows.
        x: (m,) waves along the columns.
    """

    y: Floats
    x: Floats

    @property
    def steps_xy(self) -> Floats:
        """From one element to the next."""
        return np.array([self.x[1] - self.x[0], self.y[1] - self.y[0]])

    def waves(self, places_yx: NDArray[np.floating[Any] | np.integer[Any]]) -> Floats:
        """The waves (n, 2), x first, at rows and columns (n, 2)."""
        return np.asarray(places_yx[:, ::-1] * self.steps_xy + [self.x[0], self.y[0]])


def fullest_box(mask: NDArray[np.bool_], largest_px: int = LARGEST_PX) -> tuple[slice, slice]:
    """The part of a mask that is looked at: its box, or the rows and then the columns that hold most of it."""
    rows = _fullest(np.count_nonzero(mask, axis=1), largest_px)
    return rows, _fullest(np.count_nonzero(mask[rows], axis=0), largest_px)


def _fullest(filled: NDArray[np.intp], largest: int) -> slice:
    """From the first line with anything in it to the last; of more than that, those that hold most."""
    inside = np.flatnonzero(filled)
    start, stop = int(inside[0]), int(inside[-1]) + 1
    if stop - start <= largest:
        return slice(start, stop)
    summed = np.cumsum(np.append(0, filled))
    start = int(np.argmax(summed[largest:] - summed[:-largest]))
    return slice(start, start + largest)


def _second_moments(weights: NDArray[np.float32], sides_xy: tuple[float, float]) -> Floats:
    """Second moments (x, y) of weights about their middle."""
    shares = weights / weights.sum(dtype=np.float64)
    along_x, along_y = shares.sum(axis=0), shares.sum(axis=1)
    x, y = np.arange(len(along_x)) * sides_xy[0], np.arange(len(along_y)) * sides_xy[1]
    x, y = x - along_x @ x, y - along_y @ y
    xy = y @ shares @ x
    return np.array([[along_x @ x**2, xy], [xy, along_y @ y**2]])


def background(power: NDArray[np.float32], grid: Grid, lengths: Floats) -> NDArray[np.float32]:
    """The median power of waves as long as some; every third element along both axes has a say.

    In a small spectrum there are lengths at which none has: the median then lies between those of the next lengths.

    Args:
        power: (n, m).
        grid: where its elements lie.
        lengths: of waves, of any shape.

    Returns:
        Of the shape of the lengths.
    """
    scale = _RINGS / float(max(grid.y[-1], grid.x[-1]))

    def rings(lengths: Floats) -> NDArray[np.uint8]:
        return np.asarray(np.minimum(lengths.astype(np.float32) * scale, _RINGS), np.uint8)

    few = rings(np.hypot(grid.y[::3, None], grid.x[::3])).ravel()
    counts = np.bincount(few)
    of_rings = np.split(power[::3, ::3].ravel()[np.argsort(few, kind="stable")], np.cumsum(counts)[:-1])
    known = np.flatnonzero(counts)
    medians = np.interp(np.arange(_RINGS + 1), known, [np.median(of_rings[ring]) for ring in known])
    least = max(_ROUNDING * float(power.max()), float(np.finfo(np.float32).tiny))
    return np.asarray(np.maximum(medians, least), np.float32)[rings(lengths)]


def _strongest(power: NDArray[np.float32], grid: Grid, window: Window, largest: float) -> NDArray[np.intp]:
    """Rows and columns (n, 2) of the peaks that stand out from waves as long, in half of the plane."""
    widths = 1 / (2 * np.pi * np.sqrt(np.diag(window.spread)))
    size_xy = 2 * np.maximum(1, np.rint(2 * widths / grid.steps_xy)).astype(int) + 1
    is_peak = power == cv2.dilate(power, np.ones(size_xy[::-1], np.uint8))
    is_peak[[0, -1]] = is_peak[:, [0, -1]] = False
    peaks_yx = np.argwhere(is_peak)
    rows, columns = peaks_yx.T
    stands_out = power[rows, columns] / background(power, grid, np.hypot(grid.y[rows], grid.x[columns]))
    is_high = stands_out >= _STANDS_OUT
    peaks_yx, stands_out = peaks_yx[is_high], stands_out[is_high]
    waves = grid.waves(peaks_yx)
    is_upper = (waves[:, 1] > 0) | ((waves[:, 1] == 0) & (waves[:, 0] > 0))
    eligible = is_upper & (window.widths(waves) >= _LEAST_WIDTHS) & (np.hypot(*waves.T) <= largest)
    powers = np.where(eligible, power[tuple(peaks_yx.T)], 0)
    kept = eligible & (powers >= _FAINTEST * powers.max(initial=0))
    order = np.argsort(-stands_out[kept], kind="stable")
    return np.asarray(peaks_yx[kept][order[:_MOST_LOOKED_AT]])


def _noise(power: NDArray[np.float32], peaks_yx: NDArray[np.intp], grid: Grid, window: Window) -> Floats:
    """The mean power around peaks, as the median of noise tells it, over their own.

    That of the same rows or columns counts where it is higher: lines that jitter draw streaks through reflections.
    """
    reach_xy = np.ceil(_ANNULUS[1] / (2 * np.pi * np.sqrt(np.diag(window.spread)) * grid.steps_xy)).astype(int)
    offsets_yx = np.argwhere(np.ones(2 * reach_xy[::-1] + 1)) - reach_xy[::-1]
    widths = window.widths(offsets_yx[:, ::-1] * grid.steps_xy)
    around = (widths >= _ANNULUS[0]) & (widths <= _ANNULUS[1])
    regions = [around, *(around & (np.abs(offsets_yx[:, axis]) <= 1) for axis in (0, 1))]
    medians = []
    for region in regions:
        rows, columns = np.moveaxis((peaks_yx[:, None] + offsets_yx[region]) % power.shape, -1, 0)
        medians.append(np.median(power[rows, columns], axis=1))
    return np.asarray(np.max(medians, axis=0) / np.log(2) / power[tuple(peaks_yx.T)], np.float64)
