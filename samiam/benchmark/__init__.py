"""Scenes and methods to rows of scores, tables, figures and W&B."""

from samiam.benchmark.compare import Contender, Row, compare
from samiam.benchmark.figures import write_figure
from samiam.benchmark.tables import per_image, summarise, write_tables
from samiam.benchmark.tracking import Tracker, build_tracker
from samiam.benchmark.variants import build_contenders

__all__ = [
    "Contender",
    "Row",
    "Tracker",
    "build_contenders",
    "build_tracker",
    "compare",
    "per_image",
    "summarise",
    "write_figure",
    "write_tables",
]
