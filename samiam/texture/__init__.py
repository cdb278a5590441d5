"""Crops to vectors or to names of materials: encoders and classifiers, each behind one protocol."""

from samiam.texture.field import Sameness, TextureField
from samiam.texture.protocol import Answers, ContextEncoder, CropClassifier, Encoder, FieldEncoder

__all__ = ["Answers", "ContextEncoder", "CropClassifier", "Encoder", "FieldEncoder", "Sameness", "TextureField"]
