from .comparison import Comparison, Scoring, compare
from .results import failures_of, write_results
from .rows import Method, Row
from .runs import run
from .scenes.sources import Source
from .study import Outcome, Study, examine
from .tracking import Tracker, build_tracker
from .variants import Methods, build_methods

__all__ = [
    "Comparison",
    "Method",
    "Methods",
    "Outcome",
    "Row",
    "Scoring",
    "Source",
    "Study",
    "Tracker",
    "build_methods",
    "build_tracker",
    "compare",
    "examine",
    "failures_of",
    "run",
    "write_results",
]
