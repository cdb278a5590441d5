"""The examples in the docstrings of public names do what they show."""

from __future__ import annotations

import doctest
import tempfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from samiam.records import Masks, Micrograph
from samiam.registry import build_generator

MODULES = (
    *("samiam.boosting.crops", "samiam.boosting.grouping", "samiam.boosting.merging", "samiam.boosting.removal"),
    *("samiam.boosting.booster", "samiam.formats.readers.read", "samiam.geometry", "samiam.metrics.scores"),
    *("samiam.outlines", "samiam.particles.result", "samiam.particles.statistics.faults"),
    *("samiam.particles.statistics.pooling", "samiam.particles.statistics.shares"),
    *("samiam.pipeline", "samiam.records.masks", "samiam.records.micrograph", "samiam.records.scene"),
    *("samiam.records.segmentation", "samiam.registry"),
    *("simulate.imaging.row_blocks", "simulate.scenes.realistic"),
)
KNOWN = {"np": np, "Path": Path, "tempfile": tempfile, "Masks": Masks, "Micrograph": Micrograph}


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    found = doctest.testmod(import_module(module), extraglobs={**KNOWN, "build_generator": build_generator})
    assert found.attempted > 0
    assert found.failed == 0
