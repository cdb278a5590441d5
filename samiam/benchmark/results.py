"""What a run leaves in its folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.report.agreement import agreement
from samiam.benchmark.report.write import write_report
from samiam.benchmark.study import Outcome
from samiam.errors import InputError
from samiam.storage.files import replacing

REPORT = "report"
"""The folder of the report in that of the run."""
ERRORS = "errors.txt"
"""Where failures came from that nobody foresaw, likewise."""


def write_results(
    folder: Path, outcomes: Sequence[Outcome], facts: Mapping[str, Any], *, by_image: bool = False
) -> str:
    """Write the report of a run, its pictures and, in `errors.txt`, where failures came from that nobody foresaw.

    Args:
        folder: of the run.
        outcomes: of all scenes.
        facts: what the reader of the report has to know of the run.
        by_image: see `write_report`.

    Returns:
        The report's main tables, to print.

    Raises:
        InputError: if every scene failed.
    """
    write_traces(folder / ERRORS, [(outcome.source.name, outcome.trace) for outcome in outcomes])
    failures = failures_of(outcomes)
    if len(failures) == len(outcomes):
        (name, line), *others = failures
        raise InputError(f"none of {len(failures)} scenes could be examined; {name}: {line}" if others else line)
    by_condition: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_condition.setdefault(outcome.source.condition, []).append(outcome)
    shown = next(iter(by_condition.values()))
    report = folder / REPORT
    return write_report(
        report,
        [row for under_it in by_condition.values() for outcome in under_it for row in outcome.rows],
        facts,
        {outcome.source.name: _picture(report, outcome) for outcome in shown if outcome.picture is not None},
        {outcome.source.name: outcome.log for outcome in shown if outcome.failure is None},
        _agreement(shown),
        failures,
        by_image=by_image,
    )


def failures_of(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """The scenes that failed, and why."""
    return [
        (" under ".join(filter(None, (outcome.source.name, outcome.source.condition))), outcome.failure)
        for outcome in outcomes
        if outcome.failure is not None
    ]


def _picture(report: Path, outcome: Outcome) -> Path:
    path = report / "figures" / f"{outcome.source.name}.png"
    with replacing(path) as partial:
        partial.write_bytes(outcome.picture or b"")
    return path


def _agreement(outcomes: Sequence[Outcome]) -> pd.DataFrame | None:
    """How well annotators agree on the images that have several, None where none has."""
    good = [outcome.source for outcome in outcomes if outcome.failure is None]
    counts = Counter(source.image for source in good)
    scenes = [(source.image, source.make()) for source in good if counts[source.image] > 1]
    return agreement(scenes) if scenes else None


def write_traces(path: Path, traces: Sequence[tuple[str, str | None]]) -> None:
    """Write where failures came from that nobody foresaw, if there are any: names of scenes and their traces."""
    said = [f"{name}\n{trace}" for name, trace in traces if trace is not None]
    if said:
        with replacing(path) as partial:
            partial.write_text("\n".join(said), encoding="utf-8")
