"""What a part of an image keeps of the lattice of another one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.alone import in_two
from samiam.boosting.regions.reflected import share_kept
from tests.made_fields import field_of

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


def test_one_material_is_two_where_only_one_part_shows_a_lattice() -> None:
    places = np.repeat([[0, 1]], 40, axis=1).repeat(80, axis=0)
    field = field_of(places, np.zeros_like(places))
    nearly = field.materials + field.materials.mean(axis=(0, 1))
    nearly /= np.linalg.norm(nearly, axis=-1, keepdims=True)
    object.__setattr__(field, "materials", nearly)
    crystals, beside_amorphous = (
        in_two(np.ones(LEFT.shape, np.uint32), field, pixels)
        for pixels in (beside(lattice(), lattice()), beside(lattice(), 0.0))
    )
    assert crystals is not None
    assert beside_amorphous is not None
    assert crystals.log_odds < 0 < beside_amorphous.log_odds
