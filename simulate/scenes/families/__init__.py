"""Families of samples as in the paper's data set, each a recipe for specimens and how they were imaged."""

from simulate.scenes.families.samples import FAMILIES, Family, draw

__all__ = ["FAMILIES", "Family", "draw"]
