"""The configs that the entry point `train.py` composes."""

from __future__ import annotations

import pytest
from composed_configs import choices_of, composed, experiments_of, groups_of, written

from samiam.commands.training.settings import read_training
from samiam.errors import InputError

GROUPS = groups_of("train")


def test_defaults() -> None:
    settings = composed("train")
    assert set(settings) == {*GROUPS, "trainer"}  # of the experiment that is the default
    assert (read_training(settings).resume, read_training(settings).seed) == (None, 0)
    assert {group: settings[group]["name"] for group in ("data", "learner")} == {
        "data": "lattices",
        "learner": "contrastive",
    }


def test_every_group_is_used() -> None:
    assert set(GROUPS) == {"data", "learner", "logger"}


@pytest.mark.parametrize(("group", "choice"), choices_of("train"))
def test_every_choice(group: str, choice: str) -> None:
    settings = composed("train", "~experiment", f"{group}={choice}")
    default = composed("train", "~experiment")
    assert all(settings[other] == default[other] for other in GROUPS if other != group)
    assert set(settings[group]) == set(written("train", f"{group}/{choice}"))


@pytest.mark.parametrize("experiment", experiments_of("train"))
def test_every_experiment(experiment: str) -> None:
    settings = composed("train", f"experiment={experiment}")
    assert set(settings) >= set(GROUPS)
    if settings["data"]["name"] == "labelled":
        settings["data"]["folder"] = "x"  # which only its user knows
    read_training(settings)
    assert settings != composed("train", "~experiment")


def test_a_setting_of_the_command_line_outweighs_the_experiment_s() -> None:
    (experiment, *_) = experiments_of("train")
    assert composed("train", f"experiment={experiment}", "trainer.epochs=1234")["trainer"]["epochs"] == 1234


@pytest.mark.parametrize("group", [*GROUPS, "experiment"])
def test_an_unknown_choice(group: str) -> None:
    with pytest.raises(InputError, match=f"unknown {group} 'nope'"):
        composed("train", f"{group}=nope")
