"""Scenes and methods to rows of scores, a report and W&B."""

from samiam.benchmark.compare import Comparison, Scoring, compare
from samiam.benchmark.results import failures_of, write_results
from samiam.benchmark.rows import Contender, Row
from samiam.benchmark.runs import run
from samiam.benchmark.sources import Source
from samiam.benchmark.study import Outcome, Study, examine
from samiam.benchmark.tracking import Tracker, build_tracker
from samiam.benchmark.variants import Contenders, build_contenders

__all__ = [
    "Comparison",
    "Contender",
    "Contenders",
    "Outcome",
    "Row",
    "Scoring",
    "Source",
    "Study",
    "Tracker",
    "build_contenders",
    "build_tracker",
    "compare",
    "examine",
    "failures_of",
    "run",
    "write_results",
]
