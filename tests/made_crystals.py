"""A crystal of two sublattices, of which one may be doped here and there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE, PERIOD_PX = 384, 8.0
Floats = NDArray[np.float64]


def across(turn_deg: float = 0.0) -> tuple[Floats, Floats]:
    """How far pixels lie from the middle along two axes, of which the second crosses the layers."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    turn = np.deg2rad(turn_deg)
    return x * np.cos(turn) - y * np.sin(turn), y * np.cos(turn) + x * np.sin(turn)


def crystal(doped: Floats, turn_deg: float = 0.0, noise: float = 0.02) -> NDArray[np.float32]:
    """Two sublattices, of which doping (0 to 1) makes the first one brighter."""
    u, v = across(turn_deg)
    one, two = (
        (1 + np.cos(2 * np.pi * (u + s) / PERIOD_PX)) * (1 + np.cos(2 * np.pi * (v + s) / PERIOD_PX)) for s in (0, 4)
    )
    pixels = 0.1 + 0.1 * (1 + doped) * one + 0.05 * two
    return (pixels + noise * np.random.default_rng(1).normal(size=pixels.shape)).astype(np.float32)
