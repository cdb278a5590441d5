"""The scenes of a benchmark, as sources that the workers of a run make or read; simulated ones are made once."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path

from samiam.benchmark import Source
from samiam.benchmark.caching.cache import Cache, Kind
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
)
from samiam.datasets.zenodo import zenodo_folder
from samiam.errors import InputError
from samiam.records import Scene
from samiam.settings import unknown_name
from samiam.storage.files import sha256_of
from simulate import EFFECTS, procedural_scene
from simulate.library.entries import entry_paths
from simulate.scenes.benchmark import BENCHMARK, QUICK, Recipe, recipe
from simulate.scenes.dose_and_drift import scene_under
from simulate.scenes.realistic import realistic


def sources(settings: EvaluateSettings) -> list[Source]:
    """The scenes of a benchmark under each condition; each is made or read when it is called for.

    Raises:
        InputError: if there is no such scene, folder or effect, or a condition cannot be met.
    """
    recipes = {found.name: found for found in _recipes(settings)}
    conditions = build_conditions(settings.conditions)
    if not recipes:
        return under_conditions(_as_they_are(settings), conditions)
    expose = partial(_exposed, recipes, Cache.at(settings.cache_folder))
    return under_conditions([Source(name, name, partial(expose, name)) for name in recipes], conditions, expose)


def _as_they_are(settings: EvaluateSettings) -> list[Source]:
    """The scenes of a benchmark that cannot be exposed again."""
    benchmark = settings.benchmark
    if isinstance(benchmark, LabelledBenchmark):
        return labelled_sources(benchmark.folder, benchmark.layout)
    if isinstance(benchmark, ZenodoBenchmark):
        return labelled_sources(benchmark.folder or zenodo_folder(benchmark.record), "zenodo", benchmark.pixels)
    if isinstance(benchmark, EffectsBenchmark):
        return _under_effects(benchmark)
    return _procedural(benchmark) if isinstance(benchmark, ProceduralBenchmark) else []


def _procedural(benchmark: ProceduralBenchmark) -> list[Source]:
    made = {
        f"procedural-{difficulty}-{seed}": partial(
            procedural_scene, seed, difficulty=difficulty, shape_hw=benchmark.shape_hw
        )
        for difficulty in benchmark.difficulties
        for seed in benchmark.seeds
    }
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


def _exposed(recipes: dict[str, Recipe], cache: Cache, name: str, **changes: float) -> Scene:
    """A simulated scene, as an earlier run left it in the cache or made now; see `scene_under` for the changes."""
    found = recipes[name]
    taken = _exposed(recipes, cache, name) if changes else None
    made_from = {"recipe": asdict(found), "changes": changes, "library": _library()}
    make = partial(scene_under, found, taken=taken, **changes)
    return cache.recall(_SCENES, made_from, {scene_under.__module__}, make)


@lru_cache(maxsize=1)
def _library() -> dict[str, str]:
    """What is simulated from, besides the code."""
    return {name: sha256_of(path) for name, path in sorted(entry_paths().items())}


def _write(folder: Path, scene: Scene) -> None:
    scene.save(folder / "scene.npz")


def _read(folder: Path) -> Scene:
    return Scene.load(folder / "scene.npz")


_SCENES = Kind("scenes", _write, _read)


def _under_effects(benchmark: EffectsBenchmark) -> list[Source]:
    """Each seed under each effect, once."""
    for name in benchmark.effects:
        if name not in EFFECTS:
            raise InputError(f"benchmark.effects: {unknown_name('effect', name, EFFECTS)}")
    return [
        Source(
            f"effects-{seed}",
            f"effects-{seed}",
            partial(_with_effect, f"effects-{seed}", seed, benchmark.shape_hw, effect),
            effect,
        )
        for seed in dict.fromkeys(benchmark.seeds)
        for effect in dict.fromkeys(benchmark.effects or EFFECTS)
    ]


def _with_effect(name: str, seed: int, shape_hw: tuple[int, int], effect: str) -> Scene:
    """A random scene under an effect, named as its source is, by which pictures and logs are found."""
    scene = procedural_scene(seed, shape_hw=shape_hw, ranges=EFFECTS[effect])
    return replace(scene, micrograph=replace(scene.micrograph, name=name))
