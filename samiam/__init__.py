"""Zero-shot segmentation of atomic-resolution electron micrographs into their materials."""

from samiam.boosting import SemanticBooster
from samiam.formats import read_micrograph
from samiam.generation import build_generator
from samiam.pipeline import Pointer, segment, select
from samiam.records import Masks, Micrograph, Scene, Segmentation
from samiam.texture import build_encoder

__version__ = "0.1.0"

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
