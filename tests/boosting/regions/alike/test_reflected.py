"""What a part of an image keeps of the lattice of another one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.alike.reflected import share_kept

SIDE = 320
LEFT = np.arange(SIDE)[None].repeat(SIDE, axis=0) < SIDE // 2


def lattice(turn_deg: float = 10.0, period_px: float = 9.0) -> NDArray[np.float64]:
    y, x = np.mgrid[:SIDE, :SIDE]
    turn = np.deg2rad(turn_deg)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.asarray(np.cos(2 * np.pi * along / period_px) + np.cos(2 * np.pi * across / period_px))


def beside(left: NDArray[np.float64] | float, right: NDArray[np.float64] | float) -> NDArray[np.float32]:
    """Two halves, in noise as strong as a lattice."""
    noise = np.random.default_rng(0).normal(size=LEFT.shape)
    return (np.where(LEFT, left, right) + noise).astype(np.float32)


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_amorphous_keeps_nothing(swapped: bool) -> None:
    halves = (~LEFT, LEFT) if swapped else (LEFT, ~LEFT)
    assert share_kept(*halves, beside(lattice(), 0.0)) < 0.2


def test_a_second_layer_adds_waves() -> None:
    assert share_kept(LEFT, ~LEFT, beside(lattice() + lattice(27), 1.5 * lattice())) < 0.3


@pytest.mark.parametrize(
    "pixels",
    [
        beside(lattice(), lattice()),
        beside(lattice(), 0.8 * lattice() + 3),
        beside(lattice(), lattice(40)),
        beside(0.0, 0.0),
    ],
    ids=["one crystal", "thinner", "grains", "amorphous"],
)
def test_elsewhere_nothing_is_lost(pixels: NDArray[np.float32]) -> None:
    assert share_kept(LEFT, ~LEFT, pixels) > 0.7


def test_nothing_is_said_of_parts_too_small_for_windows() -> None:
    corner = np.zeros_like(LEFT)
    corner[:40, :40] = True
    assert share_kept(corner, ~corner, beside(lattice(), 0.0)) == 1
