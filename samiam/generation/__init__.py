"""Micrographs to masks: generators behind one protocol."""

from samiam.generation.protocol import MaskGenerator, PromptableGenerator

__all__ = ["MaskGenerator", "PromptableGenerator"]
