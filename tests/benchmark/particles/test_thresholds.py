"""Thresholds and a watershed, by hand on tiny pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from made_particles import disc
from numpy.typing import NDArray

from samiam.benchmark.particles.thresholds import (
    ThresholdFinder,
    dark_by_otsu,
    dark_by_watershed,
    uneven_by_otsu,
)
from samiam.geometry import intersections, iou
from samiam.records import Masks

SIZE_NM = 0.1
SHAPE = (60, 90)
Divide = Callable[[NDArray[np.float32], float], Any]


def found_by(divide: Divide, pixels: NDArray[Any]) -> Masks:
    return ThresholdFinder("tried", divide).find(pixels.astype(np.float32), SIZE_NM).masks


def agreement(found: Masks, *truth: NDArray[np.bool_]) -> list[float]:
    """The best IoU of each true mask."""
    true = Masks.from_arrays(truth)
    overlaps = iou(intersections(found, true), found.areas, true.areas)
    return [float(best) for best in overlaps.max(axis=0)]


def test_dark_discs_without_holes_and_specks() -> None:
    large, speck = disc(SHAPE, (25, 30), 24), disc(SHAPE, (70, 30), 7)
    hole = disc(SHAPE, (25, 30), 9)
    pixels = np.where((large & ~hole) | speck, 0.2, 0.8)
    found = found_by(dark_by_otsu, pixels)
    assert len(found) == 1  # the speck is of less than a nanometre
    assert agreement(found, large)[0] > 0.85  # a blur before the threshold takes from round edges


def test_what_touches_is_divided_by_the_watershed_alone() -> None:
    left, right = disc(SHAPE, (30, 30), 30), disc(SHAPE, (57, 30), 30)
    pixels = np.where(left | right, 0.2, 0.8)
    assert len(found_by(dark_by_otsu, pixels)) == 1
    assert min(agreement(found_by(dark_by_watershed, pixels), left, right)) > 0.85


def test_fringes_of_the_same_mean_are_found_by_their_variance() -> None:
    inside = disc(SHAPE, (40, 30), 36)
    pixels = np.where(inside, 0.5 + 0.3 * np.sin(np.arange(SHAPE[1]) * 2 * np.pi / 4), 0.5)
    assert agreement(found_by(uneven_by_otsu, pixels), inside)[0] > 0.7  # windows reach beyond it


@pytest.mark.parametrize("divide", [dark_by_otsu, dark_by_watershed, uneven_by_otsu])
def test_nothing_in_an_even_picture(divide: Divide) -> None:
    assert len(found_by(divide, np.full(SHAPE, 0.5))) == 0
