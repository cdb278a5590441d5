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
    "ParticleStatistics",
    "Particles",
    "StatisticsOptions",
    "measure_particles",
    "particle_statistics",
]
