"""Crystals and amorphous films: what they are made of, and how they look along a zone axis. All lengths in Å.

`table` has them by name, `cif` reads others by their `symmetry`, `orientation` turns a crystal to a zone axis and finds
its columns, `packing` fills boxes.
"""

from simulate.library.crystals.cif import crystal, from_cif
from simulate.library.crystals.orientation import AtomicColumn, Direction, columns, orient, primitive, sites_in
from simulate.library.crystals.packing import amorphous
from simulate.library.crystals.table import CRYSTALS, FILMS, Crystal, Film, substitute

__all__ = [
    "Crystal",
    "Film",
    "CRYSTALS",
    "FILMS",
    "crystal",
    "from_cif",
    "substitute",
    "Direction",
    "AtomicColumn",
    "orient",
    "columns",
    "primitive",
    "sites_in",
    "amorphous",
]
