"""Micrographs looked at and corrected by hand: a session that knows no toolkit, and a page of this machine."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
