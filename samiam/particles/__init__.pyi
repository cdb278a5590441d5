from .faults.classifier import FaultClassifier, build_fault_classifier
from .faults.classifying import classify_faults
from .faults.settings import FaultOptions
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
    "FaultClassifier",
    "FaultDetection",
    "FaultOptions",
    "FinderOptions",
    "Found",
    "ParticleFinder",
    "ParticleStatistics",
    "Particles",
    "StatisticsOptions",
    "build_fault_classifier",
    "build_finder",
    "classify_faults",
    "find_particles",
    "measure_particles",
    "particle_statistics",
]
