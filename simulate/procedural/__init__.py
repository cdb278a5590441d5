"""A training world without any real crystal: random lattices, amorphous films and vacuum in random layouts."""

from simulate.procedural.scenes import DIFFICULTIES, SceneRanges, procedural_scene

__all__ = ["DIFFICULTIES", "SceneRanges", "procedural_scene"]
