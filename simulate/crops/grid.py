"""Rasters of a few sizes that share the transfer functions of probes, which take long to work out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simulate.imaging import stem
from simulate.imaging.stem import Optics
from simulate.library.responses import SIGMAS_A
from simulate.scenes.raster import Raster

RASTER_A = 0.22  # samples the information limit of the library's probe, 2.23 / Å at 300 kV
MARGIN_A = 6.0  # three σ of the widest Gaussian

_FINE_RASTER_PX = 320  # up to here a transfer function serves rasters of three sizes


@dataclass(frozen=True)
class Grid:
    """A raster in a family of rasters whose frequencies are some of one common set, so that they share transfers.

    Attributes:
        common_px: side of the raster that has all frequencies; a multiple of 24.
        stride: this raster has every so many of them, and a side of `common_px / stride`.
    """

    common_px: int
    stride: int

    @classmethod
    def up_to(cls, half_extent_A: float) -> Grid:
        """The largest raster of a family."""
        side_px = int(np.ceil(2 * half_extent_A / RASTER_A)) + 2
        stride = 2 if side_px <= _FINE_RASTER_PX else 1
        return cls(24 * fft.next_fast_len(int(np.ceil(stride * side_px / 24)), real=True), stride)

    def for_extent(self, half_extent_A: float) -> Grid:
        """The smallest raster of the family that covers this."""
        fits = [s for s in (4, 3, 2) if s > self.stride and (self.common_px // s - 2) * RASTER_A >= 2 * half_extent_A]
        return Grid(self.common_px, fits[0]) if fits else self

    @property
    def side_px(self) -> int:
        """Pixels along each side."""
        return self.common_px // self.stride

    @property
    def half_extent_A(self) -> float:
        """From the centre to the edges."""
        return self.side_px * RASTER_A / 2

    @property
    def origin_xy_A(self) -> tuple[float, float]:
        """Position of the centre of pixel (0, 0)."""
        return (-(self.side_px - 1) / 2 * RASTER_A,) * 2

    def empty(self) -> Raster:
        """A raster with nothing on it."""
        return Raster(RASTER_A, np.zeros((len(SIGMAS_A), self.side_px, self.side_px), np.float32))

    def through(self, spectrum: NDArray[np.complex64], optics: Optics) -> NDArray[np.float32]:
        """An image from the spectrum of the ideal probe's, as `stem.through_optics`, which forgets its work."""
        source = Optics(optics.energy_kV, optics.convergence_mrad, optics.source_fwhm_A)
        seen = spectrum * stem.probe_transfer((self.side_px, self.side_px), RASTER_A, source).astype(np.float32)
        seen *= _aberrations(self.common_px, replace(optics, source_fwhm_A=0.0))[:: self.stride, :: self.stride]
        return np.asarray(fft.irfft2(seen, s=(self.side_px, self.side_px), overwrite_x=True))


@lru_cache(maxsize=128)
def _aberrations(side_px: int, optics: Optics) -> NDArray[np.complex64]:
    """The transfer function of a probe on a common grid."""
    return stem.probe_transfer((side_px, side_px), RASTER_A, optics).astype(np.complex64)
