"""Crystals are divided along every step that is an interface, and layers that come again are one material."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting.regions.division.layered import Layered, in_layers
from samiam.lattices.steps.finding import strongest_step
from tests.made_crystals import PERIOD_PX, SIDE, Floats, across, crystal
from tests.made_fields import PX_A_POINT, field_of


def layers_of(pixels: NDArray[np.float32], labels: NDArray[np.uint32] | None = None, **options: float) -> Layered:
    """The layers of an image, in the field of which there is one crystal."""
    labels = np.ones(pixels.shape, np.uint32) if labels is None else labels
    field = field_of(np.zeros([side // PX_A_POINT for side in pixels.shape], np.int64))
    return in_layers(labels, field, pixels, **options)


def stack(doping: list[float], slope: float = 0.0) -> tuple[NDArray[np.float32], Floats]:
    """Layers of 128 px each under light that changes from left to right, and which layer each pixel is of."""
    u, v = across(shape_hw=(128 * len(doping), SIDE))
    layer = np.floor(v / 128 + len(doping) / 2).astype(int)
    return (crystal(np.array(doping)[layer]) * (1 + slope * u / SIDE)).astype(np.float32), layer


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.3])
@pytest.mark.parametrize(
    ("doping", "materials"),
    [
        ([0, 0.08], 2),
        ([0, 0.08, 0], 2),
        ([0, 0.08, 0, 0.08, 0], 2),
        ([0, 0.06, 0.12, 0.18], 4),
        ([0, 0.06, 0.18, 0.06], 3),
    ],
    ids=["film", "buried", "multilayer", "graded", "two dopings"],
)
def test_layers_of_one_doping_are_one_material(doping: list[float], materials: int, slope: float) -> None:
    pixels, layer = stack(doping, slope)
    found = layers_of(pixels)
    assert len(np.unique(found.labels)) == materials
    (crystal_of,) = found.crystals
    assert len(crystal_of) == len(doping)
    for first, one in zip(crystal_of, doping, strict=True):
        for second, other in zip(crystal_of, doping, strict=True):
            assert (first == second) == (one == other)
    assert np.mean(found.labels == np.array(crystal_of)[layer]) > 0.98


def test_the_largest_material_of_a_crystal_keeps_its_label_and_others_stay() -> None:
    _, v = across()
    labels = np.where(v > 150, 0, np.where(v > 100, 1, 2)).astype(np.uint32)
    found = layers_of(crystal(0.1 * (v > 0)), labels).labels
    assert np.array_equal(found[labels < 2], labels[labels < 2])
    assert np.mean(found[labels == 2] == np.where(v > 0, 3, 2)[labels == 2]) > 0.98


def test_nothing_to_divide_gives_the_labels_themselves() -> None:
    _, v = across()
    labels = np.ones((SIDE, SIDE), np.uint32)
    assert layers_of(crystal(0 * v), labels).labels is labels
    assert not layers_of(crystal(0 * v), np.zeros_like(labels)).labels.any()


def test_a_faint_step_between_grains_is_left_to_them() -> None:
    _, v = across()
    labels, pixels = np.ones((SIDE, SIDE), np.uint32), crystal(0.05 * (v > 0))
    lower = (v > 0)[PX_A_POINT // 2 :: PX_A_POINT, ::PX_A_POINT].astype(np.int64)
    grains = field_of(0 * lower, lower)
    assert layers_of(pixels).crystals
    assert not in_layers(labels, grains, pixels).crystals
    assert in_layers(labels, grains, crystal(0.2 * (v > 0))).crystals


def test_a_layer_that_is_too_small_is_none() -> None:
    _, v = across()
    assert not layers_of(crystal(0.1 * (v > 0)), smallest=0.6).crystals


def curtains(width: int, seed: int, height: float) -> Floats:
    """Light along an image's columns that changes within a few periods."""
    noise = np.random.default_rng(seed).normal(size=width)
    waves = [ndimage.gaussian_filter1d(noise, periods * PERIOD_PX) for periods in (3, 9)]
    return np.asarray(1 + height * (waves[0] - waves[1]) / np.std(waves[0] - waves[1]))


@pytest.mark.parametrize("seed", [0, 1, 4])
@pytest.mark.parametrize("height", [0.05, 0.1])
def test_curtains_are_no_layers(seed: int, height: float) -> None:
    pixels = (crystal(np.zeros((SIDE, 640))) * curtains(640, seed, height)).astype(np.float32)
    step = strongest_step(pixels, np.ones(pixels.shape, np.bool_))
    assert step is not None
    assert step.log_odds > 1
    assert not layers_of(pixels).crystals


@pytest.mark.parametrize("seed", [0, 4])
def test_a_film_among_curtains_is_found_all_the_same(seed: int) -> None:
    is_film = np.arange(960) >= 640
    doped = crystal(np.where(is_film, 0.15, 0.0)[None].repeat(SIDE, axis=0))
    found = layers_of((doped * curtains(960, seed, 0.03)).astype(np.float32)).labels
    assert np.mean((found == found[0, -1]) == is_film) > 0.99
