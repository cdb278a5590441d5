"""Nanoparticles in HRTEM: where they are, how large, and whether their stacking is faulty."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
