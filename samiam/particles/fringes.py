"""Lattice fringes: where in the spectrum they are, and how large a pixel is if they are those of a known material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from samiam.particles.reflections import Reflection
from samiam.period import window_starts

Floats = NDArray[np.float64]
_WINDOW_PX, _LEAST_PX = 256, 96  # at most and at least a side
_OF_SIDE = 3  # a window is at most this part of the shorter side, so that a large particle is not in every one
_WINDOWS_A_SIDE = 5  # at most, spread evenly
_STANDS_OUT = 20.0  # times the mean power at its frequency: by chance once in e^20, and there are 10^6 frequencies
_LOWEST_BINS = 4  # what is slower is the particle's shape and the light
_HIGHEST = 0.4  # cycles a pixel; at 0.5 a wave is two pixels, and aliased ones cannot be told from others
_WEAKEST = 1e-3  # of the window's power, on one frequency: what enlarging and compression leave in a file is weaker
_SAME, _SAME_BINS = 0.04, 1.5  # of a frequency; up to here two windows show one set of planes of one crystal
_EULER = 0.5772  # minus the mean of the logarithm of an exponentially distributed power of mean 1
_SPREAD = 0.015  # standard deviation of the logarithm of a spacing: bins of a window, strain, and the surface
_STRANGE = 0.1  # share of fringes that are of other planes, over a factor of e in spacing
_SMALLEST_NM, _LARGEST_NM = 0.002, 0.12  # pixels that show fringes
_STEP = 0.002  # of the logarithm of the pixel size
_RIGHT = 0.03  # of a pixel size: an estimate as near as this is right
_NEAR = 0.05  # of a pixel size: one as near as this is not contradicted; of 55 simulated pictures that tell, 1 is

_PLANE_NM = (0.1, 1.2)
"""Spacing of the planes that fringes can be of; beyond 1.2 nm there are clays and superlattices."""


@dataclass(frozen=True, eq=False)
class Fringes:
    """The fringes that an image shows.

    Attributes:
        frequencies: float64 (N, 2), (y, x) in cycles a pixel, one for each set of planes of each crystal.
        n_windows: how many windows were looked at.
        n_showing: in how many of them anything stands out.
        n_sharing: the most that show one and the same set of planes.
    """

    frequencies: Floats
    n_windows: int
    n_showing: int
    n_sharing: int

    @classmethod
    def none(cls) -> Fringes:
        """Of an image that was not looked at, or is too small."""
        return cls(np.zeros((0, 2)), 0, 0, 0)

    @property
    def periods_px(self) -> Floats:
        """From one fringe to the next, in pixels."""
        return np.asarray(1 / np.linalg.norm(self.frequencies, axis=1))

    def on_pixels_of(self, size: float) -> Fringes:
        """The same fringes on pixels of another size, in those of the image that was looked at."""
        return replace(self, frequencies=self.frequencies * size)


@dataclass(frozen=True)
class FringeScale:
    """How large a pixel is by the fringes.

    Attributes:
        pixel_size_nm: the likeliest.
        confidence: probability that it is right within 3 %, if the fringes are of the material.
        n_planes: sets of planes that it goes by.
    """

    pixel_size_nm: float
    confidence: float
    n_planes: int


def find_fringes(pixels: NDArray[np.floating]) -> Fringes:
    """The fringes of an image: what stands out of the spectrum of a part of it, at its frequency.

    An amorphous support has a spectrum too, but an even one around each ring.

    Args:
        pixels: real (H, W).
    """
    side = min(_WINDOW_PX, max(_LEAST_PX, min(pixels.shape) // _OF_SIDE))
    if side > min(pixels.shape):
        return Fringes.none()
    corners = list(product(*(window_starts(length, side, _WINDOWS_A_SIDE) for length in pixels.shape)))
    hann = np.hanning(side + 2)[1:-1]
    shown = [_peaks(pixels[y : y + side, x : x + side].astype(np.float64), np.outer(hann, hann)) for y, x in corners]
    distinct, counts = _distinct(shown, _SAME_BINS / side)
    return Fringes(distinct, len(shown), sum(len(one) > 0 for one in shown), max(counts, default=0))


def _peaks(window: Floats, taper: Floats) -> Floats:
    """Frequencies (n, 2) that stand out of a window, one of each pair ±."""
    side = len(window)
    tapered = (window - np.average(window, weights=taper)) * taper
    power = np.abs(fft.rfft2(tapered)) ** 2
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    rings = np.rint(np.hypot(ky, kx) * side).astype(int)
    logarithm = np.log(power + 1e-12 * float(power.max()) + 1e-300)
    n_of_ring = np.bincount(rings.ravel())
    expected = np.bincount(rings.ravel(), logarithm.ravel()) / n_of_ring + _EULER
    above = logarithm - expected[rings]
    is_peak = (above > np.log(_STANDS_OUT)) & (above == ndimage.maximum_filter(above, 5, mode="wrap"))
    is_peak &= (rings >= _LOWEST_BINS) & (rings <= _HIGHEST * side)
    is_peak[:, 0] &= np.fft.fftfreq(side) > 0  # the other half of the zeroth column mirrors this one
    is_peak &= power >= _WEAKEST * power[rings >= _LOWEST_BINS].sum()
    places = np.argwhere(is_peak)
    if not len(places):
        return np.zeros((0, 2))
    shifts = [_refined(logarithm, int(y), int(x)) for y, x in places]
    found = places + np.array(shifts)
    found[:, 0] = (found[:, 0] + side / 2) % side - side / 2
    return np.asarray(found / side)


def _refined(logarithm: Floats, y: int, x: int) -> tuple[float, float]:
    """How far a peak lies from the middle of its bin, by parabolas."""
    side, last = logarithm.shape[0], logarithm.shape[1] - 1
    found = []
    for before, after in (
        (logarithm[(y - 1) % side, x], logarithm[(y + 1) % side, x]),
        (logarithm[y, max(x - 1, 0)], logarithm[y, min(x + 1, last)]),
    ):
        bend = before - 2 * logarithm[y, x] + after
        found.append(float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0)
    return found[0], found[1]


def _distinct(shown: Sequence[Floats], unsharp: float) -> tuple[Floats, list[int]]:
    """Frequencies that differ by more than they are unsharp, and how many windows show each.

    One crystal is seen by several windows.
    """
    distinct: list[list[Floats]] = []
    for frequencies in shown:
        for one in frequencies:
            for group in distinct:
                middle = np.mean(group, axis=0)
                sign = 1.0 if float(one @ middle) >= 0 else -1.0
                if np.linalg.norm(one * sign - middle) < max(unsharp, _SAME * float(np.linalg.norm(middle))):
                    group.append(one * sign)
                    break
            else:
                distinct.append([one])
    means = np.array([np.mean(group, axis=0) for group in distinct]).reshape(-1, 2)
    return means, [len(group) for group in distinct]


def scale_of(fringes: Fringes, reflections: Sequence[Reflection]) -> FringeScale | None:
    """The pixel size at which the fringes are best those of a material; None where there are none.

    Each set of planes of each crystal is one of the material's reflections, by their shares, or strange; all sizes from
    0.002 to 0.12 nm are as likely beforehand on a scale of logarithms.

    Args:
        fringes: of the image.
        reflections: of the material.
    """
    sizes, weights = _posterior(fringes, reflections)
    if not len(fringes.frequencies):
        return None
    best = int(weights.argmax())
    near = np.abs(np.log(sizes / sizes[best])) <= _RIGHT
    return FringeScale(float(sizes[best]), float(weights[near].sum()), len(fringes.frequencies))


def probability_of(fringes: Fringes, reflections: Sequence[Reflection], pixel_size_nm: float) -> float:
    """How probable a pixel size is by the fringes, within 5 %; 1 where there are none."""
    if not len(fringes.frequencies):
        return 1.0
    sizes, weights = _posterior(fringes, reflections)
    return float(weights[np.abs(np.log(sizes / pixel_size_nm)) <= _NEAR].sum())


def _posterior(fringes: Fringes, reflections: Sequence[Reflection]) -> tuple[Floats, Floats]:
    sizes = np.exp(np.arange(np.log(_SMALLEST_NM), np.log(_LARGEST_NM), _STEP))
    spacings = np.log(fringes.periods_px) + np.log(sizes)[:, None]  # (sizes, planes), if a pixel is so large
    density = np.full(spacings.shape, _STRANGE)
    for one in reflections:
        off = (spacings - np.log(one.spacing_nm)) / _SPREAD
        density += (1 - _STRANGE) * one.share * np.exp(-(off**2) / 2) / (_SPREAD * np.sqrt(2 * np.pi))
    likelihood = np.log(density).sum(axis=1)
    weights = np.exp(likelihood - likelihood.max())
    return sizes, weights / weights.sum()


def runs_through(fringes: Fringes) -> bool:
    """Whether one lattice runs through the whole image, so that there is no support beside it."""
    return fringes.n_windows >= 4 and fringes.n_sharing >= 0.9 * fringes.n_windows


def strange_spacing_nm(fringes: Fringes, pixel_size_nm: float) -> float | None:
    """The spacing of the fringes if hardly any lattice has such planes, so that the pixel size is wrong.

    Args:
        fringes: of the image.
        pixel_size_nm: of it.
    """
    if not len(fringes.frequencies):
        return None
    middle = float(np.median(fringes.periods_px)) * pixel_size_nm
    return None if _PLANE_NM[0] <= middle <= _PLANE_NM[1] else middle
