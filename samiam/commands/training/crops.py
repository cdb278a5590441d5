"""The classifier of crops, which learns from simulated ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from torch.utils.data import ConcatDataset

from samiam.commands.training.data import SimulatedCrops
from samiam.commands.training.settings import ClassificationSettings
from samiam.settings import read_settings
from samiam.texture.classifier import facts_of
from samiam.training.classification import Classification
from samiam.training.classifier.crop_sets import AllOfClass, Crops, CropSetsData
from samiam.training.classifier.fitting import calibrate
from samiam.training.classifier.initialisation import initialised
from samiam.training.classifier.settings import NetworkOptions
from samiam.training.run import Job
from simulate.crops import CropConditions, draw_once, held_out_splits, read_crops, stand_in_splits


def crop_classifier_job(data: SimulatedCrops, learner: ClassificationSettings, seed: int) -> Job:
    """A classifier of simulated crops, tested under conditions that it was not trained under."""
    options = read_settings(NetworkOptions, "learner.network", learner.network)
    network = initialised(options, len(data.materials) + 1, seed)
    folder, names = drawn_crops(data)
    sets: dict[str, Crops] = {name: read_crops(folder, name) for name in names}
    for name, of_none in crops_of_none(data).items():
        sets[name] = ConcatDataset([sets[name], of_none]) if name in sets else of_none
    train, val, tests = sets.pop("train"), sets.pop("val"), sets
    crops = CropSetsData(train, val, tests, seed=seed, batch_size=data.batch_size)
    facts, finish = facts_of(options.name, data.materials), partial(calibrate, crops=val)
    return Job("crop_classifier", Classification(network, learner.options), crops, facts, finish=finish)


def crops_of_none(data: SimulatedCrops) -> dict[str, Crops]:
    """Crops to learn what is none of the materials from, to choose by and to test on; none where not wanted."""
    if not data.stand_ins:
        return {}
    conditions = read_settings(CropConditions, "data.conditions", data.conditions)
    splits = stand_in_splits(data.materials, conditions, data.sizes, data.size_px, data.seed)
    folder = draw_once(data.folder, splits, data.workers)
    return {name: AllOfClass(read_crops(folder, name), len(data.materials)) for name in splits}


def drawn_crops(data: SimulatedCrops) -> tuple[Path, tuple[str, ...]]:
    """The folder of simulated crops, drawn first unless they are there, and its splits: train, val, then tests."""
    conditions = read_settings(CropConditions, "data.conditions", data.conditions)
    splits = held_out_splits(
        data.materials, conditions, data.conditions_of_tests(), data.sizes, data.size_px, data.seed
    )
    return draw_once(data.folder, splits, data.workers), tuple(splits)
