from .carbon import contamination
from .detector import Detector, detect, exposed
from .optics import Optics, probe_transfer, through_optics, wavelength_A
from .scan import Scan, jittered, sample, scan_positions

__all__ = [
    "Optics",
    "wavelength_A",
    "probe_transfer",
    "through_optics",
    "Scan",
    "scan_positions",
    "jittered",
    "sample",
    "Detector",
    "exposed",
    "detect",
    "contamination",
]
