"""Scenes and methods to rows of scores, tables, figures and W&B."""

from samiam.benchmark.compare import Row, compare
from samiam.benchmark.figures import write_figure
from samiam.benchmark.tables import per_image, summarise, write_tables
from samiam.benchmark.tracking import Tracker, build_tracker

__all__ = ["Row", "Tracker", "build_tracker", "compare", "per_image", "summarise", "write_figure", "write_tables"]
