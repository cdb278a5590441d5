"""The camera: from the intensity in the image plane to counts."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from samiam.settings import NotNegative, settings
from simulate.imaging.hrtem.spectra import Complexes, frequencies_per_A
from simulate.imaging.stem.bounds import need_positive
from simulate.imaging.stem.detector import Dose_e_per_A2


@settings
class Camera:
    """A camera, and what moves while it counts.

    Attributes:
        dose_e_per_A2: electrons on each Å² of the specimen.
        contrast: by which the contrast of the simulated image is multiplied: experiments have less than theory, the
            Stobbs factor (Hÿtch & Stobbs, Ultramicroscopy 53, 191 (1994)).
        mtf_nyquist: the camera's modulation transfer at its highest frequency, beside that of its square pixels; it
            falls as 1 / (1 + c u²).
        drift_A: how far the specimen moves during the exposure, along a line.
        drift_deg: direction of the drift, from +x towards +y, which is down.
        vibration_A: standard deviation of the specimen's place, in each direction.
        spread_px: standard deviation of the Gaussian by which neighbouring pixels share their counts after counting.
        readout_e: standard deviation of the read-out noise in electrons.
    """

    dose_e_per_A2: Dose_e_per_A2 = 500.0
    contrast: Annotated[float, Field(gt=0, le=1)] = 0.5
    mtf_nyquist: Annotated[float, Field(gt=0, le=1)] = 0.4
    drift_A: NotNegative = 0.0
    drift_deg: float = 0.0
    vibration_A: NotNegative = 0.0
    spread_px: NotNegative = 0.0
    readout_e: NotNegative = 0.0


def expected_spectrum(spectrum: Complexes, extent_A: float, pixel_A: float, camera: Camera) -> Complexes:
    """The mean image that the camera would count, as shares of the beam: contrast, motion, and the camera's MTF.

    Args:
        spectrum: half spectrum (M, M // 2 + 1) of an intensity.
        extent_A: side of the image.
        pixel_A: of the camera, in the plane of the specimen; finer details than it resolves are left out.
        camera: the camera.

    Returns:
        A spectrum of the same shape, of an image whose mean is 1.
    """
    need_positive(extent_A=extent_A, pixel_A=pixel_A)
    ky, kx = frequencies_per_A(spectrum.shape[0], extent_A, half=True)
    angle = np.deg2rad(camera.drift_deg)
    along = np.cos(angle) * kx + np.sin(angle) * ky
    u2 = (2 * pixel_A) ** 2 * (kx**2 + ky**2)  # of the highest frequency, squared
    mtf = np.sinc(pixel_A * kx) * np.sinc(pixel_A * ky) / (1 + (1 / camera.mtf_nyquist - 1) * u2)
    moved = np.sinc(camera.drift_A * along) * np.exp(-2 * (np.pi * camera.vibration_A) ** 2 * (kx**2 + ky**2))
    factor = camera.contrast * mtf * moved * (np.abs(kx) < 0.5 / pixel_A) * (np.abs(ky) < 0.5 / pixel_A)
    factor[0, 0] = 1.0
    return np.asarray(spectrum * (factor / (spectrum[0, 0].real / spectrum.shape[0] ** 2)), np.complex64)


def counted(
    rng: np.random.Generator, expected: NDArray[np.float32], pixel_A: float, camera: Camera
) -> NDArray[np.float32]:
    """Electrons that the camera counts in each pixel.

    Args:
        rng: source of the electrons (Poisson) and of the read-out noise.
        expected: float (H, W), shares of the beam; what filters have brought below 0 counts as 0.
        pixel_A: of the camera, in the plane of the specimen.
        camera: the camera.

    Returns:
        float32 (H, W), electrons.
    """
    need_positive(pixel_A=pixel_A)
    counts = rng.poisson(np.maximum(expected, 0) * (camera.dose_e_per_A2 * pixel_A**2)).astype(np.float32)
    if camera.readout_e:
        counts += np.float32(camera.readout_e) * rng.standard_normal(counts.shape, np.float32)
    return ndimage.gaussian_filter(counts, camera.spread_px) if camera.spread_px else counts
