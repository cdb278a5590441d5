"""The training of what tells stacking faults: from exit waves to a file of weights with its card."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from samiam.commands.particle_pictures import known_picture, paths_of_waves
from samiam.commands.training.data import ParticleRegions
from samiam.commands.training.settings import FaultSettings, TrainSettings
from samiam.particles.faults.classifier import NAMES, facts_of
from samiam.records.particle_scene import ParticleScene
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import write_weights
from samiam.training.faults.examples import Examples, Specimen, draw_examples
from samiam.training.faults.fitting import fitted
from samiam.training.logging import build_loggers, close
from simulate.particles import ParticleConditions
from simulate.particles.waves import ExitWave


def train_faults(
    settings: TrainSettings,
    data: ParticleRegions,
    learner: FaultSettings,
    folder: Path,
    config: Mapping[str, Any],
    command: str,
) -> str:
    """Draw regions, grow trees, calibrate and test them, and write them; returns what to print.

    Args:
        settings: of the run.
        data: of them.
        learner: of them.
        folder: of the run.
        config: all settings, to record.
        command: what the user typed, for the card.

    Raises:
        InputError: if exit waves are missing, or some class has no example.
    """
    started = time.perf_counter()
    splits = {split: draw_split(data, split, settings.seed) for split in ("train", "val", *data.tests)}
    train, val = splits.pop("train"), splits.pop("val")
    recipe = learner.forest if learner.variant == "paper" else learner.options
    forest, learnt = fitted(train, val, splits, learner.variant, replace(recipe, seed=settings.seed))
    facts = facts_of(learner.variant)
    card = {
        "command": command,
        "config": {name: value for name, value in config.items() if name not in ("logger", "trainer")},
        "regions": {"train": len(train), "val": len(val), **{name: len(test) for name, test in splits.items()}},
        **learnt,
        "minutes": round((time.perf_counter() - started) / 60, 1),
    }
    weights = folder / f"{NAMES[learner.variant]}.safetensors"
    write_weights(weights, forest.state(), facts, card)
    loggers = build_loggers(folder, config, settings.logger)
    for logger in loggers:
        logger.log_metrics(learnt["scores"], step=0)
        logger.save()
    close(loggers, weights)
    first = data.tests[0]
    shown = ("balanced_accuracy", "accuracy_at_80", "edge_on/balanced_accuracy", "edge_on/auc")
    told = ", ".join(f"{name} {learnt['scores'][f'{first}/{name}']:.3f}" for name in shown)
    return f"{first}: {told}\n{weights}"


def draw_split(data: ParticleRegions, split: str, seed: int) -> Examples:
    """The examples of a split, which are drawn first unless the folder has them."""
    paths = paths_of_waves(data.waves, split)
    pictures = data.rules.pictures if split == "train" else data.rules.test_pictures
    decisive = {"conditions": asdict(data.conditions), "empty": data.rules.empty, "pictures": pictures, "seed": seed}
    key = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]
    specimens = [
        Specimen(f"{path.stem}-{sha256_of(path)[:12]}", partial(_picture_of, path, data.conditions)) for path in paths
    ]
    folder = Path(data.folder) / key / split
    return draw_examples(folder, specimens, pictures, data.rules.empty, seed, data.workers)


def _picture_of(path: Path, conditions: ParticleConditions, seed: int) -> ParticleScene:
    """By the path of the wave, which goes to another process sooner than the wave itself."""
    return known_picture(ExitWave.load(path), conditions, seed)
