"""The finder of ends and junctions from its config to weights that find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from composed_configs import composed
from refusals import refusal

from samiam.commands.training import run as train
from samiam.commands.training.polar import drawn_frame
from samiam.commands.training.polar_labels import TABLE, Frames
from samiam.errors import InputError
from samiam.polar.finder import build_point_finder
from samiam.polar.settings import PointFinderOptions
from samiam.storage.weight_files import read_card, read_weights
from samiam.training.polar.settings import LabelRules
from simulate.labyrinth import LabyrinthConditions, VideoSettings

TINY = [
    *(
        "experiment=polar",
        "logger=none",
        "data.workers=0",
        "data.conditions.period_px=[12,12]",
        "+data.rules.size_px=64",
    ),
    *("data.rules.scenes=4", "+data.rules.val_scenes=2", "+data.rules.batch_size=2", "+learner.calibration.scenes=1"),
    *("trainer.accelerator=cpu", "trainer.progress=false"),
]
FEW = [
    *("experiment=polar_limited_labels", "logger=none", "trainer.accelerator=cpu", "trainer.progress=false"),
    *("trainer.epochs=1", "data.video.frames=8", "data.video.size_px=220", "+data.rules.labelled=[1]"),
    *("+data.rules.val_frames=1", "+data.rules.test_frames=1", "+data.rules.scenes=2", "+data.rules.batch_size=2"),
    *("+data.rules.size_px=64",),
]


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", *TINY, *overrides)


@pytest.mark.slow  # a run from config to weights that find is tests/training/particles
@pytest.mark.filterwarnings("ignore")  # of Lightning's own dependencies
def test_weights_that_find(tmp_path: Path) -> None:
    train.train(settings("trainer.epochs=1"), tmp_path, "a command")
    weights = tmp_path / "polar.safetensors"
    assert {"least_end", "least_junction", "places", "scores", "scenes"} == set(read_card(weights)["calibration"])
    finder = build_point_finder(PointFinderOptions(weights=weights, device="cpu"))
    found = finder.find(np.random.default_rng(0).random((70, 90)).astype(np.float32), 12.0)
    assert ((found.positions_px >= -1) & (found.positions_px <= (70, 90))).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # likewise
def test_a_run_goes_on(tmp_path: Path) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    train.train(settings("trainer.epochs=2"), whole, "a command")
    train.train(settings("trainer.epochs=1"), halted, "a command")
    train.train(settings("trainer.epochs=2"), halted, "a command, resumed", resume=True)
    resumed, at_once = (read_weights(folder / "polar.safetensors")[0] for folder in (halted, whole))
    for name, tensor in at_once.items():
        torch.testing.assert_close(resumed[name], tensor, atol=0, rtol=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # likewise
def test_the_paper_s_and_weights_to_go_on_from(tmp_path: Path) -> None:
    first = tmp_path / "first" / "polar.safetensors"
    train.train(settings("trainer.epochs=1", "+learner.variant=paper"), first.parent, "a command")
    more = settings("trainer.epochs=1", "+learner.variant=paper", f"+learner.start={first}")
    train.train(more, tmp_path / "more", "another command")
    assert read_card(tmp_path / "more" / "polar.safetensors")["start"]["command"] == "a command"
    with pytest.raises(InputError, match="not of variant=ours of it"):
        train.train(settings("trainer.epochs=1", f"+learner.start={first}"), tmp_path / "other", "a command")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # likewise
def test_a_table_of_few_labels(tmp_path: Path) -> None:
    first = tmp_path / "first" / "polar.safetensors"
    train.train(settings("trainer.epochs=1"), first.parent, "a command")
    said = train.train(composed("train", *FEW, f"+learner.start={first}"), tmp_path / "few", "another command")
    table = pd.read_csv(tmp_path / "few" / TABLE)
    assert said.endswith(str(tmp_path / "few" / TABLE))
    assert table["learnt from"].unique().tolist() == ["simulation alone", "labels alone", "simulation, then labels"]
    assert table["labelled frames"].tolist() == [0, 0, 1, 1, 1, 1]
    assert table["test"].tolist() == ["later", "another video"] * 3
    assert table.filter(like="f_").stack().between(0, 1).all()
    cards = [read_card(tmp_path / "few" / name / "polar.safetensors") for name in ("1_random", "1_simulation")]
    assert ["start" in card for card in cards] == [False, True]


def test_no_frame_is_learnt_and_tested() -> None:
    video = VideoSettings(frames=16, size_px=96, conditions=LabyrinthConditions(period_px=(12, 12)))
    frames = Frames(video, LabelRules(labelled=(1, 4), val_frames=2, test_frames=2))
    labelled, val, later = (
        {scene.frame for scene in part} for part in (frames.labelled, frames.val, frames.tests["later"])
    )
    assert (len(labelled), len(val), len(later)) == (4, 2, 2)
    assert not labelled & val
    assert max(labelled | val) < 8 <= 12 <= min(later)
    assert {scene.video for scene in frames.tests["another video"]} != {scene.video for scene in frames.labelled}
    assert len(frames.first(1)) == 1


def test_a_video_too_short_for_its_labels_is_refused() -> None:
    with pytest.raises(InputError, match="frames=20: give 40 at least"):
        train.read_training(composed("train", "experiment=polar_limited_labels", "data.video.frames=20"))


def test_a_video_smaller_than_its_crops_is_refused() -> None:
    def read(size_px: int) -> object:
        few = [override for override in FEW if "size_px" not in override]
        return train.read_training(composed("train", *few, f"data.video.size_px={size_px}"))

    assert refusal(lambda: read(256)) == (
        "data.video.size_px=256: such a frame has 114 px a side where its stripes are 12 px apart, less than a crop, "
        "rules.size_px=192; give 432 at least, or smaller crops."
    )
    read(432)


def test_frames_to_train_on_are_of_both_signs() -> None:
    chosen = {"physics": "swift_hohenberg", "conditions": LabyrinthConditions(), "first": 1 << 40}
    signs = (drawn_frame(index, 64, 12.0, **chosen).sign for index in range(8))  # type: ignore[arg-type]
    first = next(signs)
    assert any(sign != first for sign in signs), "no frame more is drawn than it takes"
