"""What is tuned on labelled micrographs: which weights, on which images, and when they are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from samiam.commands.composing.program import TRAIN
from samiam.commands.training.data import LabelledImages
from samiam.commands.training.labelled_crops import ClassifierSets
from samiam.commands.training.settings import FineTuningSettings
from samiam.compact.committee import Committee, facts_of_committee
from samiam.compact.network import facts_of as facts_of_field
from samiam.compact.regions.calibration import read_calibration
from samiam.compact.sights import read_sight
from samiam.compact.weights import NAME as COMPACT
from samiam.errors import InputError
from samiam.generation.sam.generator import tunable_sam
from samiam.generation.sam.settings import SamOptions
from samiam.generation.sam.tunable import DECODER, facts_of_decoder
from samiam.records import Scene
from samiam.settings import read_settings
from samiam.storage.weight_files import add_to_card, given_or_shipped, read_card
from samiam.texture.classifier import NAME as CLASSIFIER
from samiam.texture.classifier import facts_of as facts_of_classifier
from samiam.texture.classifier import load_classifier
from samiam.texture.fenet_encoder import load_fenet
from samiam.training.classifier.crop_sets import Crops
from samiam.training.classifier.fitting import calibrate
from samiam.training.guard import Guard
from samiam.training.labelled.batches import LabelledFieldData
from samiam.training.labelled.clicks.batches import ClickData
from samiam.training.labelled.clicks.learning import ClickLearner
from samiam.training.labelled.crops.classes import LabelledClassification, with_classes
from samiam.training.labelled.crops.named_crops import checked_names
from samiam.training.labelled.crops.textures import LabelledContrastive, LabelledCropsData
from samiam.training.labelled.division import Division
from samiam.training.labelled.field import LabelledFieldLearner
from samiam.training.labelled.images import pixel_sizes, read_division
from samiam.training.labelled.numbers import learn_numbers
from samiam.training.labelled.settings import LabelledRules
from samiam.training.run import Job
from simulate import SceneRanges, procedural_scene

_EMBEDDINGS_GB = 1.0
"""Space on disk for what SAM's image encoder made, so that a second training need not make it again: 250 images."""
_OLD_SIDE_PX = 512  # of scenes of the old world that are judged by, as what the compact network mostly sees
_FIRST_OLD_SEED = 2**35  # above those of any other training, of calibrations and of benchmarks
_OF_ONE_IMAGE = 2
"""How many times the least gain a single image has to bring: what decides is a part of the same image."""
_MOST_LOST = 0.02
"""By how much the score on the old world may fall."""


def labelled_job(data: LabelledImages, learner: FineTuningSettings, seed: int) -> Job:
    """The network, the labelled images and the learner.

    Raises:
        InputError: if weights or images cannot be used.
    """
    rules = replace(data.rules, seed=seed)
    division = read_division(data.folder, share=rules.held_out)
    build = {"compact": compact_job, "fenet": fenet_job, "crop_classifier": classifier_job, "sam": sam_job}
    return replace(build[learner.network](data, division, rules, learner), learnt_from=division.sha256)


def ranges_of_training() -> SceneRanges:
    """What the scenes are drawn from that the compact network is trained on by default."""
    data: Any = OmegaConf.to_container(OmegaConf.load(TRAIN.configs / "data" / "whole_scenes.yaml"))
    return read_settings(SceneRanges, "data.scenes", data["scenes"])


def draw_old(number: int, side_px: int = _OLD_SIDE_PX, *, ranges: SceneRanges) -> Scene:
    """A scene of the old world: of random lattices, as those that the weights learnt from that ship."""
    return procedural_scene(_FIRST_OLD_SEED + number, shape_hw=(side_px, side_px), ranges=ranges)


def guard_of(division: Division, rules: LabelledRules, old: str, also: tuple[str, ...] = ()) -> Guard:
    """When what was learnt is taken.

    Args:
        division: the labelled images.
        rules: how they are learnt from.
        old: what the score on the old world is called, which must not fall far.
        also: scores that have to rise with the one that decides.
    """
    least = rules.least_gain * (_OF_ONE_IMAGE if division.of_one_image else division.n_deciding**-0.5)
    return Guard(division.judges, least, also, {old: _MOST_LOST})


