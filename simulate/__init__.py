"""Labelled micrographs made to order: images with exact truth for benchmarks and training.

`compose` images a specimen of real crystals by what multislice says of their columns; `procedural_scene` draws random
lattices.
"""

from simulate.imaging.stem import Optics, Scan
from simulate.library.materials import MATERIALS, Dopant, Material
from simulate.procedural import DIFFICULTIES, SceneRanges, procedural_scene
from simulate.scenes.composing import Acquisition, compose, expose
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen

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
    "procedural_scene",
    "SceneRanges",
    "DIFFICULTIES",
]
