"""Masks against the truth of an image: the paper's scores (§3.2) and the usual one-to-one ones."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
