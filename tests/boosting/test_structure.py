"""Blank images and pure noise are known for what they are, and nothing else is taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam import Masks, Micrograph, SemanticBooster, build_encoder
from samiam.boosting.structure import lack_of_structure
from simulate import EFFECTS, procedural_scene


def noise(shape_hw: tuple[int, int], seed: int = 0) -> NDArray[np.float32]:
    return np.clip(np.random.default_rng(seed).normal(0.5, 0.1, shape_hw), 0, 1).astype(np.float32)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_blank_image(value: float) -> None:
    assert "blank" in str(lack_of_structure(np.full((100, 80), value, np.float32)))


@pytest.mark.parametrize("shape_hw", [(64, 64), (200, 512), (600, 500)])
@pytest.mark.parametrize("seed", range(4))
def test_pure_noise(shape_hw: tuple[int, int], seed: int) -> None:
    assert "noise" in str(lack_of_structure(noise(shape_hw, seed)))


@pytest.mark.parametrize("mean", [0.05, 1, 20])
def test_counts_of_an_even_film_are_noise(mean: float) -> None:
    counts = np.random.default_rng(1).poisson(mean, (300, 300))
    assert "noise" in str(lack_of_structure((counts / counts.max()).astype(np.float32)))


@pytest.mark.parametrize("at_pixels", [(slice(40, 41), slice(9, 10)), (slice(40, 43), slice(9, 12))])
def test_a_blank_image_with_a_speck_on_it(at_pixels: tuple[slice, slice]) -> None:
    pixels = np.zeros((100, 120), np.float32)
    pixels[at_pixels] = 1
    assert f"blank: all but {int(pixels.sum())} of its pixels" in str(lack_of_structure(pixels))


@pytest.mark.parametrize("shape_hw", [(128, 128), (300, 500)])
@pytest.mark.parametrize("turn_deg", [0, 30, 90])
def test_uneven_light_is_no_structure(shape_hw: tuple[int, int], turn_deg: float) -> None:
    light = ramp(shape_hw, turn_deg)
    counts = np.random.default_rng(2).poisson(100 * light) / 150
    assert lack_of_structure(np.rint(255 * light).astype(np.float32) / 255) is not None
    assert "noise, on a slow change" in str(lack_of_structure(counts.astype(np.float32)))


def ramp(shape_hw: tuple[int, int], turn_deg: float) -> NDArray[np.float64]:
    """From 0.33 to 1 across the image."""
    y, x = (np.linspace(-1, 1, side) for side in shape_hw)
    along = x * np.cos(np.deg2rad(turn_deg)) + y[:, None] * np.sin(np.deg2rad(turn_deg))
    return np.asarray(1 / 3 + 2 / 3 * (along - along.min()) / np.ptp(along))


@pytest.mark.parametrize("width", [0.01, 0.1, 0.3])
def test_an_edge_in_noise_is_structure_however_soft(width: float) -> None:
    light = 0.5 + 0.1 * np.tanh(np.linspace(-1, 1, 300) / width)
    assert lack_of_structure((noise((300, 300)) - 0.5 + light).astype(np.float32)) is None


@pytest.mark.parametrize("height", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.7])
def test_a_step_along_rows_or_columns_is_structure(height: float, place: float) -> None:
    step = np.where(np.linspace(0, 1, 300) < place, 0.0, height)[:, None]
    for across in (step, step.T):
        assert lack_of_structure((0.1 * noise((300, 300)) + across).astype(np.float32)) is None


@pytest.mark.parametrize("seed", range(4))
def test_rows_and_columns_that_differ_at_random_are_no_structure(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(0, 0.1, (300, 1))
    for lines in (rows, rows.T, rows + rows.T[:, ::-1]):
        assert "noise" in str(lack_of_structure((noise((300, 300), seed) + lines).astype(np.float32)))


@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_a_faint_lattice_on_uneven_light_is_structure(spread: float) -> None:
    y, x = np.mgrid[:300, :300]
    lattice = 0.01 * np.cos(0.7 * x) * np.cos(0.7 * y) + spread * np.random.default_rng(3).normal(size=(300, 300))
    assert lack_of_structure((0.9 * ramp((300, 300), 30) + lattice).astype(np.float32)) is None


def test_a_speckled_film_is_none() -> None:
    assert lack_of_structure(ndimage.gaussian_filter(noise((300, 300)), 1.5)) is None


def test_a_faint_lattice_is_none() -> None:
    y, x = np.mgrid[:300, :300]
    assert lack_of_structure(noise((300, 300)) + 0.02 * np.float32(np.cos(0.7 * x) * np.cos(0.7 * y))) is None


def test_a_thing_beside_the_middle_is_none() -> None:
    pixels = noise((600, 600))
    pixels[:60, :80] += 0.2
    assert lack_of_structure(pixels) is None


@pytest.mark.parametrize("effect", list(EFFECTS))
def test_no_scene_is_taken_for_noise(effect: str) -> None:
    pixels = procedural_scene(3, shape_hw=(128, 128), ranges=EFFECTS[effect]).micrograph.pixels
    assert lack_of_structure(pixels) is None


def test_the_booster_finds_nothing_in_noise_and_says_why() -> None:
    micrograph = Micrograph(noise((96, 96)))
    masks = Masks.from_labels(np.ones((96, 96), int))
    found = SemanticBooster(build_encoder("spectrum"))(micrograph, masks)
    assert not found.labels.any()
    assert found.remark is not None
    assert "noise" in found.remark
    assert [(one.rule, one.value, one.threshold) for one in found.decisions] == [("no_structure", 0.0, 0.0)]
