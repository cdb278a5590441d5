"""How a micrograph is taken."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from samiam.settings import NotNegative, Share, settings
from simulate.imaging.stem import Optics, Scan
from simulate.imaging.stem.detector import Dose_e_per_A2


@settings
class Acquisition:
    """How a micrograph is taken.

    Attributes:
        scan: pixels and their distortions.
        dose_e_per_A2: electrons of the beam on each Å².
        readout_e: standard deviation of the read-out noise in units of an electron's signal.
        bits: of the digitised image; brightness and contrast are set as an operator does, to fill them.
        optics: the probe.
        detector: a name in the library's settings: "HAADF" or "ADF".
        contamination_A: mean thickness of the carbon film on the specimen.
        contamination_variation: standard deviation of the logarithm of its thickness.
        spread_px: as the detector has it.
        line_noise: as the detector has it.
    """

    scan: Scan
    dose_e_per_A2: Dose_e_per_A2
    readout_e: NotNegative = 0.3
    bits: Literal[8, 16] = 16
    optics: Optics = field(default_factory=Optics)
    detector: str = "HAADF"
    contamination_A: NotNegative = 0.0
    contamination_variation: Annotated[float, Field(ge=0, le=2)] = 0.3
    spread_px: NotNegative = 0.0
    line_noise: Share = 0.0
