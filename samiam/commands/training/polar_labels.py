"""How far a few labelled frames of one video take a network, alone and after simulation: the question of Lin et al."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from samiam.commands.training.data import LabelledVideo
from samiam.commands.training.settings import LimitedSettings, TrainSettings
from samiam.networks.unet import PaddedNetwork
from samiam.networks.weights import read_calibration
from samiam.polar.inputs import WORKING_PERIOD_PX
from samiam.polar.network import NETWORK, facts_of, new_network, read_network, seen_by
from samiam.polar.settings import Places, PointCalibration
from samiam.records.polar_scene import PolarScene
from samiam.storage.files import replacing
from samiam.storage.weight_files import given_or_shipped, read_card, seeded
from samiam.training.polar.crops import LabelledCrops
from samiam.training.polar.fitting import calibrate, peaks_in
from samiam.training.polar.learning import PolarLearner
from samiam.training.polar.scenes import PolarFramesData, ValidationFrames
from samiam.training.polar.scoring import f_score
from samiam.training.polar.settings import LabelRules
from samiam.training.run import Job, run
from simulate.labyrinth import VideoSettings, draw_video

TABLE = "limited_labels.csv"
_ANOTHER = 1 << 20  # added to a video's seed, another one
_LOOKED_AT: tuple[Places, ...] = ("peaks",)  # labels say where points are, not where stripes are


class Frames:
    """The frames of a study, each in one part only.

    Args:
        video: that is labelled.
        rules: which frames are what.
    """

    def __init__(self, video: VideoSettings, rules: LabelRules) -> None:
        half, n_early = video.frames // 2, max(rules.labelled) + rules.val_frames
        early, late = _spread(0, half, n_early), _spread(video.frames - half // 2, video.frames, rules.test_frames)
        val = [early[index] for index in _spread(0, len(early), rules.val_frames)]
        drawn = _scenes(video, {*early, *late})
        self.labelled = [drawn[number] for number in early if number not in val]
        self.val = [drawn[number] for number in val]
        others = replace(video, seed=video.seed + _ANOTHER)
        self.tests = {
            "later": [drawn[number] for number in late],
            "another video": list(_scenes(others, set(late)).values()),
        }

    def first(self, n: int) -> list[PolarScene]:
        """So many labelled ones, spread over all of them."""
        return [self.labelled[index] for index in _spread(0, len(self.labelled), n)]


def _spread(first: int, end: int, n: int) -> list[int]:
    """So many numbers from the first to before the end, equally far apart."""
    return [first + int((index + 0.5) * (end - first) / n) for index in range(n)]


def _scenes(video: VideoSettings, wanted: set[int]) -> dict[int, PolarScene]:
    return {scene.frame: scene for scene in draw_video(video) if scene.frame in wanted}


def train_limited(
    settings: TrainSettings,
    data: LabelledVideo,
    learner: LimitedSettings,
    folder: Path,
    config: Mapping[str, Any],
    command: str,
) -> str:
    """Train on each number of labelled frames from random weights and from given ones, and score all; what to print.

    Args:
        settings: of the run.
        data: of them.
        learner: of them.
        folder: of the run; each training has a folder there, and `limited_labels.csv` all scores.
        config: all settings, to record.
        command: what the user typed, for the cards.

    Raises:
        InputError: if weights cannot be read.
    """
    start, expected = given_or_shipped(NETWORK, learner.start, None)
    given = {"simulation alone": (start, expected)}
    if learner.domain is not None:
        given["simulation of its physics"] = given_or_shipped(NETWORK, learner.domain, None)
    rules, frames = replace(data.rules, seed=settings.seed), Frames(data.video, data.rules)
    rows = [row for name, (path, sha256) in given.items() for row in _scored(name, 0, path, sha256, frames)]
    for n in rules.labelled:
        for name in ("labels alone", "simulation, then labels"):
            before = None if name == "labels alone" else start
            place = folder / f"{n}_{'random' if before is None else 'simulation'}"
            job = _job(frames.first(n), frames.val, rules, learner, before, settings.seed)
            run(job, settings.trainer, settings.logger, place, config, command)
            rows += _scored(name, n, place / f"{NETWORK}.safetensors", None, frames)
            with replacing(folder / TABLE) as path:
                pd.DataFrame(rows).to_csv(path, index=False, float_format="%.4f")
    return f"{pd.DataFrame(rows).to_string(index=False, float_format='{:.3f}'.format)}\n{folder / TABLE}"


def _job(
    frames: Sequence[PolarScene],
    val: Sequence[PolarScene],
    rules: LabelRules,
    learner: LimitedSettings,
    start: Path | None,
    seed: int,
) -> Job:
    """One training."""
    network: PaddedNetwork = (
        seeded(seed, partial(new_network, "ours")) if start is None else read_network(start, variant="ours")
    )
    recipe = learner.options if start is None else replace(learner.options, learning_rate=learner.fine_tuning_rate)
    crops = LabelledCrops(frames, partial(seen_by, network), rules, recipe.peak)
    data = PolarFramesData(crops, ValidationFrames(val.__getitem__, len(val)), rules.batch_size)
    finish = partial(calibrate, draw=val.__getitem__, n_scenes=len(val), looked_at=_LOOKED_AT)
    card = None if start is None else read_card(start)
    module = PolarLearner(network, recipe, WORKING_PERIOD_PX, _LOOKED_AT)
    return Job(NETWORK, module, data, facts_of("ours"), recipe.ema_decay, card, finish)


def _scored(name: str, n: int, path: Path, sha256: str | None, frames: Frames) -> Iterator[dict[str, Any]]:
    """A row for each test: F within half a period by the thresholds on the card."""
    network = read_network(path, sha256, "ours")
    calibration = read_calibration(path, PointCalibration, tells="which peaks are points", experiment=NETWORK)
    epochs = read_card(path).get("epoch") if n else None
    for test, scenes in frames.tests.items():
        places = calibration.places
        ends, junctions = zip(*(peaks_in(network, scene, [places])[places] for scene in scenes), strict=True)
        yield {
            "learnt from": name,
            "labelled frames": n,
            "labelled points": sum(len(scene.points) for scene in frames.first(n)) if n else 0,
            "epochs": epochs,
            "test": test,
            "f_ends_within_half_period": f_score(one.hits(calibration.least_end) for one in ends),
            "f_junctions_within_half_period": f_score(one.hits(calibration.least_junction) for one in junctions),
        }
