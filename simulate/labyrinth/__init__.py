"""Labyrinths of stripe domains in STEM video, with exact truth: where every stripe ends and where arms meet.

Two physics that share no term make them, so that what learns from one is tested on the other.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
