"""What the configs of an entry point compose to."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import hydra
import yaml
from omegaconf import OmegaConf

from samiam.commands.composing.checking import checked
from samiam.commands.composing.program import EVALUATE, TRAIN, Program

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs"
PROGRAMS = {"evaluate": EVALUATE, "train": TRAIN}


def composed(entry_point: str, *overrides: str) -> dict[str, Any]:
    """The settings that `python ENTRY_POINT.py OVERRIDES` runs with; composed once for all tests of a process."""
    return deepcopy(_composed(entry_point, *overrides))


@cache
def _composed(entry_point: str, *overrides: str) -> dict[str, Any]:
    program = PROGRAMS[entry_point]
    with hydra.initialize_config_dir(str(program.configs), version_base="1.3"):
        config = hydra.compose("config", [checked(program, override) for override in overrides])
    return dict(OmegaConf.to_container(config, resolve=True, throw_on_missing=True))  # type: ignore[arg-type]


def written(entry_point: str, name: str) -> dict[str, Any]:
    """A config file as it stands, `name` without its suffix."""
    content = yaml.safe_load((CONFIGS / entry_point / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(content)


def groups_of(entry_point: str) -> list[str]:
    """The groups of an entry point but for `experiment`."""
    return [group for group in _program(entry_point).groups if group != "experiment"]


def choices_of(entry_point: str) -> list[tuple[str, str]]:
    """Every choice of every group of an entry point."""
    return [(group, choice) for group in groups_of(entry_point) for choice in _program(entry_point).choices(group)]


def experiments_of(entry_point: str) -> list[str]:
    """Its experiments."""
    return _program(entry_point).choices("experiment")


def _program(entry_point: str) -> Program:
    return PROGRAMS[entry_point]
