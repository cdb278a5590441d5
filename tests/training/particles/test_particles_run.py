"""The finder of particles from its config to weights that find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from composed_configs import composed

from samiam.commands.training import run as train
from samiam.commands.training.data import ParticleScenes
from samiam.commands.training.particles import draw_particles
from samiam.errors import InputError
from samiam.particles import FinderOptions, build_finder
from samiam.storage.weight_files import read_card, read_weights

TINY = [
    *("experiment=particles_segmentation", "logger=none", "data.shape_hw=[64,64]", "+data.p_drawn=1", "data.workers=0"),
    *("data.rules.scenes=4", "data.rules.val_scenes=2", "data.rules.batch_size=2", "+learner.calibration.scenes=1"),
    *("trainer.accelerator=cpu", "trainer.progress=false"),
]


def settings(*overrides: str) -> dict[str, Any]:
    return composed("train", *TINY, *overrides)


@pytest.mark.filterwarnings("ignore")  # of Lightning's own dependencies
def test_weights_that_find(tmp_path: Path) -> None:
    train.train(settings("trainer.epochs=1"), tmp_path, "a command")
    weights = tmp_path / "particles.safetensors"
    card = read_card(weights)
    assert {"threshold", "valley", "least_score", "scores", "scenes"} == set(card["calibration"])
    finder = build_finder(FinderOptions(weights=weights, device="cpu"))
    assert finder.find(np.random.default_rng(0).random((70, 90)).astype(np.float32), 0.04).masks.shape_hw == (70, 90)


@pytest.mark.slow  # that a killed run goes on exactly, tests/training/test_run.py shows
@pytest.mark.filterwarnings("ignore")  # likewise
def test_a_run_goes_on(tmp_path: Path) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    train.train(settings("trainer.epochs=2"), whole, "a command")
    train.train(settings("trainer.epochs=1"), halted, "a command")
    train.train(settings("trainer.epochs=2"), halted, "a command, resumed", resume=True)
    resumed, at_once = (read_weights(folder / "particles.safetensors")[0] for folder in (halted, whole))
    for name, tensor in at_once.items():
        torch.testing.assert_close(resumed[name], tensor, atol=0, rtol=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # likewise
def test_the_paper_s_and_weights_to_go_on_from(tmp_path: Path) -> None:
    first = tmp_path / "first" / "particles.safetensors"
    train.train(settings("trainer.epochs=1", "+learner.variant=paper"), first.parent, "a command")
    more = settings("trainer.epochs=1", "+learner.variant=paper", f"+learner.start={first}")
    train.train(more, tmp_path / "more", "another command")
    assert read_card(tmp_path / "more" / "particles.safetensors")["start"]["command"] == "a command"
    with pytest.raises(InputError, match="not of variant=ours of it"):
        train.train(settings("trainer.epochs=1", f"+learner.start={first}"), tmp_path / "other", "a command")


def test_scenes_of_one_use_are_none_of_another() -> None:
    data = ParticleScenes("particle_scenes", shape_hw=(64, 64), p_drawn=1)
    drawn = {use: draw_particles(3, data=data, waves=None, use=use) for use in ("train", "val", "calibration")}
    assert len({scene.specimen for scene in drawn.values()}) == 3
    again = draw_particles(3, data=data, waves=None, use="val")
    assert np.array_equal(again.micrograph.pixels, drawn["val"].micrograph.pixels)


def test_no_waves(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no exit waves of split 'train'"):
        train.job_of(
            train.read_training(composed("train", "experiment=particles_segmentation", f"+data.waves={tmp_path}"))
        )


def test_a_scene_that_is_not_square() -> None:
    with pytest.raises(InputError, match=r"data.shape_hw=\[64, 96\]: give a list of 2, each .*, all of them equal\."):
        train.read_training(settings("data.shape_hw=[64,96]"))
