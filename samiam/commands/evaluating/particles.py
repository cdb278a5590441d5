"""evaluate.py on particles: finders and classifiers of faults compared, and a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.benchmark.particles.methods import ParticleMethods
from samiam.benchmark.particles.samples import SampleSource
from samiam.benchmark.particles.sections import ABOUT, sections_of
from samiam.benchmark.particles.settings import ParticlesBenchmark
from samiam.benchmark.particles.speed import timed
from samiam.benchmark.particles.study import ParticleStudy, SampleOutcome, examine_sample
from samiam.benchmark.report.sectioned import Heading
from samiam.benchmark.runs import threads_of_all
from samiam.benchmark.settings import EvaluateSettings
from samiam.benchmark.study import limited_threads
from samiam.benchmark.tracking import build_tracker
from samiam.benchmark.weights_used import weights_used
from samiam.commands.evaluating.particle_samples import folders_of, sources_of
from samiam.commands.evaluating.run_facts import run_facts
from samiam.commands.evaluating.sectioned import examine_all, report, said_of_weights
from samiam.records.showing import counted


def evaluate_particles(
    settings: EvaluateSettings, benchmark: ParticlesBenchmark, whole: Mapping[str, Any], folder: Path, command: str
) -> bool:
    """Compare methods on particles, write the report and print its tables.

    Args:
        settings: of the run.
        benchmark: of them.
        whole: all of them as plain values, to record.
        folder: of the run.
        command: what the user typed; the report quotes it.

    Returns:
        Whether some pictures failed.

    Raises:
        InputError: if a setting cannot be used, or every picture failed.
    """
    study = ParticleStudy(
        benchmark.choices,
        pictures=settings.figures,
        cache=settings.cache_folder,
        threads=threads_of_all(settings.threads),
    )
    methods, sources = study.methods, sources_of(benchmark, settings.seeds[0])
    tracker = build_tracker(settings.logger, folder, whole, weights_used(whole))
    work = partial(examine_sample, study=study)
    outcomes = examine_all(sources, work, SampleOutcome, unit="picture", settings=settings, folder=folder)
    sections = sections_of(outcomes, methods, _speeds(benchmark, study, outcomes))
    facts = {**run_facts(command), **_facts(benchmark, methods, sources)}
    return report(folder, Heading("Particles", facts, ABOUT), sections, outcomes, tracker, whole, command)


def _speeds(benchmark: ParticlesBenchmark, study: ParticleStudy, outcomes: Sequence[SampleOutcome]) -> pd.DataFrame:
    """How long finders take, on a picture of the first sample that could be examined."""
    if benchmark.time_px is None:
        return pd.DataFrame()
    source = next(outcome.source for outcome in outcomes if outcome.failure is None)
    with limited_threads(study.threads):
        return timed(study.methods, source.make().scene, benchmark.time_px)


def _facts(benchmark: ParticlesBenchmark, methods: ParticleMethods, sources: Sequence[SampleSource]) -> dict[str, str]:
    """What the reader of the report has to know of a run's settings."""
    return {
        **dict(_said_of_sets(benchmark, sources)),
        **said_of_weights(methods.finders),
        **{
            f"weights of faults by {name}": f"{str(teller.options['weights_sha256'])[:12]}"
            for name, teller in methods.tellers.items()
        },
        **{f"left out: {name}": reason for name, reason in methods.left_out.items()},
    }


def _said_of_sets(benchmark: ParticlesBenchmark, sources: Sequence[SampleSource]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(source.set_name for source in sources):
        own = [source for source in sources if source.set_name == name]
        specimens = len({source.specimen for source in own})
        said = f"{counted(len(own), 'picture')} of {counted(specimens, 'specimen')}"
        if name in benchmark.sets and not folders_of(benchmark, name):
            said += " that ship with the package" if benchmark.waves else ", which ship with the package"
        yield name, said
