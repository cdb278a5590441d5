"""evaluate.py on polar textures: finders of ends and junctions compared, linked over frames, and a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.polar.methods import PolarMethods
from samiam.benchmark.polar.sections import ABOUT, sections_of
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.benchmark.polar.study import PolarStudy, VideoOutcome, examine_video
from samiam.benchmark.report.sectioned import Heading
from samiam.benchmark.runs import threads_of_all
from samiam.benchmark.settings import EvaluateSettings
from samiam.benchmark.study import limited_threads
from samiam.benchmark.timing import laid_out, time_each
from samiam.benchmark.tracking import build_tracker
from samiam.benchmark.weights_used import weights_used
from samiam.commands.evaluating.polar_samples import sources_of
from samiam.commands.evaluating.run_facts import run_facts
from samiam.commands.evaluating.sectioned import examine_all, report, said_of_weights
from samiam.errors import InputError
from samiam.polar.finding import find_points
from samiam.records import Micrograph
from samiam.records.showing import counted


def evaluate_polar(
    settings: EvaluateSettings, benchmark: PolarBenchmark, whole: Mapping[str, Any], folder: Path, command: str
) -> bool:
    """Compare methods on videos, write the report and print its tables.

    Args:
        settings: of the run.
        benchmark: of them.
        whole: all of them as plain values, to record.
        folder: of the run.
        command: what the user typed; the report quotes it.

    Returns:
        Whether some videos failed.

    Raises:
        InputError: if a setting cannot be used, no method can take part, or every video failed.
    """
    study = PolarStudy(
        benchmark.choices,
        pictures=settings.figures,
        cache=settings.cache_folder,
        threads=threads_of_all(settings.threads),
    )
    methods, sources = study.methods, sources_of(benchmark, settings.seeds[0])
    if not methods.finders:
        raise InputError("; ".join(f"{name}: {reason}" for name, reason in methods.left_out.items()))
    tracker = build_tracker(settings.logger, folder, whole, weights_used(whole))
    work = partial(examine_video, study=study)
    outcomes = examine_all(sources, work, VideoOutcome, unit="video", settings=settings, folder=folder)
    sections = sections_of(outcomes, benchmark.radii, _speeds(benchmark, study, outcomes))
    facts = {**run_facts(command), **_facts(benchmark, methods)}
    return report(folder, Heading("Polar textures", facts, ABOUT), sections, outcomes, tracker, whole, command)


def _speeds(benchmark: PolarBenchmark, study: PolarStudy, outcomes: Sequence[VideoOutcome]) -> pd.DataFrame:
    """How long methods take, on a frame that is laid out of one of the benchmark's and its mirror images."""
    if benchmark.time_px is None:
        return pd.DataFrame()
    scene = next(next(outcome.source.frames()) for outcome in outcomes if outcome.failure is None)
    frame = Micrograph(laid_out(scene.micrograph.pixels, benchmark.time_px), name="timed")
    find = partial(find_points, frame, period_px=scene.period_px)  # a part may not show it; it is looked for
    with limited_threads(study.threads):
        return time_each({name: partial(find, finder=finder) for name, finder in study.methods.finders.items()})


def _facts(benchmark: PolarBenchmark, methods: PolarMethods) -> dict[str, str]:
    """What the reader of the report has to know of a run's settings."""
    of_each = counted(benchmark.videos, "video")
    found = f"{of_each} of {counted(benchmark.frames, 'frame')} at each noise"
    linked = f"{of_each} of {counted(benchmark.tracked_frames, 'frame')}, {benchmark.between} steps of the truth apart"
    size = f"{benchmark.size_px} × {benchmark.size_px} px"
    return {
        "physics": benchmark.physics,
        "found": f"{found}, {size}",
        **({"linked": f"{linked}, {size}"} if benchmark.tracked_noise else {}),
        **said_of_weights(methods.finders),
        **{f"left out: {name}": reason for name, reason in methods.left_out.items()},
    }
