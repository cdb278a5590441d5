"""The records that flow through the package; each is frozen and validated where it is made.

And the `Cutout`, what of a micrograph a method is shown.
"""

from samiam.records.cutout import Cutout
from samiam.records.masks import Masks
from samiam.records.micrograph import Micrograph
from samiam.records.particle_scene import Particle, ParticleScene
from samiam.records.scene import Scene
from samiam.records.segmentation import Action, Decision, Rule, Segmentation

__all__ = [
    "Action",
    "Cutout",
    "Decision",
    "Masks",
    "Micrograph",
    "Particle",
    "ParticleScene",
    "Rule",
    "Scene",
    "Segmentation",
]
