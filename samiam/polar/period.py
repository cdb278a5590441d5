"""How far apart the stripes of a labyrinth are: the radius of the ring in the spectrum of a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal, special

from samiam.errors import InputError
from samiam.networks.inputs import resampled

SHORTEST_PERIOD_PX = 2.0
"""Of stripes that are given: bright and dark ones of a pixel each. Shorter ones look like longer ones."""
_ALIKE = 1.5  # times longer or shorter, a period is another one
_LEAST_SIDE_PX = 32  # of a frame: five periods of the shortest stripes
_ENOUGH_PX = 640  # along the longer side: dozens of periods
_SHORTEST_PX, _FEWEST = 5.0, 3.0  # of a period; of periods along the shorter side, so that a ring has a radius
_STEP = 0.05  # of the logarithm of frequencies: rings of labyrinths are about 0.3 wide
_RISE = np.log(2.0)  # least rise, in the logarithm of power, of the ring over what is on either side of it
_DEVIATIONS = 4.0  # and least rise in standard deviations of noise: none of 400 frames of pure noise rises as high
_AS_MANY = 2 * np.sqrt(np.pi) / 2.25
"""Independent powers in a bin for each of its frequencies: bins are averaged with their neighbours, and behind a Hann
window in both directions 2.25 frequencies say the same. The logarithm of a mean of n has the variance ψ′(n)."""
_SECTORS, _HALF_WIDTH = 24, 0.15  # of the ring in directions; half of its width, in the logarithm of frequencies
_LEAST_DIRECTIONS = 0.2
"""Share of the directions that a ring has at least: two or three pairs of reflections have a tenth, a labyrinth of
which a quarter of all directions is missing 0.6."""


@dataclass(frozen=True)
class Stripes:
    """What the spectrum of a frame says of its stripes.

    Attributes:
        period_px: from one to the next; None where no ring stands out.
        doubt: why this is no labyrinth of stripes, in words; None where it may be one.
    """

    period_px: float | None
    doubt: str | None

    @property
    def known_period_px(self) -> float:
        """The period.

        Raises:
            InputError: if there is none or a doubt.
        """
        if self.period_px is None:
            raise InputError(f"{self.doubt}; give a frame that shows stripes.")
        if self.doubt is not None:
            raise InputError(f"{self.doubt}; give period_px if there are stripes all the same.")
        return self.period_px

    def may_be(self, period_px: float) -> bool:
        """Whether these may be stripes that are known to be so far apart, as a doubtful ring of that size may be."""
        if self.period_px is None:
            return False
        return self.doubt is None or self.is_about(period_px)

    def is_about(self, period_px: float) -> bool:
        """Whether the period that is seen is about this one."""
        return self.period_px is not None and 1 / _ALIKE < self.period_px / period_px < _ALIKE


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """Power (n,) of a frame at all frequencies but 0.

    Attributes:
        power: at each.
        log_frequency: the logarithm of each, in periods per pixel.
        angle: of each, within ±π/2.
    """

    power: NDArray[np.float64]
    log_frequency: NDArray[np.float64]
    angle: NDArray[np.float64]

    @classmethod
    def of(cls, pixels: NDArray[np.floating]) -> _Spectrum:
        height, width = pixels.shape
        window = np.hanning(height)[:, None] * np.hanning(width)
        power = np.abs(fft.rfft2((pixels - pixels.mean()) * window)) ** 2
        down, across = np.meshgrid(fft.fftfreq(height), fft.rfftfreq(width), indexing="ij")
        log_frequency = np.log(np.hypot(down, across).ravel()[1:])
        return cls(power.ravel()[1:], log_frequency, np.arctan2(down, across).ravel()[1:])


@dataclass(frozen=True)
class _Ring:
    """Where power is highest: the logarithm of its frequency, and the mean power on either side of it."""

    log_frequency: float
    floor: float


def measure_period(pixels: NDArray[np.floating]) -> float:
    """The distance in pixels from one stripe to the next, whatever their contrast.

    It is where the power of the spectrum, summed over rings, is highest above what surrounds it.

    Args:
        pixels: real (H, W).

    Raises:
        InputError: if no period stands out, as in a blank frame and in pure noise, or a lattice does.

    Example:
        >>> rows, columns = np.indices((96, 96))
        >>> rings = np.cos(2 * np.pi * np.hypot(rows - 48, columns - 48) / 8)
        >>> round(measure_period(rings))
        8
    """
    return look_for_stripes(pixels).known_period_px


def look_for_stripes(pixels: NDArray[np.floating]) -> Stripes:
    """The period of the stripes of a frame, real (H, W), and whether they may be a labyrinth.

    A large frame is reduced, so that noise is averaged; its middle is looked at as it is where that shows no ring.
    """
    height, width = pixels.shape
    if min(height, width) < _LEAST_SIDE_PX:
        return Stripes(None, f"a frame of {width} × {height} px is too small to tell its period")
    if np.ptp(pixels) == 0:
        return Stripes(None, "the frame is blank")
    reduced_by = max(1.0, max(height, width) / _ENOUGH_PX)
    small = resampled(pixels, (round(height / reduced_by), round(width / reduced_by)))
    found = _stripes(small, (height * width / small.size) ** 0.5)
    if found.period_px is None and reduced_by > 1:
        top, left = (max(0, side - _ENOUGH_PX) // 2 for side in (height, width))
        found = _stripes(pixels[top : top + _ENOUGH_PX, left : left + _ENOUGH_PX], 1.0)
    return found


def _stripes(pixels: NDArray[np.floating], reduced_by: float) -> Stripes:
    spectrum = _Spectrum.of(pixels.astype(np.float64))
    ring = _strongest_ring(spectrum, min(pixels.shape))
    if ring is None:
        return Stripes(None, "no period of stripes stands out from the noise")
    directions = _directions(spectrum, ring)
    period_px = float(np.exp(-ring.log_frequency)) * reduced_by
    if directions < _LEAST_DIRECTIONS:
        return Stripes(
            period_px,
            f"what repeats after {period_px:.3g} px does so along {100 * directions:.0f} % of all directions only, "
            "as a lattice or parallel stripes do and a labyrinth does not",
        )
    return Stripes(period_px, None)


def _strongest_ring(spectrum: _Spectrum, side_px: int) -> _Ring | None:
    """The ring with the most power of those that stand out."""
    lowest, highest = np.log(_FEWEST / side_px), np.log(1 / _SHORTEST_PX)
    edges = np.arange(lowest - 5 * _STEP, np.log(0.5), _STEP)  # a ring has two sides
    counts, _ = np.histogram(spectrum.log_frequency, edges)
    sums, _ = np.histogram(spectrum.log_frequency, edges, weights=spectrum.power)
    kept = counts > 0
    middles = (edges[:-1] + _STEP / 2)[kept]
    counts, sums = (ndimage.gaussian_filter1d(one[kept].astype(np.float64), 1.0) for one in (counts, sums))
    level, spread = np.log(sums / counts), np.sqrt(special.polygamma(1, _AS_MANY * counts))
    peaks = [
        peak
        for peak in signal.find_peaks(level)[0].tolist()
        if lowest < middles[peak] < highest and all(_stands_out(level, spread, peak, side) for side in (-1, 1))
    ]
    if not peaks:
        return None
    strongest = max(peaks, key=lambda peak: float(sums[peak]))
    floor = max(float(level[_to_higher(level, strongest, side)].min()) for side in (-1, 1))
    return _Ring(_middle(middles, np.log(sums), strongest), float(np.exp(floor)))


def _to_higher(level: NDArray[np.float64], peak: int, side: int) -> NDArray[np.intp]:
    """The bins on one side of a peak, as far as none is higher, the nearest first."""
    beyond = np.arange(peak + side, len(level) if side > 0 else -1, side)
    return beyond[: int(np.argmax(np.append(level[beyond] > level[peak], True)))]


def _stands_out(level: NDArray[np.float64], spread: NDArray[np.float64], peak: int, side: int) -> bool:
    """Whether a peak surely rises over something on one side of it."""
    beyond = _to_higher(level, peak, side)
    rise = level[peak] - level[beyond]
    return bool(((rise > _RISE) & (rise > _DEVIATIONS * np.hypot(spread[peak], spread[beyond]))).any())


def _middle(places: NDArray[np.float64], heights: NDArray[np.float64], peak: int) -> float:
    """Where a peak is between its bins, by a parabola."""
    before, top, after = heights[peak - 1 : peak + 2]
    bend = min(before - 2 * top + after, -1e-9)
    return float(places[peak] + _STEP * np.clip((before - after) / (2 * bend), -1, 1))


def _directions(spectrum: _Spectrum, ring: _Ring) -> float:
    """In how many of all directions a ring has power: 1 / (n Σ share²), 1 where it has as much in all of n."""
    on_ring = np.abs(spectrum.log_frequency - ring.log_frequency) < _HALF_WIDTH
    # Half a sector on, so that the axes of the image lie within one each.
    sector = np.floor(spectrum.angle[on_ring] / np.pi * _SECTORS + 0.5).astype(np.int64) % _SECTORS
    counts = np.bincount(sector, minlength=_SECTORS)
    sums = np.bincount(sector, spectrum.power[on_ring], minlength=_SECTORS)
    above = np.maximum(sums[counts > 0] / counts[counts > 0] - ring.floor, 0)
    return float(above.sum() ** 2 / (len(above) * (above**2).sum()))
