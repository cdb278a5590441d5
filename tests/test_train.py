"""The configs that the entry point `train.py` composes."""

from __future__ import annotations

import pytest
from composed_configs import choices_of, composed, experiments_of, groups_of, written
from hydra.errors import MissingConfigException

GROUPS = groups_of("train")
OWN = ("resume", "seed")


def test_defaults() -> None:
    settings = composed("train")
    assert set(settings) == {*GROUPS, *OWN}
    assert settings["resume"] is None
    assert {group: settings[group]["name"] for group in ("data", "learner")} == {
        "data": "lattices",
        "learner": "contrastive",
    }


def test_every_group_is_used() -> None:
    assert set(GROUPS) == {"data", "learner", "trainer", "logger"}


@pytest.mark.parametrize(("group", "choice"), choices_of("train"))
def test_every_choice(group: str, choice: str) -> None:
    settings = composed("train", "~experiment", f"{group}={choice}")
    default = composed("train", "~experiment")
    assert all(settings[other] == default[other] for other in GROUPS if other != group)
    assert set(settings[group]) == set(written(f"{group}/{choice}"))


@pytest.mark.parametrize("experiment", experiments_of("train"))
def test_every_experiment(experiment: str) -> None:
    settings = composed("train", f"experiment={experiment}")
    assert set(settings) >= {*GROUPS, *OWN}
    assert settings != composed("train", "~experiment")


def test_a_setting_of_the_command_line_outweighs_the_experiment_s() -> None:
    (experiment, *_) = experiments_of("train")
    assert composed("train", f"experiment={experiment}", "trainer.epochs=1234")["trainer"]["epochs"] == 1234


@pytest.mark.parametrize("group", [*GROUPS, "experiment"])
def test_an_unknown_choice(group: str) -> None:
    with pytest.raises(MissingConfigException, match=f"Could not find '{group}/nope'"):
        composed("train", f"{group}=nope")