def compact_job(data: LabelledImages, division: Division, rules: LabelledRules, learner: FineTuningSettings) -> Job:
    """The networks of the compact generator, all that look together; what rates their regions stays as it is."""
    path, sha256 = given_or_shipped(COMPACT, learner.start, learner.start_sha256)
    sight, calibration, card = read_sight(path, sha256), read_calibration(path), read_card(path)
    recipe = replace(learner.options, seed=rules.seed)
    facts = facts_of_committee(sight) if isinstance(sight, Committee) else facts_of_field(sight.size)
    batches = LabelledFieldData(division, rules, _old_world(), data.workers)
    module = LabelledFieldLearner(sight, calibration, recipe)
    finish = partial(_finish_compact, module=module, division=division, most_lost=rules.least_gain)
    guard = guard_of(division, rules, "old/score", ("val/iou", "val/iou_given"))
    return Job(COMPACT, module, batches, facts, recipe.ema_decay, _start(path, card), finish, guard)


def _finish_compact(path: Path, module: LabelledFieldLearner, division: Division, most_lost: float) -> None:
    """The calibration that the weights began with, and how many materials the labelled images have."""
    add_to_card(path, **learn_numbers(module.network, module.calibration, division, most_lost).card)


def _old_world() -> Callable[..., Scene]:
    return partial(draw_old, ranges=ranges_of_training())


def fenet_job(data: LabelledImages, division: Division, rules: LabelledRules, learner: FineTuningSettings) -> Job:
    """The encoder FENet; the distance by which it counts materials stays as it is."""
    path, sha256 = given_or_shipped("fenet_lattices", learner.start, learner.start_sha256)
    network, facts, _ = load_fenet(path, sha256)
    if facts["input"]["kind"] != "own scale":
        raise InputError(f"{path}: of a FENet for resized photographs; give weights of experiment=fenet_lattices.")
    card, recipe = read_card(path), replace(learner.options, seed=rules.seed)
    batches = LabelledCropsData(division, rules, _old_world(), data.workers)
    finish = partial(add_to_card, calibration=card.get("calibration"))
    guard = guard_of(division, rules, "old/accuracy")
    module = LabelledContrastive(network, recipe)
    return Job("fenet_lattices", module, batches, facts, recipe.ema_decay, _start(path, card), finish, guard)


def classifier_job(data: LabelledImages, division: Division, rules: LabelledRules, learner: FineTuningSettings) -> Job:
    """The classifier of crops: it keeps the materials that it knows and gets to know those of the labels."""
    path, sha256 = given_or_shipped(CLASSIFIER, learner.start, learner.start_sha256)
    network, known, _ = load_classifier(path, sha256)
    scenes = [*division.train, *division.val, *division.test]
    names = checked_names(data.folder, scenes)
    materials = (*known, *(name for name in names if name not in known))
    sets = ClassifierSets(division, rules, known, materials, _old_world())
    card, recipe = read_card(path), replace(learner.options, seed=rules.seed)
    network = with_classes(network, known, materials, sets.labelled)
    facts = facts_of_classifier(card["network"]["architecture"], materials)
    open_set = card.get("open_set") if materials == known else None
    finish = partial(_finish_classifier, crops=sets.to_calibrate, open_set=open_set, pixels=pixel_sizes(scenes))
    guard = guard_of(division, rules, "test/old/accuracy")
    module = LabelledClassification(network, recipe)
    return Job(CLASSIFIER, module, sets.batches(), facts, recipe.ema_decay, _start(path, card), finish, guard)


def _finish_classifier(path: Path, crops: Crops, open_set: dict[str, Any] | None, pixels: dict[str, Any]) -> None:
    """Calibrate when a crop is left open, unless the weights are those that were calibrated already."""
    add_to_card(path, pixel_sizes=pixels)
    if open_set is not None and read_card(path)["epoch"] == 0:
        add_to_card(path, open_set=open_set)
    else:
        calibrate(path, crops)


def sam_job(data: LabelledImages, division: Division, rules: LabelledRules, learner: FineTuningSettings) -> Job:  # noqa: ARG001 - one interface
    """SAM's mask decoder; its image encoder stays, and remembers what it has embedded."""
    options = SamOptions(checkpoint=learner.start, checkpoint_sha256=learner.start_sha256, embeddings_gb=_EMBEDDINGS_GB)
    network, sha256 = tunable_sam(learner.sam, options)
    recipe = replace(learner.options, seed=rules.seed)
    clicks = ClickData(division, rules, _old_world(), network)
    start = {"file": Path(learner.start or learner.sam).name, "sha256": sha256}
    guard = guard_of(division, rules, "old/click_iou")
    facts = facts_of_decoder(learner.sam, sha256)
    return Job(DECODER, ClickLearner(network, recipe), clicks, facts, recipe.ema_decay, start, None, guard)


def _start(path: Path, card: dict[str, Any]) -> dict[str, Any]:
    """What the card says of the weights that a training began with."""
    return {"file": path.name, "sha256": card["sha256"], "command": card.get("command")}
