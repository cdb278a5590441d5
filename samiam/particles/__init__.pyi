from .finder.finder import build_finder
from .finder.protocol import Found, ParticleFinder
from .finder.settings import FinderOptions
from .finding import find_particles
from .result import FAULT_CLASSES, UNSURE, Dropped, Particles

__all__ = [
    "find_particles",
    "build_finder",
    "FinderOptions",
    "Particles",
    "Dropped",
    "FAULT_CLASSES",
    "UNSURE",
    "ParticleFinder",
    "Found",
]
