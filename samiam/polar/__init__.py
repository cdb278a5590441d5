"""Polar textures: where stripes of a labyrinth end and where they meet, and how that changes in time."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
