"""What parts of an image look like, by small windows in them: brightness, contrast and spectrum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial.distance import cdist, pdist

_FEWEST, _MOST = 6, 24  # windows of a part
_SIDES_PX = (128, 64, 32)  # of windows; the largest of which both of two parts have enough
_WITHIN = 0.98  # of a window, what has to lie in its part

# Chosen on 40 pairs of textures of `simulate.procedural_scene` (seeds from 20000 on), lattices of 5 to 40 px and
# amorphous films under noise and on a wedge. Distances of spectra are below 1.03 for 95 % of what is one texture, above
# 1.10 for 95 % of what is not in windows of 32 px, above 1.28 in windows of 64 px.
_SPECTRA = 1.05  # mean distance between windows of two parts over that between windows of one
_BRIGHTNESS = 0.25  # difference over the standard deviation of the image
# Of parts of one lattice that lie alike, as a film and its substrate may: chosen on 30 made images of wells, plates and
# multilayers in a crystal under uneven light; of 40 such pairs of scenes of `simulate.scenes.benchmark` (901, 902) the
# 12 of two materials differ by more.
_CRYSTAL_SPECTRA, _CRYSTAL_BRIGHTNESS = 1.08, 0.5
_CONTRAST = 0.18  # difference of the logarithms
_STIFFNESS = 0.5  # of slopes: so many windows, as far apart as the parts are, speak against one
_DRIFT = 2.0  # either difference over what changes within a part, from the first to the ninth tenth of its windows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Windows:
    """What n windows of a part look like.

    Attributes:
        places: float64 (n, 2), rows and columns of their top left pixels.
        pixels: float64 (n, side, side).
        brightness: float64 (n,), their means.
        contrast: float64 (n,), the logarithms of their standard deviations.
    """

    places: Floats
    pixels: Floats
    brightness: Floats
    contrast: Floats

    @classmethod
    def within(cls, part: NDArray[np.bool_], pixels: NDArray[np.float32], side_px: int) -> Windows:
        """Windows all over a part (H, W) of an image (H, W), half a side apart at least."""
        places = np.array(_places(part, side_px), np.intp).reshape(-1, 2)
        found = np.array([pixels[top : top + side_px, left : left + side_px] for top, left in places], np.float64)
        found = found.reshape(len(places), side_px, side_px)
        contrast = np.log(np.maximum(found.std(axis=(1, 2)), 1e-6))
        return cls(places.astype(np.float64), found, found.mean(axis=(1, 2)), contrast)

    @cached_property
    def spectra(self) -> Floats:
        """Square roots of the amplitudes of their waves, whatever their contrast: float64 (n, d)."""
        return np.array([_spectrum(window) for window in self.pixels / np.exp(self.contrast)[:, None, None]])

    def strengths(self, waves: Floats) -> Floats:
        """How strong waves (m, 2), (x, y) in periods per px, are in each window, made of contrast 1: float64 (m, n)."""
        side = self.pixels.shape[1]
        values = (self.pixels - self.brightness[:, None, None]) / np.exp(self.contrast)[:, None, None]
        along_x, along_y = (
            np.hanning(side) * np.exp(-2j * np.pi * waves[:, axis, None] * np.arange(side)) for axis in (0, 1)
        )
        return np.asarray(np.abs(np.einsum("wyx,my,mx->mw", values, along_y, along_x, optimize=True)))

    def are_like(self, other: Windows, spread: float, *, as_one_crystal: bool = False) -> bool:
        """Whether others may be of the same texture.

        Args:
            other: those of another part.
            spread: the standard deviation of the image.
            as_one_crystal: whether they need be no more alike than two parts of one crystal under uneven light.
        """
        places = self.places, other.places
        brightness, spectra = (_CRYSTAL_BRIGHTNESS, _CRYSTAL_SPECTRA) if as_one_crystal else (_BRIGHTNESS, _SPECTRA)
        return (
            _differ_little((self.brightness, other.brightness), places, brightness * spread)
            and _differ_little((self.contrast, other.contrast), places, _CONTRAST)
            and self.distance(other) < spectra
        )

    def distance(self, other: Windows) -> float:
        """Of spectra: the mean between a window of the one and one of the other, over that between two of either."""
        own = (self._own_distance + other._own_distance) / 2
        return float(cdist(self.spectra, other.spectra).mean() / max(own, 1e-12))

    @cached_property
    def _own_distance(self) -> float:
        """Of spectra: the mean between two windows."""
        return float(pdist(self.spectra).mean())


def largest_of(*parts: Callable[[int], Windows]) -> tuple[Windows, ...] | None:
    """The largest windows of which each part has enough, the part's given their side; None for too few."""
    for side_px in _SIDES_PX:
        looks = tuple(of_part(side_px) for of_part in parts)
        if min(len(look.brightness) for look in looks) >= _FEWEST:
            return looks
    return None


def _places(part: NDArray[np.bool_], side_px: int) -> list[tuple[int, int]]:
    """Top left corners (row, column) of windows within a part, from the top to the bottom."""
    if min(part.shape) < side_px:
        return []
    filled = cv2.boxFilter(part.astype(np.float32), -1, 2 * (side_px,), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    filled = filled[: part.shape[0] - side_px + 1, : part.shape[1] - side_px + 1]  # none goes over the edge
    step, places = side_px // 4, list[tuple[int, int]]()
    is_free = filled >= _WITHIN
    for top, left in np.argwhere(filled[::step, ::step] >= _WITHIN).tolist():
        top, left = top * step, left * step
        if is_free[top, left]:
            places.append((top, left))
            half = side_px // 2
            is_free[top : top + half, max(0, left - half + 1) : left + half] = False
    return [places[place] for place in np.linspace(0, len(places) - 1, min(len(places), _MOST)).astype(int)]


def _spectrum(window: Floats) -> Floats:
    """Of a window of standard deviation 1, blurred by a step so that waves near to each other count as alike: (d,)."""
    taper = np.hanning(len(window))
    waves = np.abs(fft.rfft2((window - window.mean()) * taper[:, None] * taper)) ** 0.5
    return cv2.GaussianBlur(fft.fftshift(waves, axes=0), (0, 0), 1.0).ravel()  # type: ignore[no-any-return]


def _differ_little(values: tuple[Floats, Floats], places: tuple[Floats, Floats], most: float) -> bool:
    """Whether what is seen at places of two parts differs by no more than this, as it is or but for a common slope."""
    middles = [each.mean(axis=0) for each in places]
    apart = max(float(np.linalg.norm(middles[0] - middles[1])), 1e-12)
    within = np.concatenate([each - middle for each, middle in zip(places, middles, strict=True)]) / apart
    rises = np.concatenate([each - each.mean() for each in values])
    slope = np.linalg.solve(within.T @ within + _STIFFNESS * np.eye(2), within.T @ rises)
    step = float(values[1].mean() - values[0].mean())
    but_for_slope = step - float((middles[1] - middles[0]) / apart @ slope)
    varies = max(float(np.ptp(np.quantile(each, (0.1, 0.9)))) for each in values)
    return min(abs(step), abs(but_for_slope)) <= min(most, _DRIFT * varies)
