"""Calibration of new weights: which pixels, valleys and candidates are particles, fitted on scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np

from samiam.metrics.instances import InstanceScores, score_instances
from samiam.networks.unet import PaddedNetwork
from samiam.particles.finder.calibration import ParticleCalibration
from samiam.particles.finder.finder import particles_among
from samiam.particles.finder.instances import Candidate, candidates_of
from samiam.particles.finder.network import Maps, look_at
from samiam.particles.finder.weights import read_network
from samiam.records import Masks
from samiam.records.particle_scene import ParticleScene
from samiam.storage.weight_files import add_to_card
from samiam.training.particles.learning import LEAST_PX

_TRIED = {
    "threshold": (0.3, 0.4, 0.5, 0.6, 0.7),
    "valley": (0.03, 0.05, 0.1, 0.15, 0.2, 0.3),
    "least_score": (0.3, 0.4, 0.5, 0.6, 0.7),
}
"""Values of each number of a calibration."""


def calibrate(weights: Path, draw_scene: Callable[[int], ParticleScene], n_scenes: int) -> ParticleCalibration:
    """Fit a calibration of weights and write it on their card, with what it is worth.

    Args:
        weights: a file of weights with its card.
        draw_scene: makes the scene of a number; none of them may be of a specimen trained on.
        n_scenes: how many.

    Raises:
        InputError: if the weights cannot be read.
    """
    network = read_network(weights)
    looks = list(_looks(network, draw_scene, n_scenes))
    found, scores = fit_calibration(looks)
    values = {name: round(value, 4) for name, value in scores.items()}
    add_to_card(weights, calibration={**asdict(found), "scores": values, "scenes": n_scenes})
    return found


def _looks(
    network: PaddedNetwork, draw_scene: Callable[[int], ParticleScene], n_scenes: int
) -> Iterator[tuple[Maps, Masks]]:
    for number in range(n_scenes):
        scene = draw_scene(number)
        yield look_at(network, scene.micrograph.pixels), scene.masks


def fit_calibration(looks: Sequence[tuple[Maps, Masks]]) -> tuple[ParticleCalibration, dict[str, float]]:
    """The thresholds that together score best on scenes, and their scores; the first of equals.

    All of their combinations are tried: what a lower threshold finds beside the particles, a higher least score can
    leave out. The score is the mean of Dice and F1, less ten times the area found where there is no particle: a
    thousandth of an image matters.

    Args:
        looks: maps beside the true masks.
    """
    best, scores = ParticleCalibration(), {"score": -np.inf}
    for threshold, valley in product(_TRIED["threshold"], _TRIED["valley"]):
        candidates = [(list(candidates_of(maps, threshold, valley)), truth) for maps, truth in looks]
        for least_score in _TRIED["least_score"]:
            found = mean_scores([_scores_of(some, truth, least_score) for some, truth in candidates])
            if found["score"] > scores["score"]:
                best, scores = ParticleCalibration(threshold, valley, least_score), found
    return best, scores


def _scores_of(candidates: Sequence[Candidate], truth: Masks, least_score: float) -> InstanceScores:
    return score_instances(particles_among(candidates, truth.shape_hw, least_score, LEAST_PX), truth)


def mean_scores(scores: Sequence[InstanceScores]) -> dict[str, float]:
    """Mean Dice and F1 over scenes with particles, mean false area over those without, and what these come to."""
    rows = np.array([(one.dice, one.f1, one.false_area) for one in scores]).reshape(-1, 3)
    is_empty = np.isnan(rows[:, 0])
    dice, f1 = rows[~is_empty, :2].mean(axis=0) if (~is_empty).any() else (0.0, 0.0)
    false_area = float(rows[is_empty, 2].mean()) if is_empty.any() else 0.0
    return {"dice": float(dice), "f1": float(f1), "false_area": false_area, "score": (dice + f1) / 2 - 10 * false_area}
