from .conditions import Exposure, ParticleConditions
from .pictures import picture
from .settings import SpecimenRanges, WaveSettings
from .visibility import VISIBLE
from .waves import ExitWave, WaveLibrary, read_waves

__all__ = [
    "read_waves",
    "WaveLibrary",
    "ExitWave",
    "ParticleConditions",
    "Exposure",
    "picture",
    "VISIBLE",
    "SpecimenRanges",
    "WaveSettings",
]
