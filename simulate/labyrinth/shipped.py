"""A small video that ships with the package."""

from __future__ import annotations

from pathlib import Path

from samiam.records.polar_scene import PolarScene
from simulate.labyrinth.folders import read_video

_DATA = Path(__file__).parent / "data"


def read_shipped_video() -> list[PolarScene]:
    """Its 12 frames of 256² with their truth, of the physics that the shipped network has not learnt from.

    Made by `python -m simulate labyrinth simulate/labyrinth/data --frames 12 --size 256 --physics ginzburg_landau
    --range period_px 15 15 --range noise 2 2 --range contrast_ratio 2 2`.
    """
    return list(read_video(_DATA))
