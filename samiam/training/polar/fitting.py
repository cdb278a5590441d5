"""Calibration of new weights: where points are, and how high the maps are there, fitted on frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from samiam.networks.unet import PaddedNetwork
from samiam.polar.candidates import candidates
from samiam.polar.linking.linker import KINDS
from samiam.polar.network import look_at, read_network
from samiam.polar.settings import Places, PointCalibration
from samiam.records.polar_scene import PolarScene
from samiam.storage.weight_files import add_to_card
from samiam.training.polar.scenes import bright_sided
from samiam.training.polar.scoring import Peaks, best_height

_NEARLY_AS_GOOD = 0.005
"""Of F: by so much stripes may be worse than peaks and are taken all the same.

On videos of the physics that is trained on, 0.82 of the events that last are found by points at stripes, 0.78 at peaks.
"""
TRIED = tuple(round(height, 3) for height in np.arange(0.1, 0.8, 0.025).tolist())
"""Heights that are tried."""


def peaks_in(
    network: PaddedNetwork, scene: PolarScene, looked_at: Sequence[Places]
) -> dict[Places, tuple[Peaks, Peaks]]:
    """What may be ends and junctions of a frame to a network in evaluation mode, for each place to look for them."""
    maps = look_at(network, bright_sided(scene), scene.period_px)
    ratio = np.divide(maps.end.shape, scene.micrograph.shape_hw)
    truth = (scene.points.positions_px + 0.5) * ratio - 0.5
    of_truth = scene.points.is_junction
    found: dict[Places, tuple[Peaks, Peaks]] = {}
    for places in looked_at:
        seen = candidates(maps, places, TRIED[0])
        ends, junctions = (
            Peaks.of(seen.of_kind(kind), truth[of_truth == (kind == "junction")], maps.period_px, maps.end.shape)
            for kind in KINDS
        )
        found[places] = ends, junctions
    return found


def best_of(frames: Sequence[Mapping[Places, tuple[Peaks, Peaks]]]) -> tuple[PointCalibration, tuple[float, float]]:
    """Where points are best looked for, how high maps have to be there, and F of ends and of junctions then.

    Args:
        frames: what may be a point in each, at every place that is looked at.
    """
    found = []
    for places in frames[0]:
        (end, f_end), (junction, f_junction) = (
            best_height(one, TRIED) for one in zip(*(frame[places] for frame in frames), strict=True)
        )
        found.append((PointCalibration(end, junction, places), (f_end, f_junction)))
    enough = max(sum(scores) for _, scores in found) - 2 * _NEARLY_AS_GOOD
    good = [one for one in found if sum(one[1]) >= enough]
    return next((one for one in good if one[0].places == "stripes"), good[0])


def calibrate(
    weights: Path, draw: Callable[[int], PolarScene], n_scenes: int, looked_at: Sequence[Places]
) -> PointCalibration:
    """Fit a calibration of weights and write it on their card, with what it is worth.

    Args:
        weights: a file of weights with its card.
        draw: makes the frame of a number; none of them may be of a labyrinth trained on.
        n_scenes: how many.
        looked_at: where points are looked for; the better of these is taken.

    Raises:
        InputError: if the weights cannot be read.
    """
    network = read_network(weights)
    found, (f_end, f_junction) = best_of([peaks_in(network, draw(number), looked_at) for number in range(n_scenes)])
    scores = {"f_ends_within_half_period": f_end, "f_junctions_within_half_period": f_junction}
    said = {name: round(value, 4) for name, value in scores.items()}
    add_to_card(weights, calibration={**asdict(found), "scores": said, "scenes": n_scenes})
    return found
