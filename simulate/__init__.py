"""Labelled micrographs made to order: images with exact truth for benchmarks and training.

`compose` images a specimen of real crystals by what multislice says of their columns; `procedural_scene` draws random
lattices.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
