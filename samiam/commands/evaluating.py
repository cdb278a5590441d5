"""`samiam evaluate`, and evaluate.py: methods on a benchmark, and a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from samiam.benchmark import Outcome, Scoring, Source, Study, build_tracker, failures_of, run, write_results
from samiam.benchmark.particles.settings import ParticlesBenchmark
from samiam.benchmark.polar.settings import PolarBenchmark
from samiam.benchmark.results import REPORT
from samiam.benchmark.scenes.conditions import under_conditions
from samiam.benchmark.scenes.sources import labelled_sources
from samiam.benchmark.settings import (
    EffectsBenchmark,
    EvaluateSettings,
    LabelledBenchmark,
    ProceduralBenchmark,
    RealisticBenchmark,
    SimulatedBenchmark,
    ZenodoBenchmark,
    build_conditions,
    read_evaluation,
)
from samiam.benchmark.weights_used import weights_used
from samiam.commands.evaluating_all import evaluate_all
from samiam.commands.particle_evaluating import evaluate_particles
from samiam.commands.polar_evaluating import evaluate_polar
from samiam.commands.run_facts import run_facts
from samiam.commands.run_settings import write_settings
from samiam.datasets.zenodo import zenodo_folder
from samiam.errors import InputError, both
from samiam.records import Scene
from samiam.records.showing import counted
from samiam.settings import unknown_name
from simulate import EFFECTS, procedural_scene
from simulate.scenes.benchmark import BENCHMARK, PUBLISHED_SEED, QUICK, Recipe, recipe
from simulate.scenes.dose_and_drift import scene_under
from simulate.scenes.realistic import realistic


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
    if not is_single:
        return 0
    latest = folder.parent / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name, target_is_directory=True)
    print(f"\n{latest / REPORT / 'report.html'}")
    return 1 if any_failed else 0


def _evaluate_any(config: Mapping[str, Any], folder: Path, command: str) -> bool:
    """Evaluate on whatever benchmark; returns whether some images failed."""
    settings = read_evaluation(config)
    if isinstance(settings.benchmark, ParticlesBenchmark):
        return evaluate_particles(settings, settings.benchmark, _recorded(settings), folder, command)
    if isinstance(settings.benchmark, PolarBenchmark):
        return evaluate_polar(settings, settings.benchmark, _recorded(settings), folder, command)
    return bool(failures_of(evaluate(config, folder, command)))


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
    recipes = {found.name: found for found in _recipes(settings)}
    expose = partial(_exposed, recipes) if recipes else None
    to_do = under_conditions(scenes, build_conditions(settings.conditions), expose)
    facts = {**run_facts(command), "benchmark": _said_of(settings, len(scenes)), **_facts(settings, study)}
    whole = _recorded(settings)
    tracker = build_tracker(settings.logger, folder, whole, weights_used(whole))
    outcomes = run(to_do, study, workers=settings.workers, scheduler=settings.scheduler)
    print(write_results(folder, outcomes, facts, by_image=settings.by_image))
    write_settings(folder, whole, command)
    tracker.log(outcomes, folder / REPORT)
    return outcomes


def sources(settings: EvaluateSettings) -> list[Source]:
    """The scenes of a benchmark; each is made or read when it is called for."""
    benchmark = settings.benchmark
    if isinstance(benchmark, LabelledBenchmark):
        return labelled_sources(benchmark.folder, benchmark.layout)
    if isinstance(benchmark, ZenodoBenchmark):
        return labelled_sources(benchmark.folder or zenodo_folder(benchmark.record), "zenodo", benchmark.pixels)
    if isinstance(benchmark, EffectsBenchmark):
        return _under_effects(benchmark)
    if isinstance(benchmark, ProceduralBenchmark):
        made: dict[str, Callable[[], Scene]] = {
            f"procedural-{difficulty}-{seed}": partial(
                procedural_scene, seed, difficulty=difficulty, shape_hw=benchmark.shape_hw
            )
            for difficulty in benchmark.difficulties
            for seed in benchmark.seeds
        }
    else:
        made = {found.name: found.scene for found in _recipes(settings)}
    return [Source(name, name, make) for name, make in made.items()]


def _recipes(settings: EvaluateSettings) -> list[Recipe]:
    """What makes the scenes of a benchmark whose specimens can be exposed again, none for others."""
    benchmark = settings.benchmark
    if isinstance(benchmark, RealisticBenchmark):
        return [realistic(number, side_px=benchmark.side_px) for number in benchmark.numbers]
    if isinstance(benchmark, SimulatedBenchmark):
        named = {"quick": QUICK, "all": [found.name for found in BENCHMARK]}
        chosen = benchmark.scenes if isinstance(benchmark.scenes, tuple) else named[benchmark.scenes]
        return [recipe(which, benchmark.seed) for which in chosen]
    return []


def _exposed(recipes: Mapping[str, Recipe], name: str, **changes: float) -> Scene:
    return scene_under(recipes[name], **changes)


def _under_effects(benchmark: EffectsBenchmark) -> list[Source]:
    """Each seed under each effect."""
    for name in benchmark.effects:
        if name not in EFFECTS:
            raise InputError(f"benchmark.effects: {unknown_name('effect', name, EFFECTS)}")
    return [
        Source(
            f"effects-{seed}",
            f"effects-{seed}",
            partial(procedural_scene, seed, shape_hw=benchmark.shape_hw, ranges=EFFECTS[effect]),
            effect,
        )
        for seed in benchmark.seeds
        for effect in benchmark.effects or EFFECTS
    ]


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
        cache=None if settings.cache is None else str(Path(settings.cache).absolute()),
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
    given = ["given" if method.give_n_materials else "estimated" for method in methods.present]
    return {
        "generator": ", ".join(dict.fromkeys(method.label for method in methods.present)),
        "encoder": ", ".join(dict.fromkeys(method.booster.encoder.name for method in methods.present)),
        "number of materials": ", ".join(dict.fromkeys(given)),
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
