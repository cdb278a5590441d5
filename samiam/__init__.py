"""Zero-shot segmentation of atomic-resolution electron micrographs into their materials."""

from samiam.boosting import SemanticBooster
from samiam.formats import read_micrograph
from samiam.pipeline import Pointer, segment, select
from samiam.records import Masks, Micrograph, Scene, Segmentation
from samiam.registry import build_encoder, build_generator

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
