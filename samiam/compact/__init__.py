"""The compact method: a small network looks at a micrograph once; masks, vectors and answers to clicks come of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
