"""Folders that a microscope fills: what is in each micrograph as it lands, and where to look next."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
