"""A crystal of two sublattices, of which one may be doped here and there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE, PERIOD_PX = 384, 8.0
Floats = NDArray[np.float64]


def across(turn_deg: float = 0.0, shape_hw: tuple[int, int] = (SIDE, SIDE)) -> tuple[Floats, Floats]:
    """How far pixels lie from the middle along two axes, of which the second crosses the layers."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]] + 0.5
    y, x, turn = y - shape_hw[0] / 2, x - shape_hw[1] / 2, np.deg2rad(turn_deg)
    return x * np.cos(turn) - y * np.sin(turn), y * np.cos(turn) + x * np.sin(turn)


def crystal(
    doped: Floats, turn_deg: float = 0.0, *, noise: float = 0.02, period_px: float = PERIOD_PX
) -> NDArray[np.float32]:
    """Two sublattices, of which doping (0 to 1) makes the first one brighter."""
    u, v = (axis / period_px for axis in across(turn_deg, doped.shape))
    one, two = ((1 + np.cos(2 * np.pi * (u + s))) * (1 + np.cos(2 * np.pi * (v + s))) for s in (0, 0.5))
    pixels = 0.1 + 0.1 * (1 + doped) * one + 0.05 * two
    return (pixels + noise * np.random.default_rng(1).normal(size=pixels.shape)).astype(np.float32)


def unexplained(shape_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Waves around 0 that belong to no lattice, as where crystals overlap."""
    y, x = np.indices(shape_hw)
    waves = [(0.11, 0.02), (0.05, 0.13), (-0.09, 0.07), (0.153, 0.091), (-0.031, 0.17)]  # (x, y) in periods per px
    return np.mean([np.sin(2 * np.pi * (u * x + v * y)) for u, v in waves], axis=0).astype(np.float32)
