"""Micrographs of nanoparticles on carbon in HRTEM, with exact truth: where each particle is and how its planes lie.

Atoms go through multislice once (`python -m simulate particles`); of an exit wave `picture` makes any number of
micrographs, each with optics and a camera of its own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
