"""A run of `evaluate.py` whose report has sections: the same on particles and on polar textures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from samiam.benchmark.estimates import with_columns
from samiam.benchmark.report.sectioned import Heading, Section, write_sections
from samiam.benchmark.results import ERRORS, REPORT, write_traces
from samiam.benchmark.runs import spread
from samiam.benchmark.settings import EvaluateSettings
from samiam.benchmark.study import OutcomeOf
from samiam.benchmark.tracking import Tracker
from samiam.commands.run_settings import write_settings
from samiam.errors import InputError
from samiam.particles.finder.protocol import ParticleFinder
from samiam.polar.protocol import PointFinder


class Named(Protocol):
    """Where an outcome is from."""

    @property
    def name(self) -> str: ...  # noqa: D102


class SectionedOutcome(Protocol):
    """What came of one item of a run.

    Attributes:
        source: where it is from.
        picture: a PNG, or None.
        failure: one line that says what went wrong, or None.
        trace: where it went wrong, if that was not foreseen.
    """

    @property
    def source(self) -> Named: ...  # noqa: D102
    @property
    def picture(self) -> bytes | None: ...  # noqa: D102
    @property
    def failure(self) -> str | None: ...  # noqa: D102
    @property
    def trace(self) -> str | None: ...  # noqa: D102


Item = TypeVar("Item")
Outcome = TypeVar("Outcome", bound=SectionedOutcome)


def examine_all(
    sources: Sequence[Item],
    work: Callable[[Item], Outcome],
    outcome: OutcomeOf[Item, Outcome],
    *,
    unit: str,
    settings: EvaluateSettings,
    folder: Path,
) -> list[Outcome]:
    """Examine all items of a run, and write where those that failed unforeseen did.

    Args:
        sources: of the items.
        work: see `spread`.
        outcome: likewise.
        unit: what one of them is called.
        settings: of the run.
        folder: likewise.

    Raises:
        InputError: if every one failed, or no scheduler answers.
    """
    outcomes = spread(sources, work, outcome, unit=unit, workers=settings.workers, scheduler=settings.scheduler)
    write_traces(folder / ERRORS, [(one.source.name, one.trace) for one in outcomes])
    failures = _failures(outcomes)
    if len(failures) == len(outcomes):
        (name, line), *others = failures
        raise InputError(f"{f'none of {len(failures)} {unit}s could be examined; ' if others else ''}{name}: {line}")
    return outcomes


def _failures(outcomes: Sequence[SectionedOutcome]) -> list[tuple[str, str]]:
    return [(outcome.source.name, outcome.failure) for outcome in outcomes if outcome.failure is not None]


def report(
    folder: Path,
    heading: Heading,
    sections: Sequence[Section],
    outcomes: Sequence[SectionedOutcome],
    tracker: Tracker,
    whole: Mapping[str, Any],
    command: str,
) -> bool:
    """Write the report of a run, print its tables and log them; returns whether some items failed.

    Args:
        folder: of the run.
        heading: of the report.
        sections: of it.
        outcomes: of all items.
        tracker: of the run.
        whole: its settings as plain values, to record.
        command: what the user typed.
    """
    failures = _failures(outcomes)
    pictures = {outcome.source.name: outcome.picture for outcome in outcomes if outcome.picture is not None}
    print(write_sections(folder / REPORT, heading, sections, pictures, failures))
    write_settings(folder, whole, command)
    tables = {section.name: with_columns(section.table) for section in sections if not section.table.empty}
    tracker.log_tables(tables, pictures, folder / REPORT)
    return bool(failures)


def said_of_weights(finders: Mapping[str, ParticleFinder] | Mapping[str, PointFinder]) -> dict[str, str]:
    """The weights of those finders that have some, for the head of a report."""
    return {
        f"weights of {name}": f"{str(sha256)[:12]}"
        for name, finder in finders.items()
        if (sha256 := finder.options.get("weights_sha256"))
    }
