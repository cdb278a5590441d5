from .boosting import SemanticBooster
from .formats import example, read_micrograph
from .measurement import Measurements, measure
from .particles import Particles, find_particles, particle_statistics
from .pipeline import Pointer, segment, select
from .polar import PolarPoints, find_points
from .records import Masks, Micrograph, Scene, Segmentation
from .registry import build_encoder, build_generator
from .viewer import view
from .watching import watch

__all__ = [
    "Masks",
    "Measurements",
    "Micrograph",
    "Particles",
    "Pointer",
    "PolarPoints",
    "Scene",
    "Segmentation",
    "SemanticBooster",
    "build_encoder",
    "build_generator",
    "example",
    "find_particles",
    "find_points",
    "particle_statistics",
    "measure",
    "read_micrograph",
    "segment",
    "select",
    "view",
    "watch",
]
__version__: str
