"""A texture descriptor that needs no weights: the power spectrum of a crop, blind to its rotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft

from samiam.errors import InputError
from samiam.settings import NotNegative, settings
from samiam.texture.protocol import Estimator

_SIDE_PX = 128  # of the grid of frequencies: the largest crops
_HARMONICS = (2, 4, 6)  # the rotational symmetries of plane lattices; 3 shows in a power spectrum as 6
_DISTANCE = 0.24
"""Calibrated on procedural scenes by scripts/n_materials.py, with the weights below at their defaults."""
Wavelength = Annotated[float, Field(ge=2, le=_SIDE_PX)]


@settings
class SpectrumEncoder:
    """Radial profile and angular symmetry of a crop's power spectrum, with its brightness and contrast.

    The crop is windowed (Hann) and its power spectrum taken on a fixed grid of frequencies, so that crops of
    different sizes can be compared. Rings of the spectrum, equally wide in log frequency, give two kinds of numbers:
    the share of the power in the ring, and the strength of its 2-, 4- and 6-fold angular modulation. Neither changes
    when the crop is turned. Square roots make Euclidean distance a Hellinger distance of the shares.

    Attributes:
        n_rings: number of rings.
        shortest_px: wavelength of the outermost ring.
        longest_px: wavelength of the innermost ring.
        symmetry_weight: weight of the angular modulation beside the radial profile.
        brightness_weight: weight of the crop's mean and of its standard deviation.
    """

    n_rings: Annotated[int, Field(ge=2)] = 12
    shortest_px: Wavelength = 2.5
    longest_px: Wavelength = 40.0
    symmetry_weight: NotNegative = 0.5
    brightness_weight: NotNegative = 3.0

    def __post_init__(self) -> None:
        if self.shortest_px >= self.longest_px:
            raise InputError(f"shortest_px={self.shortest_px}: give less than longest_px={self.longest_px}.")

    @property
    def name(self) -> str:
        """The name under which `build_encoder` makes it."""
        return "spectrum"

    @property
    def options(self) -> Mapping[str, Any]:
        """The settings."""
        return asdict(self)

    @property
    def estimator(self) -> Estimator | None:
        """None that suits these vectors better than the default."""
        return None

    @property
    def distance(self) -> float:
        """The threshold of the estimator "distance"."""
        return _DISTANCE

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector for each crop, float32 (C, D) with D = n_rings · 4 + 2."""
        width = self.n_rings * (1 + len(_HARMONICS)) + 2
        return np.array([self._describe(crop) for crop in crops], np.float32).reshape(len(crops), width)

    def _describe(self, crop: NDArray[np.float32]) -> NDArray[np.float64]:
        top, left = (max(0, (side - _SIDE_PX + 1) // 2) for side in crop.shape)  # of a large crop, the middle
        crop = crop[top : crop.shape[0] - top, left : crop.shape[1] - left]
        window = np.outer(np.hanning(crop.shape[0] + 2)[1:-1], np.hanning(crop.shape[1] + 2)[1:-1])
        mean = float((crop * window).sum() / window.sum())
        spectrum = fft.rfft2((crop - mean) * window, s=(_SIDE_PX, _SIDE_PX))
        power = (np.abs(spectrum) ** 2).ravel()
        rings, modulated = _rings(self.n_rings, self.shortest_px, self.longest_px)
        in_ring = rings @ power
        modulation = np.abs(np.stack([wave @ power for wave in modulated]))
        total = max(float(in_ring.sum()), 1e-12)
        profile, symmetry = np.sqrt(in_ring / total), np.sqrt(modulation / total).ravel()
        brightness = self.brightness_weight * np.array([mean, float(crop.std())])
        return np.concatenate([profile, self.symmetry_weight * symmetry, brightness])


@lru_cache
def _rings(
    n_rings: int, shortest_px: float, longest_px: float
) -> tuple[NDArray[np.float64], list[NDArray[np.complex128]]]:
    """Which share of each frequency (half plane, flat) belongs to each ring; and the same times each angular wave."""
    frequency_y, frequency_x = fft.fftfreq(_SIDE_PX)[:, None], fft.rfftfreq(_SIDE_PX)[None, :]
    radius, angle = np.hypot(frequency_y, frequency_x).ravel(), np.arctan2(frequency_y, frequency_x).ravel()
    edges = np.log([1 / longest_px, 1 / shortest_px])
    place = (np.log(np.maximum(radius, 1e-9)) - edges[0]) / (edges[1] - edges[0]) * (n_rings - 1)
    # The column at 0 holds both halves of its plane, and the highest frequency has one sign only: neither may count in
    # full, or a crop and its quarter turn would differ.
    counted = np.where(frequency_x == 0, 0.5, 1.0) * (np.maximum(np.abs(frequency_y), frequency_x) < 0.5)
    rings = counted.ravel() * np.clip(1 - np.abs(place - np.arange(n_rings)[:, None]), 0, None)
    return rings, [rings * np.exp(1j * order * angle) for order in _HARMONICS]
