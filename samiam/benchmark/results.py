"""What a run leaves in its folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from samiam.benchmark.report.agreement import agreement
from samiam.benchmark.report.tables import everything
from samiam.benchmark.report.variants import most_different
from samiam.benchmark.report.write import write_report
from samiam.benchmark.rows import Row
from samiam.benchmark.study import Outcome
from samiam.errors import InputError
from samiam.storage.files import replacing

REPORT = "report"
"""The folder of the report in that of the run."""
ERRORS = "errors.txt"
"""Where failures came from that nobody foresaw, likewise."""


def write_results(
    folder: Path, outcomes: Sequence[Outcome], facts: Mapping[str, str], *, by_image: bool = False
) -> str:
    """Write the report of a run, its pictures and, in `errors.txt`, where failures came from that nobody foresaw.

    Args:
        folder: of the run.
        outcomes: of all scenes.
        facts: what the reader of the report has to know of the run, as plain text.
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
    rows = [row for under_it in by_condition.values() for outcome in under_it for row in outcome.rows]
    return write_report(
        report,
        rows,
        facts,
        _written(report, {outcome.source.name: outcome.picture for outcome in shown}),
        {outcome.source.name: outcome.log for outcome in shown if outcome.failure is None},
        _agreement(shown),
        failures,
        variants=_written(report, _of_variants(shown, rows), "-variants"),
        by_image=by_image,
    )


def _of_variants(outcomes: Sequence[Outcome], rows: Sequence[Row]) -> dict[str, bytes | None]:
    """Pictures of all methods on the scenes on which these differ most, by scene."""
    pictures = {outcome.source.name: outcome.variants for outcome in outcomes}
    return {scene: pictures[scene] for scene in most_different(everything(rows))}


def failures_of(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """The scenes that failed, and why."""
    return [
        (" under ".join(filter(None, (outcome.source.name, outcome.source.condition))), outcome.failure)
        for outcome in outcomes
        if outcome.failure is not None
    ]


def _written(report: Path, pictures: Mapping[str, bytes | None], suffix: str = "") -> dict[str, Path]:
    """Where the pictures of scenes are, written; those that were not drawn are left out."""
    paths = {}
    for scene, picture in pictures.items():
        if picture is not None:
            paths[scene] = report / "figures" / f"{scene}{suffix}.png"
            with replacing(paths[scene]) as partial:
                partial.write_bytes(picture)
    return paths


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
