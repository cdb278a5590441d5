"""What a run was done with, in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

SETTINGS = "settings.yaml"


def write_settings(folder: Path, whole: Mapping[str, Any], command: str) -> None:
    """Write the settings of a run as plain values, under the command that was typed."""
    text = f"# {command}\n{OmegaConf.to_yaml(OmegaConf.create(dict(whole)))}"
    (folder / SETTINGS).write_text(text, encoding="utf-8")
