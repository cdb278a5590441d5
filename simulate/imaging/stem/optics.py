"""The probe: residual aberrations and source size, as a transfer function between incoherent images.

Aberrations are in Krivanek's notation (Ultramicroscopy 78, 1 (1999)) and have the signs of abTEM: the pupil is
exp(-i χ) with χ = 2π/λ · (½ α² (C10 + C12 cos 2(φ - φ12)) + ⅓ α³ C21 cos(φ - φ21) + ¼ α⁴ C30) and C10 = -defocus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import constants, fft

from samiam.errors import InputError
from samiam.settings import NotNegative, Positive, Share, settings
from simulate.imaging.row_blocks import row_blocks
from simulate.imaging.stem.bounds import need_positive

Energy_kV = Annotated[float, Field(ge=1, le=3000)]  # no microscope has less or more; volts are told from kilovolts

_FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))  # of a Gaussian
_WIDEST_BLUR_A = 50.0  # beyond, pupils are too large to work out; chosen by hand
_LEAST_PUPIL_RADIUS_PX = 128  # an aperture whose edge runs in steps then leaves errors of about 0.01


@settings
class Optics:
    """The probe.

    Attributes:
        energy_kV: of the beam.
        convergence_mrad: semi-angle of the aperture.
        source_fwhm_A: full width at half maximum of the Gaussian effective source in the specimen plane.
        defocus_A: -C10; positive is underfocus.
        astigmatism_A: C12.
        astigmatism_deg: φ12, from +x towards +y, which is down.
        coma_A: C21. The shift of the image that coma brings is left out, so that images stay in register with the
            truth: the probe's centroid is where the scan puts it.
        coma_deg: φ21, from +x towards +y.
        spherical_A: C30, the residual.
        tail: share of the probe's electrons that land further out, in a Gaussian of `tail_A`.
        tail_A: its standard deviation.

    Raises:
        InputError: if the aberrations blur the probe over more than 50 Å.
    """

    energy_kV: Energy_kV = 300.0
    convergence_mrad: Annotated[float, Field(gt=0, lt=500)] = 22.0
    source_fwhm_A: NotNegative = 0.8
    defocus_A: float = 0.0
    astigmatism_A: float = 0.0
    astigmatism_deg: float = 0.0
    coma_A: float = 0.0
    coma_deg: float = 0.0
    spherical_A: float = 0.0
    tail: Share = 0.0
    tail_A: Positive = 4.0

    def __post_init__(self) -> None:
        if _blur_A(self) > _WIDEST_BLUR_A:
            angle = self.convergence_mrad * 1e-3
            orders = {"defocus_A": 1, "astigmatism_A": 1, "coma_A": 2, "spherical_A": 3}
            worst = max(orders, key=lambda name: angle ** orders[name] * abs(getattr(self, name)))
            raise InputError(
                f"{worst}={getattr(self, worst):g}: these aberrations spread the probe over {_blur_A(self):.0f} Å; "
                f"give smaller ones, for {_WIDEST_BLUR_A:.0f} Å at most."
            )


def wavelength_A(energy_kV: float) -> float:
    """Relativistic de Broglie wavelength of electrons, in Å.

    Raises:
        InputError: if the energy is not positive.
    """
    need_positive(energy_kV=energy_kV)
    energy_J = energy_kV * 1e3 * constants.e
    rest_energy_J = constants.m_e * constants.c**2
    return float(1e10 * constants.h * constants.c / np.sqrt(energy_J * (energy_J + 2 * rest_energy_J)))


def probe_transfer(shape_hw: tuple[int, int], pixel_size_A: float, optics: Optics) -> NDArray[Any]:
    """What turns the spectrum of an image made with the ideal probe into that of one made with this probe.

    It is the optical transfer function of the aberrated probe, divided by that of the aberration-free probe of the
    same aperture, times the Gaussian of the source and the tail. The division needs no regularisation below the
    information limit 2α/λ: the autocorrelation of a pupil of modulus 1 is nowhere larger with phases than without, so
    the modulus of the ratio is at most 1. From the limit on, where both vanish, the ratio is 0: what an image has
    there no probe can have formed. Without aberrations there is nothing to divide, and it is source and tail alone.

    Args:
        shape_hw: shape of the image.
        pixel_size_A: of the image, > 0.
        optics: the probe.

    Returns:
        (H, W // 2 + 1) in the layout of `rfft2`; 1 at zero frequency, so that an image's total is kept. float64
        without aberrations, complex128 with them.

    Raises:
        InputError: if the pixel size is not positive.
    """
    need_positive(pixel_size_A=pixel_size_A)
    return np.concatenate([transfer for _, transfer in _transfer_in_blocks(shape_hw, pixel_size_A, optics)])


def through_optics(image: NDArray[Any], pixel_size_A: float, optics: Optics) -> NDArray[Any]:
    """The image that a probe with aberrations and a source size makes, from that of the ideal probe.

    Args:
        image: float32 or float64 (H, W), linear in the intensity. It is taken as periodic: what is at one edge
            spills over to the other, so it needs a margin of about the probe's width around what is wanted.
        pixel_size_A: of the image, > 0.
        optics: the probe.

    Returns:
        (H, W) of the image's type, with the same total. It can undershoot 0 slightly near edges that are sharper
        than the ideal probe can image.

    Raises:
        InputError: if the pixel size is not positive.
    """
    need_positive(pixel_size_A=pixel_size_A)
    if _blur_A(optics) == 0 and optics.source_fwhm_A == 0 and optics.tail == 0:
        return image
    spectrum = fft.rfft2(image)
    for rows, transfer in _transfer_in_blocks((image.shape[0], image.shape[1]), pixel_size_A, optics):
        spectrum[rows] *= transfer
    return np.asarray(fft.irfft2(spectrum, s=image.shape, overwrite_x=True))


def _transfer_in_blocks(
    shape_hw: tuple[int, int], pixel_size_A: float, optics: Optics
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Rows of what `probe_transfer` returns, from the top."""
    rows_per_A = fft.fftfreq(shape_hw[0], pixel_size_A)
    columns_per_A = fft.rfftfreq(shape_hw[1], pixel_size_A)
    sigma_A = optics.source_fwhm_A / _FWHM_PER_SIGMA
    ratio = None if _blur_A(optics) == 0 else _AberrationRatio.of(optics)
    for rows in row_blocks((shape_hw[0], len(columns_per_A))):
        transfer = _gaussian(sigma_A, rows_per_A[rows], columns_per_A)
        if optics.tail > 0:
            transfer *= 1 - optics.tail + optics.tail * _gaussian(optics.tail_A, rows_per_A[rows], columns_per_A)
        yield rows, transfer if ratio is None else transfer * ratio.at(rows_per_A[rows], columns_per_A)


def _gaussian(
    sigma_A: float, rows_per_A: NDArray[np.float64], columns_per_A: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The Fourier transform of a Gaussian of unit volume."""
    along_y, along_x = (np.exp(-2 * (np.pi * sigma_A * k_per_A) ** 2) for k_per_A in (rows_per_A, columns_per_A))
    return np.asarray(np.outer(along_y, along_x))


def _blur_A(optics: Optics) -> float:
    """The furthest that a ray of the aperture can land from its place: a bound on the gradient of χ · λ/2π."""
    angle = optics.convergence_mrad * 1e-3
    first_order = abs(optics.defocus_A) + abs(optics.astigmatism_A)
    return angle * first_order + angle**2 * abs(optics.coma_A) + angle**3 * abs(optics.spherical_A)


@dataclass(frozen=True, eq=False)
class _AberrationRatio:
    """The ratio of `probe_transfer`, from a pupil of its own, whose sampling the image's shape does not change.

    Attributes:
        values: complex128 (4 r + 3, 4 r + 3), as `_aberration_ratio` has them.
        radius_px: r, of the aperture.
        aperture_per_A: its radius.
    """

    values: NDArray[np.complex128]
    radius_px: int
    aperture_per_A: float

    @classmethod
    def of(cls, optics: Optics) -> _AberrationRatio:
        """The ratio of a probe."""
        angle = optics.convergence_mrad * 1e-3
        wave_A = wavelength_A(optics.energy_kV)
        # Where χ is steepest neighbouring pixels of the pupil differ by 2π/16 at most. Straight lines between the
        # ratio's values, and an aperture whose edge runs in steps, then leave errors of about 0.01.
        radius_px = max(_LEAST_PUPIL_RADIUS_PX, int(np.ceil(16 * _blur_A(optics) * angle / wave_A)))
        return cls(_aberration_ratio(radius_px, optics), radius_px, angle / wave_A)

    def at(self, rows_per_A: NDArray[np.float64], columns_per_A: NDArray[np.float64]) -> NDArray[np.complex128]:
        """At the frequencies of a grid, by linear interpolation: complex128 (rows, columns)."""
        step_per_A = self.aperture_per_A / self.radius_px
        limit_per_A = 2 * self.aperture_per_A
        inside = [np.flatnonzero(np.abs(frequencies) < limit_per_A) for frequencies in (rows_per_A, columns_per_A)]
        centre = self.values.shape[0] // 2
        ratio = _between(self.values, rows_per_A[inside[0]] / step_per_A + centre, axis=0)
        ratio = _between(ratio, columns_per_A[inside[1]] / step_per_A + centre, axis=1)
        everywhere = np.zeros((len(rows_per_A), len(columns_per_A)), np.complex128)
        everywhere[np.ix_(*inside)] = ratio
        return everywhere


def _aberration_ratio(radius_px: int, optics: Optics) -> NDArray[np.complex128]:
    """The ratio of `probe_transfer` in steps of the aperture's radius / `radius_px`, zero frequency in the centre.

    Returns:
        complex128 (4 r + 3, 4 r + 3): up to the information limit, at 2 r, and a rim of zeros.
    """
    reach = 2 * radius_px + 1
    n = fft.next_fast_len(2 * reach + 1)
    index = fft.fftfreq(n, 1 / n)
    y, x = index[:, None] / radius_px, index[None, :] / radius_px
    aperture = (x**2 + y**2 <= 1).astype(np.float64)
    ideal = _optical_transfer(aperture).real
    aberrated = _optical_transfer(aperture * np.exp(-1j * _chi(x, y, optics)))
    passed = (np.hypot(x, y) < 2) & (ideal > 1e-9)  # rounding leaves about 1e-16 of nothing
    ratio = np.where(passed, aberrated / np.where(passed, ideal, 1), 0)
    around = np.arange(-reach, reach + 1)
    return np.asarray(ratio[np.ix_(around, around)])


def _optical_transfer(pupil: NDArray[Any]) -> NDArray[np.complex128]:
    """Transfer function of the images that the probe of a pupil scans, 1 at zero frequency; `fft2` layout.

    A probe at R sees ∫ P(r - R) object(r) dr, a correlation: hence the conjugate, which turns P about its centre.
    """
    transfer = fft.fft2(np.abs(fft.ifft2(pupil)) ** 2).conj()
    return np.asarray(transfer / transfer[0, 0].real)


def _chi(x: NDArray[np.float64], y: NDArray[np.float64], optics: Optics) -> NDArray[np.float64]:
    """Phase of the aberrations, in radians, at places of the aperture in units of its radius."""
    angle = optics.convergence_mrad * 1e-3
    astigmatism_rad, coma_rad = np.deg2rad([optics.astigmatism_deg, optics.coma_deg])
    squared = x**2 + y**2
    # r² cos 2(φ - φ12) and r cos(φ - φ21)
    twofold = (x**2 - y**2) * np.cos(2 * astigmatism_rad) + 2 * x * y * np.sin(2 * astigmatism_rad)
    onefold = x * np.cos(coma_rad) + y * np.sin(coma_rad)
    path_A = angle**2 / 2 * (optics.astigmatism_A * twofold - optics.defocus_A * squared)
    # The centroid of a probe is the mean gradient of χ over the aperture, for coma C21 α² / 3: the tilt takes it off.
    path_A = path_A + angle**3 / 3 * optics.coma_A * (squared - 1) * onefold
    path_A = path_A + angle**4 / 4 * optics.spherical_A * squared**2
    return np.asarray(2 * np.pi / wavelength_A(optics.energy_kV) * path_A)


def _between(values: NDArray[np.complex128], places: NDArray[np.float64], axis: int) -> NDArray[np.complex128]:
    """An array at places between its rows or columns, by linear interpolation."""
    below = np.floor(places).astype(np.int64)
    share = np.expand_dims(places - below, 1 - axis)
    return np.asarray(values.take(below, axis) * (1 - share) + values.take(below + 1, axis) * share)
