"""The lattice fringes of a region: peaks of its spectrum that stand out of what lies around them at their frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from samiam.blurring import blurred
from samiam.particles.faults.region import Region
from samiam.particles.finder.inputs import WORKING_NM

Floats = NDArray[np.float64]
N_PEAKS = 10
"""How many peaks are looked at; a reflection whose phase jumps has two, and a strong one rings."""
_SLOW_PX = 6.0  # standard deviation of what is taken as slow: fringes, up to 9.5 px apart, stay whole
_TAPER_PX = 2.5  # standard deviation over which the outline of a region fades
_SLOWEST_PER_NM, _FASTEST_PER_NM = 2.6, 9.0  # of fringes: 3.8 Å, wider than {111} of any close-packed metal, to 1.1 Å
_OF_FINEST = 0.9  # of the highest frequency of a file; interpolation lets hardly more pass
_LEAKS = 1e-3  # share of the highest peak's power that its own outline brings to frequencies far from it
_BEYOND = 4  # rings that the smoothing over rings looks at
_APART = 1.5  # diameters to the minus one, between two peaks: a disc's spot ends at 1.22


@dataclass(frozen=True, eq=False)
class Fringes:
    """A region's fringes.

    Attributes:
        values: float64 (h, w), the region without what is slow, faded out towards its outline.
        weights: float64 (h, w), by how much it was faded, 1 inside.
        frequencies: float64 (10, 2), y and x, cycles a pixel, of the peaks, the one that stands out most first.
        powers: float64 (10,), of the peaks, in variances of the values; 0 for those that there are not.
        around: float64 (10,), what is expected of a peak at its frequency where there is no lattice.
        diameter_px: of a disc of the region's area.
    """

    values: Floats
    weights: Floats
    frequencies: Floats
    powers: Floats
    around: Floats
    diameter_px: float


def fringes_of(region: Region) -> Fringes:
    """The fringes of a region."""
    weights = blurred(region.inside.astype(np.float64), _TAPER_PX)
    fast = region.pixels - blurred(region.pixels, _SLOW_PX)
    values = (fast - (fast * weights).sum() / weights.sum()) * weights
    variance = float((values**2).sum() / (weights**2).sum()) or 1.0
    values /= np.sqrt(variance)
    diameter = 2 * np.sqrt(np.count_nonzero(region.inside) / np.pi)
    n = int(fft.next_fast_len(max(96, int(1.5 * max(values.shape))), real=True))
    power = np.abs(fft.rfft2(values, (n, n))) ** 2 / (weights**2).sum()
    ky, kx = fft.fftfreq(n)[:, None], fft.rfftfreq(n)[None]
    radius = np.hypot(ky, kx)
    low, high = _SLOWEST_PER_NM * WORKING_NM, min(_FASTEST_PER_NM * WORKING_NM, _OF_FINEST * region.finest_per_px)
    in_band = (radius >= low) & (radius <= high)
    expected = _expected(power, radius, n, high)
    expected = np.maximum(expected, _LEAKS * float(power[in_band].max(initial=0.0)))
    above = np.where(in_band, power / np.maximum(expected, 1e-9), 0.0)
    places = _peaks(above, n, diameter)
    frequencies, powers, around = np.zeros((N_PEAKS, 2)), np.zeros(N_PEAKS), np.ones(N_PEAKS)
    for rank, (row, column) in enumerate(places):
        frequencies[rank] = ky[row, 0], kx[0, column]
        powers[rank], around[rank] = power[row, column], max(expected[row, column], 1e-9)
    return Fringes(values, weights, frequencies, powers, around, float(diameter))


def _expected(power: Floats, radius: Floats, n: int, high: float) -> Floats:
    """The mean power around each frequency: that of speckle, exponentially distributed, is the median over ln 2.

    Beyond the highest frequency of interest it is no number.
    """
    rings = np.rint(radius * n / 2).astype(np.intp)  # two frequencies wide
    within = rings <= high * n / 2 + _BEYOND
    own, of = power[within], rings[within]
    order = np.argsort(own)
    ordered = own[order[np.argsort(of[order].astype(np.uint16), kind="stable")]]  # ring by ring, each from the least
    counts = np.bincount(of)
    starts = np.cumsum(counts) - counts
    medians = (ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2
    expected = np.full(power.shape, np.nan)
    expected[within] = (ndimage.gaussian_filter1d(medians, 1.0) / np.log(2))[of]
    return expected


def _peaks(above: Floats, n: int, diameter: float) -> list[tuple[int, int]]:
    """Rows and columns of the highest peaks, none in the spot of a higher one."""
    left = above.copy()
    apart = _APART / diameter * n
    reach = min(int(np.ceil(apart)), (n - 1) // 2)
    steps = np.arange(-reach, reach + 1)
    is_far = np.hypot(steps[:, None], steps) >= apart
    found: list[tuple[int, int]] = []
    while len(found) < N_PEAKS and left.max() > 0:
        row, column = divmod(int(np.argmax(left)), left.shape[1])
        found.append((row, column))
        for r, c in ((row, column), (-row, -column)):  # a real image has every peak twice
            columns = c + steps
            held = (columns >= 0) & (columns < left.shape[1])
            left[np.ix_((r + steps) % n, columns[held])] *= is_far[:, held]
    return found
