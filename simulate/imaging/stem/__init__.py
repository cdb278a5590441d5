"""What the microscope does to an ideal image: probe, scan, detector and dirt.

An ideal image goes through the optics, is read at the positions the scan really reached, thins under contamination
and is counted: `through_optics`, `scan_positions`, `jittered`, `sample`, `contamination`, `detect`.
"""

from simulate.imaging.stem.carbon import contamination
from simulate.imaging.stem.detector import Detector, detect, exposed
from simulate.imaging.stem.optics import Optics, probe_transfer, through_optics, wavelength_A
from simulate.imaging.stem.pixels import count_electrons, scan_jitter
from simulate.imaging.stem.scan import Scan, jittered, sample, scan_positions

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
    "scan_jitter",
    "count_electrons",
]
