from .ranges import DIFFICULTIES, EFFECTS, SceneRanges
from .scenes import procedural_scene

__all__ = [
    "DIFFICULTIES",
    "EFFECTS",
    "SceneRanges",
    "procedural_scene",
]
