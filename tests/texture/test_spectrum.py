from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.registry import ENCODERS, build_encoder
from samiam.texture.spectrum import SpectrumEncoder

Crop = NDArray[np.float32]
quick = settings(max_examples=25)
HEXAGONAL = (9.0, 60.0)
SQUARE = (9.0, 90.0)
WIDE = (13.0, 90.0)


def crop_of(
    cell: tuple[float, float], side_px: int = 60, *, rotation_deg: float = 0.0, noise: float = 0.0, seed: int = 0
) -> Crop:
    """A lattice of Gaussian columns, its cell given by period and angle, at a random place."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side_px, :side_px].astype(float)
    angles = np.deg2rad([rotation_deg, rotation_deg + cell[1]])
    vectors = cell[0] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    origin = rng.uniform(0, side_px, 2)
    u, v = np.moveaxis((np.stack([x, y], axis=-1) - origin) @ np.linalg.inv(vectors), -1, 0)
    image = np.zeros((side_px, side_px))
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            offset = np.stack([u - np.rint(u) + i, v - np.rint(v) + j], axis=-1) @ vectors
            image += np.exp(-(offset**2).sum(axis=-1) / (2 * 1.6**2))
    image = 0.2 + 0.5 * image + noise * rng.normal(size=image.shape)
    return np.clip(image, 0, 1).astype(np.float32)


def distance(first: Crop, second: Crop) -> float:
    vectors = SpectrumEncoder().encode([first, second])
    return float(np.linalg.norm(vectors[0] - vectors[1]))


@pytest.mark.parametrize("n_rings", [2, 12, 20])
def test_length_of_a_vector(n_rings: int) -> None:
    encoder = SpectrumEncoder(n_rings=n_rings)
    for crops in ([], [crop_of(SQUARE)], [crop_of(SQUARE), crop_of(WIDE, 31)]):
        vectors = encoder.encode(crops)
        assert vectors.shape == (len(crops), 4 * n_rings + 2)
        assert vectors.dtype == np.float32


def test_a_vector_does_not_depend_on_the_other_crops() -> None:
    crops = [crop_of(SQUARE), crop_of(WIDE, 40), crop_of(HEXAGONAL, 24, noise=0.1), np.zeros((7, 9), np.float32)]
    together = SpectrumEncoder().encode(crops)
    for index, crop in enumerate(crops):
        np.testing.assert_array_equal(SpectrumEncoder().encode([crop])[0], together[index])
    np.testing.assert_array_equal(SpectrumEncoder().encode(crops[::-1]), together[::-1])


@given(
    st.tuples(st.integers(4, 160), st.integers(4, 160)),
    st.sampled_from([np.rot90, np.flipud, np.fliplr, np.transpose]),
    st.integers(0, 99),
)
@quick
def test_quarter_turns_and_flips_change_nothing(shape_hw: tuple[int, int], change: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    stripes = np.cos(2 * np.pi * x / rng.uniform(3, 20)) + 0.3 * np.cos(2 * np.pi * (x + 2 * y) / rng.uniform(6, 20))
    crop = (0.5 + 0.2 * stripes + 0.1 * rng.normal(size=shape_hw)).astype(np.float32)
    vectors = SpectrumEncoder().encode([crop, change(crop)])
    np.testing.assert_allclose(vectors[1], vectors[0], atol=1e-5)


@pytest.mark.parametrize("cell", [SQUARE, HEXAGONAL, WIDE])
@pytest.mark.parametrize("rotation_deg", [20.0, 37.0])
def test_a_turned_lattice_is_nearer_than_another(cell: tuple[float, float], rotation_deg: float) -> None:
    crop = crop_of(cell)
    turned = distance(crop, crop_of(cell, rotation_deg=rotation_deg))
    others = [distance(crop, crop_of(other)) for other in (SQUARE, HEXAGONAL, WIDE) if other != cell]
    assert 4 * turned < min(others)


@pytest.mark.parametrize("cell", [SQUARE, HEXAGONAL, WIDE])
def test_a_smaller_crop_of_a_lattice_is_nearer_than_another_lattice(cell: tuple[float, float]) -> None:
    crop, smaller = crop_of(cell, 60), crop_of(cell, 40, seed=1)
    for other in (SQUARE, HEXAGONAL, WIDE):
        if other != cell:
            assert distance(crop, smaller) < 0.7 * min(distance(crop, crop_of(other, side)) for side in (40, 60))


def test_periods_are_farther_apart_than_noise() -> None:
    first = [crop_of(SQUARE, noise=0.1, seed=seed) for seed in range(6)]
    second = [crop_of((10.5, 90.0), noise=0.1, seed=seed) for seed in range(6, 12)]
    vectors = SpectrumEncoder().encode(first + second)
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    assert apart[:6, 6:].min() > 1.5 * max(apart[:6, :6].max(), apart[6:, 6:].max())


def test_a_ring_holds_its_wavelength() -> None:
    # Rings are equally wide in log frequency from 40 px (ring 0) to 2.5 px (ring 11).
    x = np.arange(100)
    for ring in range(1, 11):
        wavelength = 40 * (2.5 / 40) ** (ring / 11)
        stripes = np.tile(0.5 + 0.3 * np.cos(2 * np.pi * x / wavelength), (100, 1)).astype(np.float32)
        profile = SpectrumEncoder().encode([stripes])[0, :12]
        assert np.argmax(profile) == ring
        assert (profile**2).sum() == pytest.approx(1, abs=1e-5)


def test_symmetry_of_the_rings() -> None:
    # Stripes are modulated in all orders; a square lattice in 4 alone of 2, 4, 6; a hexagonal one in 6 alone.
    def strongest(crop: Crop) -> list[float]:
        symmetry = SpectrumEncoder(symmetry_weight=1.0).encode([crop])[0, 12:-2].reshape(3, 12)
        return [float(value) for value in symmetry.max(axis=1)]

    stripes = np.tile(0.5 + 0.3 * np.cos(2 * np.pi * np.arange(90) / 7), (90, 1)).astype(np.float32)
    assert min(strongest(stripes)) > 0.5
    two, four, six = strongest(crop_of(SQUARE, 90))
    assert four > 3 * max(two, six)
    two, four, six = strongest(crop_of(HEXAGONAL, 90))
    assert six > 3 * max(two, four)


def test_brightness_and_contrast() -> None:
    crop = crop_of(SQUARE)
    plain, dim = SpectrumEncoder().encode([crop, crop / 2])
    np.testing.assert_allclose(dim[:-2], plain[:-2], atol=1e-5)  # shares of the power do not change
    np.testing.assert_allclose(dim[-2:], plain[-2:] / 2, rtol=1e-4)
    assert plain[-1] == pytest.approx(3 * crop.std(), rel=1e-5)
    assert not SpectrumEncoder(brightness_weight=0.0).encode([crop])[0, -2:].any()


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape_hw", [(60, 60), (1, 1), (3, 200)])
def test_constant_crops(level: float, shape_hw: tuple[int, int]) -> None:
    vector = SpectrumEncoder().encode([np.full(shape_hw, level, np.float32)])[0]
    np.testing.assert_allclose(vector[:-2], 0, atol=1e-6)
    np.testing.assert_allclose(vector[-2:], [3 * level, 0], atol=1e-6)


def test_tiny_crops() -> None:
    vectors = SpectrumEncoder().encode([crop_of(SQUARE, side) for side in (4, 5, 8)])
    assert np.isfinite(vectors).all()


def test_of_a_large_crop_the_middle_is_described() -> None:
    crop = crop_of(SQUARE, 300)
    vectors = SpectrumEncoder().encode([crop, crop[86:-86, 86:-86]])
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_building_by_name() -> None:
    encoder = build_encoder("spectrum", n_rings=7)
    assert encoder == SpectrumEncoder(n_rings=7)
    assert encoder.name == "spectrum"
    assert build_encoder("spectrum", **json.loads(json.dumps(dict(encoder.options)))) == encoder


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("wavelet", {}, f"unknown encoder 'wavelet'.* Known are {', '.join(ENCODERS)}"),
        ("spectrum", {"rings": 3}, "spectrum has no setting 'rings'; did you mean 'n_rings'. It has n_rings, "),
        ("spectrum", {"n_rings": 1}, "n_rings=1: give a whole number, 2 or more"),
        ("spectrum", {"shortest_px": 1.9}, "shortest_px=1.9: give a number from 2 to 128"),
        ("spectrum", {"longest_px": 129}, "longest_px=129"),
        ("spectrum", {"shortest_px": 40.0}, "shortest_px=40.0: give less than longest_px=40.0"),
        ("spectrum", {"longest_px": float("nan")}, "longest_px=nan"),
    ],
)
def test_what_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build_encoder(name, **options)
    assert "\n" not in str(caught.value)
