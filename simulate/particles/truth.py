"""What is known of particles from their atoms: where they are in the picture, and which fringes they may show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

MASK_PIXEL_A = 0.2
"""Of masks as they are kept: finer than any picture's."""
_DILATION = 1.6  # half neighbour distances: closes the gaps between the columns of any view (measured)
_EROSION = 0.85  # likewise; spheres then have masks of their area, to 2 % from 5 nm on in any view (measured)
_FRINGE_BAND_PER_A = (0.26, 1.0)  # from 3.8 Å, wider than any {111} here, to the finest fringes that are seen
_LEAST_AMPLITUDE = 0.12  # share of the atoms that scatter in phase; one domain of a decahedron has 0.2
_MOST_REFLECTIONS = 24
_COARSE_A = 0.4

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outline:
    """A particle's mask within the box.

    Attributes:
        mask: bool (h, w), pixels of 0.2 Å.
        top_left_px: row and column of its first pixel in the box.
    """

    mask: NDArray[np.bool_]
    top_left_px: tuple[int, int]

    def sampled(self, rows_A: Floats, columns_A: Floats) -> NDArray[np.bool_]:
        """The mask at the crossings of rows and columns of the box, given in Å."""
        inside, index = [], []
        for places, first, n in zip((rows_A, columns_A), self.top_left_px, self.mask.shape, strict=True):
            at = np.floor(places / MASK_PIXEL_A).astype(int) - first
            inside.append((at >= 0) & (at < n))
            index.append(np.clip(at, 0, n - 1))
        return np.asarray(self.mask[np.ix_(*index)] & inside[0][:, None] & inside[1])


def outline(positions_A: Floats, neighbour_A: float, side_A: float) -> Outline:
    """The mask of a particle: its atoms projected and dilated until they meet, holes filled, eroded back.

    Args:
        positions_A: (n, 3), in the box.
        neighbour_A: distance between nearest atoms.
        side_A: of the box; what lies beyond is left out.
    """
    half = 0.5 * neighbour_A / MASK_PIXEL_A
    pad = int(np.ceil(_DILATION * half)) + 2
    at = np.floor(positions_A[:, 1::-1] / MASK_PIXEL_A).astype(int)
    first = at.min(axis=0) - pad
    shape = at.max(axis=0) - first + pad + 1
    atoms = np.zeros(shape, bool)
    atoms[tuple((at - first).T)] = True
    near = ndimage.distance_transform_edt(~atoms) <= _DILATION * half
    filled = ndimage.binary_fill_holes(near)
    mask = ndimage.distance_transform_edt(filled) > _EROSION * half
    n = round(side_A / MASK_PIXEL_A)
    low, high = np.maximum(first, 0), np.minimum(first + shape, n)
    kept = mask[tuple(slice(a - f, b - f) for a, b, f in zip(low, high, first, strict=True))]
    return Outline(kept, (int(low[0]), int(low[1])))


def reflections_per_A(positions_A: Floats) -> Floats:
    """Spatial frequencies at which many atoms of a particle scatter in phase along the beam.

    They are peaks of the Fourier transform of the projected atoms: what fringes the particle can show at all. An
    unbent crystal off its axes has none.

    Args:
        positions_A: (n, 3).

    Returns:
        (m, 2), ky and kx, one of each pair of opposites, the strongest first, 24 at most.
    """
    at = positions_A[:, 1::-1] - positions_A[:, 1::-1].min(axis=0)
    n_px = int(fft.next_fast_len(int(2 * at.max() / _COARSE_A) + 64))
    image, *_ = np.histogram2d(at[:, 0], at[:, 1], bins=n_px, range=[(0, n_px * _COARSE_A)] * 2)
    amplitude = np.abs(fft.fftshift(fft.fft2(image))) / len(at)
    k = fft.fftshift(fft.fftfreq(n_px, _COARSE_A))
    radius = np.hypot(k[:, None], k)
    low, high = _FRINGE_BAND_PER_A
    # The first ring about the spot of a disc is at 1.64 over its diameter: no peak of its own.
    reach = int(np.ceil(1.8 * n_px * _COARSE_A / max(at.max(), 1.0)))
    is_peak = (amplitude == ndimage.maximum_filter(amplitude, 2 * reach + 1)) & (amplitude > _LEAST_AMPLITUDE)
    is_peak &= (radius > low) & (radius < high) & ((k[:, None] > 0) | ((k[:, None] == 0) & (k > 0)))
    rows, columns = np.nonzero(is_peak)
    order = np.argsort(-amplitude[rows, columns], kind="stable")[:_MOST_REFLECTIONS]
    return np.stack([k[rows[order]], k[columns[order]]], axis=1)
