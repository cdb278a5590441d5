from .ranges import DIFFICULTIES, SceneRanges
from .scenes import procedural_scene

__all__ = [
    "DIFFICULTIES",
    "SceneRanges",
    "procedural_scene",
]
