"""What is tuned on labelled micrographs: which weights, on which images, and when they are taken."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from samiam.commands.composing import TRAIN
from samiam.commands.training_data import LabelledImages
from samiam.commands.training_settings import FineTuningSettings
from samiam.compact.committee import Committee, facts_of_committee
from samiam.compact.network import facts_of as facts_of_field
from samiam.compact.regions.calibration import read_calibration
from samiam.compact.sights import read_sight
from samiam.compact.weights import NAME as COMPACT
from samiam.records import Scene
from samiam.settings import read_settings
from samiam.storage.weight_files import add_to_card, given_or_shipped, read_card
from samiam.training.guard import Guard
from samiam.training.labelled.batches import LabelledFieldData
from samiam.training.labelled.division import Division
from samiam.training.labelled.field import LabelledFieldLearner
from samiam.training.labelled.images import read_division
from samiam.training.labelled.settings import LabelledRules
from samiam.training.run import Job
from simulate import SceneRanges, procedural_scene

_OLD_SIDE_PX = 512  # of scenes of the old world that are judged by, as what the compact network mostly sees
_FIRST_OLD_SEED = 2**35  # above those of any other training, of calibrations and of benchmarks
_OF_ONE_IMAGE = 3
"""How many times the least gain a single image has to bring: what decides is a part of the same image."""
_MOST_LOST = 0.02
"""By how much the old world may fall where a single image decides: about what two draws of its scenes differ by."""


def labelled_job(data: LabelledImages, learner: FineTuningSettings, seed: int) -> Job:
    """The network, the labelled images and the learner.

    Raises:
        InputError: if weights or images cannot be used.
    """
    rules = replace(data.rules, seed=seed)
    division = read_division(str(data.folder), share=rules.held_out)
    return _compact(data, division, rules, learner, seed)


def ranges_of_training() -> SceneRanges:
    """What the scenes are drawn from that the compact network is trained on by default."""
    data: Any = OmegaConf.to_container(OmegaConf.load(TRAIN.configs / "data" / "whole_scenes.yaml"))
    return read_settings(SceneRanges, "data.scenes", data["scenes"])


def draw_old(number: int, side_px: int = _OLD_SIDE_PX, *, ranges: SceneRanges) -> Scene:
    """A scene of the old world: of random lattices, as those that the weights learnt from that ship."""
    return procedural_scene(_FIRST_OLD_SEED + number, shape_hw=(side_px, side_px), ranges=ranges)


def guard_of(division: Division, rules: LabelledRules) -> Guard:
    """When what was learnt is taken; of a single image more is wanted."""
    if division.of_one_image:
        return Guard(division.judges, _OF_ONE_IMAGE * rules.least_gain, {"old/score": _MOST_LOST})
    return Guard(division.judges, rules.least_gain)


def _compact(
    data: LabelledImages, division: Division, rules: LabelledRules, learner: FineTuningSettings, seed: int
) -> Job:
    """The networks of the compact generator, all that look together; what rates their regions stays as it is."""
    path, sha256 = given_or_shipped(COMPACT, learner.start, learner.start_sha256)
    sight, calibration, card = read_sight(path, sha256), read_calibration(path), read_card(path)
    recipe = replace(learner.options, seed=seed)
    facts = facts_of_committee(sight) if isinstance(sight, Committee) else facts_of_field(sight.size)
    batches = LabelledFieldData(division, rules, partial(draw_old, ranges=ranges_of_training()), data.workers)
    module = LabelledFieldLearner(sight, calibration, recipe)
    finish = partial(add_to_card, calibration=asdict(calibration))
    return Job(COMPACT, module, batches, facts, recipe.ema_decay, _start(path, card), finish, guard_of(division, rules))


def _start(path: Path, card: dict[str, Any]) -> dict[str, Any]:
    """What the card says of the weights that a training began with."""
    return {"file": path.name, "sha256": card["sha256"], "command": card.get("command")}
