"""Crops to vectors or to names of materials: encoders and classifiers, each behind one protocol."""

from samiam.texture.protocol import ContextEncoder, CropClassifier, Encoder

__all__ = ["ContextEncoder", "CropClassifier", "Encoder"]
