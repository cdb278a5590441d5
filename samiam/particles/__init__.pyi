from .finder.finder import build_finder
from .finder.protocol import Found, ParticleFinder
from .finder.settings import FinderOptions
from .finding import find_particles
from .measures import measure_particles
from .result import FAULT_CLASSES, UNSURE, Dropped, FaultDetection, Particles
from .statistics.pooling import particle_statistics
from .statistics.record import ParticleStatistics
from .statistics.settings import StatisticsOptions

__all__ = [
    "FAULT_CLASSES",
    "UNSURE",
    "Dropped",
    "FaultDetection",
    "FinderOptions",
    "Found",
    "ParticleFinder",
    "ParticleStatistics",
    "Particles",
    "StatisticsOptions",
    "build_finder",
    "find_particles",
    "measure_particles",
    "particle_statistics",
]
