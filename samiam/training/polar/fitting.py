"""Calibration of new weights: how high a peak of each map is a point, fitted on frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from samiam.networks.unet import PaddedNetwork
from samiam.polar.network import look_at, read_network
from samiam.polar.settings import PointCalibration
from samiam.records.polar_scene import PolarScene
from samiam.storage.weight_files import add_to_card
from samiam.training.polar.scenes import bright_sided
from samiam.training.polar.scoring import Peaks, best_height

TRIED = tuple(round(height, 3) for height in np.arange(0.1, 0.8, 0.025).tolist())
"""Heights of peaks that are tried."""


def peaks_in(network: PaddedNetwork, scene: PolarScene) -> tuple[Peaks, Peaks]:
    """What a network, in evaluation mode, finds of ends and of junctions in a frame, on the pixels of its maps."""
    maps = look_at(network, bright_sided(scene), scene.period_px)
    ratio = np.divide(maps.end.shape, scene.micrograph.shape_hw)
    truth = (scene.points.positions_px + 0.5) * ratio - 0.5
    junction = scene.points.is_junction
    return (
        Peaks.of(maps.end, truth[~junction], maps.period_px, TRIED[0]),
        Peaks.of(maps.junction, truth[junction], maps.period_px, TRIED[0]),
    )


def calibrate(weights: Path, draw: Callable[[int], PolarScene], n_scenes: int) -> PointCalibration:
    """Fit a calibration of weights and write it on their card, with what it is worth.

    Args:
        weights: a file of weights with its card.
        draw: makes the frame of a number; none of them may be of a labyrinth trained on.
        n_scenes: how many.

    Raises:
        InputError: if the weights cannot be read.
    """
    network = read_network(weights)
    ends, junctions = zip(*(peaks_in(network, draw(number)) for number in range(n_scenes)), strict=True)
    (least_end, f_end), (least_junction, f_junction) = best_height(ends, TRIED), best_height(junctions, TRIED)
    found = PointCalibration(least_end=least_end, least_junction=least_junction)
    scores = {"f_ends_within_half_period": f_end, "f_junctions_within_half_period": f_junction}
    said = {name: round(value, 4) for name, value in scores.items()}
    add_to_card(weights, calibration={**asdict(found), "scores": said, "scenes": n_scenes})
    return found
