from .frames.frame import Frame, Frames
from .frames.opening import open_frames
from .frames.video import VIDEO_SUFFIXES
from .readers.example import example
from .readers.memory import as_micrograph
from .readers.read import READABLE_SUFFIXES, check_readable, read_micrograph
from .writers.coco import write_coco
from .writers.exports.kinds import EXPORTS
from .writers.labels import write_labels
from .writers.overlay import write_overlay
from .writers.provenance import write_provenance
from .writers.results import write_results
from .writers.tables import measurements, write_decisions, write_measurements

__all__ = [
    "EXPORTS",
    "READABLE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "Frame",
    "Frames",
    "open_frames",
    "as_micrograph",
    "example",
    "check_readable",
    "read_micrograph",
    "write_labels",
    "write_coco",
    "measurements",
    "write_measurements",
    "write_decisions",
    "write_overlay",
    "write_provenance",
    "write_results",
]
