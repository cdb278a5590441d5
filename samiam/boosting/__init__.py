"""Masks to materials: removal, crops, grouping, merging, and the booster that runs them in order."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
