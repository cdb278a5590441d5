"""What microscopes and cameras pictures are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from samiam.settings import NotNegative, Positive, Rising, Share, settings
from simulate.draws import log_uniform, uniform
from simulate.imaging.hrtem import Camera, Lens
from simulate.imaging.stem.detector import Dose_e_per_A2

_Positives = Annotated[tuple[Positive, Positive], Rising]
_NotNegatives = Annotated[tuple[NotNegative, NotNegative], Rising]
_Mtf = Annotated[float, Field(gt=0, le=1)]
_Pixel_nm = Annotated[float, Field(ge=0.01, le=0.2)]  # finer shows nothing more, coarser no fringes


@settings
class ParticleConditions:
    """Ranges of the optics and the camera; of each both ends.

    What made simulated pictures look like published ones (defocus, focal spread, dose and contrast) was found by
    comparing them.

    Attributes:
        defocus_A: magnitude, by its logarithm; either sign, as contrast reverses with it.
        spherical_mm: magnitude, by its logarithm: from a corrector's few µm to the 1.2 mm of lenses without one. Below
            0.05 mm of either sign.
        astigmatism_A: what alignment leaves.
        focal_spread_A: standard deviation: 15 Å with a monochromator, 60 Å with a thermal source.
        convergence_mrad: of the illumination.
        dose_e_per_A2: by its logarithm: from low-dose work to a bright, long exposure.
        contrast: the Stobbs factor. Without it pictures are too easy, and what is learnt of them is of no use.
        mtf_nyquist: 0.1 for a scintillator's camera, 0.6 for direct detection.
        drift_A: during an exposure.
        vibration_A: standard deviation in each direction.
        spread_px: of counts among neighbouring pixels: scintillators, interpolation.
        unevenness: of the illumination from one side to the other, as a share of the mean.
        pixel_size_nm: by its logarithm: fringes of {111} are then 4 to 12 pixels wide.
    """

    defocus_A: _Positives = (20.0, 600.0)
    spherical_mm: _Positives = (0.001, 1.2)
    astigmatism_A: _NotNegatives = (0.0, 40.0)
    focal_spread_A: _Positives = (15.0, 60.0)
    convergence_mrad: _NotNegatives = (0.0, 0.4)
    dose_e_per_A2: Annotated[tuple[Dose_e_per_A2, Dose_e_per_A2], Rising] = (60.0, 3000.0)
    contrast: Annotated[tuple[_Mtf, _Mtf], Rising] = (0.2, 0.8)
    mtf_nyquist: Annotated[tuple[_Mtf, _Mtf], Rising] = (0.1, 0.6)
    drift_A: _NotNegatives = (0.0, 1.0)
    vibration_A: _NotNegatives = (0.0, 0.4)
    spread_px: _NotNegatives = (0.0, 0.7)
    unevenness: Annotated[tuple[Share, Share], Rising] = (0.0, 0.2)
    pixel_size_nm: Annotated[tuple[_Pixel_nm, _Pixel_nm], Rising] = (0.02, 0.06)


@dataclass(frozen=True)
class Exposure:
    """One draw of the conditions.

    Attributes:
        lens: of the microscope.
        camera: of the microscope.
        unevenness: of the illumination, a share of the mean.
        uneven_deg: towards where it is brightest, from +x towards +y, which is down.
        pixel_size_nm: of the picture.
    """

    lens: Lens
    camera: Camera
    unevenness: float
    uneven_deg: float
    pixel_size_nm: float


def draw_exposure(conditions: ParticleConditions, energy_kV: float, rng: np.random.Generator) -> Exposure:
    """Draw optics and camera."""
    spherical_mm, sign = log_uniform(rng, conditions.spherical_mm), float(rng.choice([-1, 1]))
    lens = Lens(
        energy_kV=energy_kV,
        defocus_A=log_uniform(rng, conditions.defocus_A) * float(rng.choice([-1, 1])),
        spherical_mm=spherical_mm * (sign if spherical_mm < 0.05 else 1.0),
        astigmatism_A=uniform(rng, conditions.astigmatism_A),
        astigmatism_deg=float(rng.uniform(0, 180)),
        focal_spread_A=uniform(rng, conditions.focal_spread_A),
        convergence_mrad=uniform(rng, conditions.convergence_mrad),
    )
    camera = Camera(
        dose_e_per_A2=log_uniform(rng, conditions.dose_e_per_A2),
        contrast=uniform(rng, conditions.contrast),
        mtf_nyquist=uniform(rng, conditions.mtf_nyquist),
        drift_A=uniform(rng, conditions.drift_A),
        drift_deg=float(rng.uniform(0, 180)),
        vibration_A=uniform(rng, conditions.vibration_A),
        spread_px=uniform(rng, conditions.spread_px),
    )
    unevenness, pixel_size_nm = uniform(rng, conditions.unevenness), log_uniform(rng, conditions.pixel_size_nm)
    return Exposure(lens, camera, unevenness, float(rng.uniform(0, 360)), pixel_size_nm)
