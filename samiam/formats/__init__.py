"""Files: micrographs of every kind in; labels, masks, tables, pictures and their provenance out.

Writers replace a file only once they have succeeded, make missing folders, and return the path written.
"""

from samiam.formats.readers.read import READABLE_SUFFIXES, read_micrograph
from samiam.formats.writers.coco import write_coco
from samiam.formats.writers.labels import write_labels
from samiam.formats.writers.overlay import PALETTE, colour_overlay, write_overlay
from samiam.formats.writers.provenance import write_provenance
from samiam.formats.writers.results import write_results
from samiam.formats.writers.tables import measurements, write_decisions, write_measurements

__all__ = [
    "READABLE_SUFFIXES",
    "read_micrograph",
    "write_labels",
    "write_coco",
    "measurements",
    "write_measurements",
    "write_decisions",
    "write_overlay",
    "colour_overlay",
    "PALETTE",
    "write_provenance",
    "write_results",
]
