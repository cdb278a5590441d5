"""What is measured on a segmented micrograph: regions, layers and their interfaces, lattices."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
