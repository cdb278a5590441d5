"""The dense field of texture vectors that the compact generator and the compact encoder look at."""

from samiam.field.field import Field, FieldModel, FieldWeights, known_scale, load_field_model
from samiam.field.pose import Pose, canonical_pose

__all__ = ["Field", "FieldModel", "FieldWeights", "Pose", "canonical_pose", "known_scale", "load_field_model"]
