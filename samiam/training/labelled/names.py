"""What scores are called by."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from samiam.training.labelled.division import Division

OLD, TEST = "old", "test"
"""Simulated scenes, never learnt from, of what the weights knew before; images that are only tested on."""


def test_names(division: Division) -> tuple[str, ...]:
    """Of the loaders to test on, in their order."""
    return (OLD, TEST) if division.test else (OLD,)


def test_name(module: pl.LightningModule, loader: int) -> str:
    """Of a loader to test on, as the data module says."""
    data: Any = module.trainer.datamodule  # type: ignore[attr-defined]
    return str(data.test_names[loader])
