"""Settings of everything that has weights."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict
from pathlib import Path
from typing import Any

from samiam.device import Device
from samiam.settings import declared, settings


@settings
class CheckpointOptions:
    """Where a network's weights are, and where it runs.

    Attributes:
        checkpoint: a file of weights in place of those that ship or are published.
        checkpoint_sha256: the hash that this file must have; not checked where null.
        device: "auto" is CUDA where there is one, else the CPU.
    """

    _: KW_ONLY
    checkpoint: str | Path | None = None
    checkpoint_sha256: str | None = None
    device: Device = "auto"

    @property
    def decisive(self) -> dict[str, Any]:
        """The settings that decide results, beside the weights; which file and device these are on does not."""
        return {name: value for name, value in asdict(self).items() if name not in declared(CheckpointOptions)}
