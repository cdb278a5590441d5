from .boosting import SemanticBooster
from .formats import read_micrograph
from .pipeline import Pointer, segment, select
from .records import Masks, Micrograph, Scene, Segmentation
from .registry import build_encoder, build_generator

__all__ = [
    "Masks",
    "Micrograph",
    "Pointer",
    "Scene",
    "Segmentation",
    "SemanticBooster",
    "build_encoder",
    "build_generator",
    "read_micrograph",
    "segment",
    "select",
]
__version__: str
