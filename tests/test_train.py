"""The configs that the entry point `train.py` composes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from composed_configs import choices_of, composed, experiments_of, groups_of, written

from samiam.commands.training.settings import TrainSettings, read_training
from samiam.errors import InputError
from samiam.settings import declared, read_settings

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


KINDS = [kind for group in ("data", "learner") for kind in get_args(declared(TrainSettings)[group])]
READS = {get_args(declared(kind)["name"])[0]: kind for kind in KINDS}


@pytest.mark.parametrize(("group", "choice"), [pair for pair in choices_of("train") if pair[0] != "logger"])
def test_a_choice_says_nothing_that_holds_without_it(group: str, choice: str) -> None:
    own = {**({"folder": "x"} if choice == "labelled" else {}), **written("train", f"{group}/{choice}")}
    whole = read_settings(READS[own["name"]], "", own)
    for path in leaves_of(own):
        if path not in (("name",), ("folder",)):
            assert read_settings(READS[own["name"]], "", without(own, path)) != whole, ".".join(path)


def leaves_of(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in tree.items():
        yield from leaves_of(value, (*above, name)) if isinstance(value, Mapping) else [(*above, name)]


def without(tree: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *below = path
    kept = {**tree, name: without(tree[name], tuple(below))} if below else tree
    return {key: value for key, value in kept.items() if below or key != name}


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
