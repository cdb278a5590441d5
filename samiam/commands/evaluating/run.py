"""`samiam evaluate`, and evaluate.py: methods on a benchmark, and a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from samiam.benchmark import Outcome, Scoring, Study, build_tracker, failures_of, run, write_results
from samiam.benchmark.particles.settings import ParticlesBenchmark
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.benchmark.results import REPORT
from samiam.benchmark.settings import (
    EvaluateSettings,
    SimulatedBenchmark,
    read_evaluation,
)
from samiam.benchmark.weights_used import weights_used
from samiam.commands.evaluating.everything import evaluate_all
from samiam.commands.evaluating.particles import evaluate_particles
from samiam.commands.evaluating.polar import evaluate_polar
from samiam.commands.evaluating.run_facts import run_facts
from samiam.commands.evaluating.scene_samples import sources
from samiam.commands.run_settings import write_settings
from samiam.errors import InputError, both
from samiam.records.showing import counted
from samiam.storage.files import check_writable
from simulate.scenes.benchmark import PUBLISHED_SEED


def evaluate_in(config: Mapping[str, Any], folder: Path, command: str, *, is_single: bool) -> int:
    """Evaluate in a folder, point `latest` beside it to it where it is a run of its own, and print where to look.

    Returns:
        0, or 1 if some micrographs failed.
    """
    settings = read_evaluation(config)
    if settings.experiments:
        any_failed = evaluate_all(settings, folder, command, _evaluate_any)
    else:
        any_failed = _evaluate_any(config, folder, command)
    if is_single:
        latest = folder.parent / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name, target_is_directory=True)
        print(f"\n{latest / REPORT / 'report.html'}")
    return 1 if any_failed else 0


def _evaluate_any(config: Mapping[str, Any], folder: Path, command: str) -> bool:
    """Evaluate on whatever benchmark; returns whether some images failed."""
    settings = read_evaluation(config)
    if settings.cache_folder is not None:
        _check_cache(Path(settings.cache_folder))
    if isinstance(settings.benchmark, ParticlesBenchmark):
        return evaluate_particles(settings, settings.benchmark, _recorded(settings), folder, command)
    if isinstance(settings.benchmark, PolarBenchmark):
        return evaluate_polar(settings, settings.benchmark, _recorded(settings), folder, command)
    return bool(failures_of(evaluate(config, folder, command)))


def _check_cache(folder: Path) -> None:
    """Refuse a cache that nothing can be kept in, before anything is worked out for it."""
    try:
        check_writable(folder)
    except InputError as error:
        raise InputError(f"cache={error}") from None


def evaluate(config: Mapping[str, Any], folder: Path, command: str) -> list[Outcome]:
    """Run the benchmark that a config describes, write its report and print its tables.

    Args:
        config: settings by name, see `EvaluateSettings`; those that are not there have their defaults.
        folder: of the run.
        command: what the user typed; the report quotes it.

    Raises:
        InputError: if a setting cannot be used, or every scene failed.
    """
    settings = read_evaluation(config)
    study = _study(config, settings)
    scenes, _ = both(lambda: sources(settings), lambda: study.methods)
    n_images = len({source.image for source in scenes})
    facts = {**run_facts(command), "benchmark": _said_of(settings, n_images), **_facts(settings, study)}
    whole = _recorded(settings)
    tracker = build_tracker(settings.logger, folder, whole, weights_used(whole))
    outcomes = run(scenes, study, workers=settings.workers, scheduler=settings.scheduler)
    print(write_results(folder, outcomes, facts, by_image=settings.by_image))
    write_settings(folder, whole, command)
    tracker.log(outcomes, folder / REPORT)
    return outcomes


def _study(config: Mapping[str, Any], settings: EvaluateSettings) -> Study:
    """What is done with every scene."""
    own = {
        "generator": asdict(settings.generator),
        "encoder": asdict(settings.encoder),
        "booster": config.get("booster", {}),
        "n_materials": settings.n_materials,
        "grains": settings.grains,
    }
    return Study(
        own=own,
        variants=settings.variants,
        seeds=settings.seeds,
        scoring=Scoring(settings.variant, settings.weighted, settings.crop_accuracy, settings.unlabelled),
        baselines=settings.baselines,
        pictures=settings.figures,
        cache=settings.cache_folder,
        threads=settings.threads,
    )


def _said_of(settings: EvaluateSettings, n_images: int) -> str:
    """Which micrographs a run is on."""
    benchmark = settings.benchmark
    said = f"{benchmark.name}, {counted(n_images, 'image')}"
    if not isinstance(benchmark, SimulatedBenchmark):
        return said
    return f"{said} of {'the published ones' if benchmark.seed == PUBLISHED_SEED else f'seed {benchmark.seed}'}"


def _facts(settings: EvaluateSettings, study: Study) -> dict[str, str]:
    """What the reader of the report has to know of a run's settings."""
    methods = study.methods
    numbers = [method.number.replace("_", " ") for method in methods.present]
    return {
        "generator": ", ".join(dict.fromkeys(method.label for method in methods.present)),
        "encoder": ", ".join(dict.fromkeys(method.booster.encoder.name for method in methods.present)),
        "number of materials": ", ".join(dict.fromkeys(numbers)),
        "scores": f"{settings.variant} definitions{', weighted' if settings.weighted else ''}",
        "pixels without a label": {"ignored": "not looked at", "background": "background"}[settings.unlabelled],
        **{f"variant {name}": json.dumps(changes) for name, changes in settings.variants.items()},
        **{f"condition {name}": json.dumps(changes) for name, changes in settings.conditions.items()},
        **{f"left out: {name}": reason for name, reason in methods.left_out.items()},
    }


def _recorded(settings: EvaluateSettings) -> dict[str, Any]:
    """All settings, defaults included, as plain values; the seed of crops and clustering is that of the run."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(settings), default=str))
    for part in ("crops", "grouping"):
        del whole["booster"][part]["seed"]
    return whole
