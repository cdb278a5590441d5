"""From the share of the beam that reaches the detector to the integers in the file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from samiam.errors import InputError
from samiam.settings import NotNegative, Positive, Share, settings
from simulate.imaging.stem.bounds import need_not_negative, need_positive

Dose_e_per_A2 = Annotated[float, Field(gt=0, le=1e9)]  # above, no specimen lasts; chosen by hand

_OVERSHOOT = 0.01  # of the beam: what Fourier transforms and splines add to or take from an intensity, and more
EXPOSED_PERCENTILES = (0.1, 99.9)  # of an image: its dark and bright pixels, as micrographs are stretched when read
_UNUSED = 0.03  # of the range of the converter, left at either end; chosen by hand
_NOISE_SIGMAS = 3.5  # beyond these are fewer than one in a thousand of the darkest and brightest pixels


@settings
class Detector:
    """An integrating detector with its amplifier and converter.

    Attributes:
        dose_e_per_A2: electrons of the beam on each Å².
        gain_counts_per_e: counts for each detected electron.
        offset_counts: level without electrons. It may be negative: an operator's black level cuts off background.
        readout_counts: standard deviation of the Gaussian read-out noise.
        bits: of the converter; what is above its range saturates, what is below is 0.
        spread_px: standard deviation of the Gaussian by which neighbouring pixels share their counts: of scintillator
            and amplifier, and of the filter or interpolation that the image went through.
        line_noise: standard deviation of a line's brightness, as a share of it: emission and scan are not steady.
    """

    dose_e_per_A2: Dose_e_per_A2
    gain_counts_per_e: Positive = 100.0
    offset_counts: float = 500.0
    readout_counts: NotNegative = 20.0
    bits: Literal[8, 16] = 16
    spread_px: NotNegative = 0.0
    line_noise: Share = 0.0


def exposed(
    dose_e_per_A2: float,
    pixel_area_A2: float,
    fraction_low: float,
    fraction_high: float,
    *,
    readout_e: float = 0.3,
    bits: Literal[8, 16] = 8,
) -> Detector:
    """A detector whose brightness and contrast an operator has set for an image.

    The operator turns both until the histogram of the live image, noise included, fills the converter's range with a
    little room at either end: here 3.5 standard deviations of the noise below the darkest and above the brightest
    expected pixel fall 3 % of the range inside its ends. So fewer than one of these pixels in a thousand saturates.

    Args:
        dose_e_per_A2: electrons of the beam on each Å², > 0.
        pixel_area_A2: > 0.
        fraction_low: share of the beam expected in dark pixels, say of 0.1 % of the image, in [0, 1).
        fraction_high: share of the beam expected in bright pixels, say of 0.1 % of the image, in (`fraction_low`, 1].
        readout_e: standard deviation of the read-out noise in units of an electron's signal, ≥ 0.
        bits: of the converter.

    Raises:
        InputError: if a value is out of range.
    """
    need_positive(dose_e_per_A2=dose_e_per_A2, pixel_area_A2=pixel_area_A2)
    need_not_negative(readout_e=readout_e)
    if not 0 <= fraction_low < fraction_high <= 1:
        raise InputError(f"fractions of {fraction_low} to {fraction_high}: give a range that rises within 0 … 1.")
    low_e, high_e = (dose_e_per_A2 * pixel_area_A2 * fraction for fraction in (fraction_low, fraction_high))
    # The square root of a Poisson variable has the standard deviation ½ at any mean; its own is skewed where it is low.
    darkest_e = max(0.0, np.sqrt(low_e) - _NOISE_SIGMAS / 2) ** 2 - _NOISE_SIGMAS * readout_e
    brightest_e = (np.sqrt(high_e) + _NOISE_SIGMAS / 2) ** 2 + _NOISE_SIGMAS * readout_e
    full_counts = 2.0**bits - 1
    gain_counts_per_e = (1 - 2 * _UNUSED) * full_counts / (brightest_e - darkest_e)
    return Detector(
        dose_e_per_A2,
        gain_counts_per_e=float(gain_counts_per_e),
        offset_counts=float(_UNUSED * full_counts - gain_counts_per_e * darkest_e),
        readout_counts=float(gain_counts_per_e * readout_e),
        bits=bits,
    )


def detect(
    rng: np.random.Generator, fraction: NDArray[Any], pixel_area_A2: float, detector: Detector
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Count the electrons of each pixel and convert them.

    Args:
        rng: source of the electrons (Poisson) and of the noise of lines and read-out.
        fraction: float (H, W), share of the beam's electrons that reach the detector, 0 … 1. What is outside by up
            to 0.01, as filters leave it, counts as 0 or 1.
        pixel_area_A2: > 0.
        detector: the detector.

    Returns:
        uint8 or uint16 (H, W), by the detector's bits.

    Raises:
        InputError: if a fraction is outside 0 … 1 or not a number, or the area is not positive.
    """
    need_positive(pixel_area_A2=pixel_area_A2)
    low, high = float(np.min(fraction)), float(np.max(fraction))
    if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):
        raise InputError(f"fractions of {low:.3g} to {high:.3g}: give shares of the beam, in 0 … 1.")
    expected_e = np.clip(fraction, 0, 1).astype(np.float64) * (detector.dose_e_per_A2 * pixel_area_A2)
    if detector.line_noise > 0:
        expected_e *= np.maximum(1 + detector.line_noise * rng.standard_normal((len(expected_e), 1)), 0)
    counts = rng.poisson(expected_e) * detector.gain_counts_per_e
    counts += detector.readout_counts * rng.standard_normal(counts.shape) + detector.offset_counts
    if detector.spread_px > 0:
        counts = ndimage.gaussian_filter(counts, detector.spread_px)
    converted: NDArray[np.float64] = np.clip(np.rint(counts), 0, 2**detector.bits - 1)
    return converted.astype(np.uint8) if detector.bits == 8 else converted.astype(np.uint16)
