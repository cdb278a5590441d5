from .camera import Camera, counted, expected_spectrum
from .lens import Lens, intensity_spectrum, transfer
from .spectra import image_of

__all__ = [
    "Lens",
    "transfer",
    "intensity_spectrum",
    "Camera",
    "expected_spectrum",
    "counted",
    "image_of",
]
