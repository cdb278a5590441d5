"""A training world without any real crystal: random lattices, amorphous films and vacuum in random layouts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
