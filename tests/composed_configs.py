"""What the configs of an entry point compose to; `configs/` holds those of evaluate.py and of train.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hydra
import yaml
from omegaconf import OmegaConf

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs"


def composed(entry_point: str, *overrides: str) -> dict[str, Any]:
    """The settings that `python ENTRY_POINT.py OVERRIDES` runs with."""
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = hydra.compose(entry_point, list(overrides))
    return dict(OmegaConf.to_container(config, resolve=True, throw_on_missing=True))  # type: ignore[arg-type]


def written(name: str) -> dict[str, Any]:
    """A config file as it stands, `name` without its suffix."""
    content = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(content)


def groups_of(entry_point: str) -> list[str]:
    """The groups of an entry point's defaults list but for `experiment` and Hydra's own."""
    defaults = written(entry_point)["defaults"]
    named = {key for entry in defaults if isinstance(entry, dict) for key in entry}
    return sorted(key for key in named if key != "experiment" and "hydra/" not in key)


def choices_of(entry_point: str) -> list[tuple[str, str]]:
    """Every choice of every group of an entry point."""
    return [(group, path.stem) for group in groups_of(entry_point) for path in sorted((CONFIGS / group).glob("*.yaml"))]


def experiments_of(entry_point: str) -> list[str]:
    """Its experiments: train.py's are those that set a group which evaluate.py does not have."""
    of_training = set(groups_of("train")) - set(groups_of("evaluate"))
    names = sorted(path.stem for path in (CONFIGS / "experiment").glob("*.yaml"))
    return [name for name in names if of_training.isdisjoint(_set_by(name)) == (entry_point == "evaluate")]


def _set_by(experiment: str) -> set[str]:
    """The groups that an experiment chooses and the keys that it sets."""
    content = written(f"experiment/{experiment}")
    chosen = {key.removeprefix("override /") for entry in content.pop("defaults", []) for key in entry}
    return chosen | set(content)
