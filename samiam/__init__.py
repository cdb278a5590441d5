"""Zero-shot segmentation of atomic-resolution electron micrographs into their materials."""

from samiam.records import Masks, Micrograph, Scene, Segmentation

__version__ = "0.1.0"

__all__ = ["Masks", "Micrograph", "Scene", "Segmentation"]
