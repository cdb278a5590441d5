from .imaging.stem import Optics, Scan
from .library.materials import MATERIALS, Dopant, Material
from .procedural.ranges import DIFFICULTIES, EFFECTS, SceneRanges
from .procedural.scenes import procedural_scene
from .scenes.acquisition import Acquisition
from .scenes.exposure import compose, expose
from .scenes.realistic import Unevenness, realistic
from .specimen.layers import Boundary, Interface, Layer, Specimen

__all__ = [
    "compose",
    "expose",
    "Specimen",
    "Layer",
    "Interface",
    "Boundary",
    "Material",
    "Dopant",
    "MATERIALS",
    "Acquisition",
    "Optics",
    "Scan",
    "realistic",
    "Unevenness",
    "procedural_scene",
    "SceneRanges",
    "DIFFICULTIES",
    "EFFECTS",
]
