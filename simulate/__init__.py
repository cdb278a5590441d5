"""Labelled micrographs made to order: images with exact truth for benchmarks and training."""

from simulate.procedural import DIFFICULTIES, SceneRanges, procedural_scene

__all__ = ["DIFFICULTIES", "SceneRanges", "procedural_scene"]
