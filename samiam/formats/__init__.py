"""Files: micrographs of every kind in; labels, masks, tables, pictures and their provenance out.

Writers replace a file only once they have succeeded, make missing folders, and return the path written.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
