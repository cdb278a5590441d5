"""What light does slowly over an image is taken out; what materials do is not."""

from __future__ import annotations

import numpy as np
import pytest
from made_images import two_lattices
from numpy.typing import NDArray

from samiam import segment
from samiam.artefacts.illumination import evenly_lit
from samiam.records import Cutout, Micrograph

SHAPE_HW = (256, 320)
IMAGE = two_lattices(SHAPE_HW)
RIGHT = np.arange(SHAPE_HW[1]) >= SHAPE_HW[1] // 2
Y, X = (np.linspace(-1, 1, side) for side in SHAPE_HW)
ALONG_X = np.ones((SHAPE_HW[0], 1)) * (X + 1) / 2
FALLING_OFF = 1 - (Y[:, None] ** 2 + X**2) / 2
LIGHTS = {
    "a slope": 0.2 + 0.8 * ALONG_X,
    "a slope the other way": 1 - 0.8 * ALONG_X,
    "exponential": np.exp(np.log(5) * (ALONG_X - 1)),
    "towards the corners": 0.2 + 0.8 * FALLING_OFF,
}
OFFSETS = {"a slope": 4 * ALONG_X, "towards the corners": 4 * FALLING_OFF}


def seen(image: NDArray[np.float64], dose: float = 400) -> NDArray[np.float32]:
    """With Poisson noise, from 0 to 1."""
    counts = np.random.default_rng(0).poisson(dose * image)
    return np.asarray(counts / counts.max(), np.float32)


def likeness(image: NDArray[np.float32]) -> float:
    """Correlation with the two lattices under even light."""
    return float(np.corrcoef(image.ravel(), IMAGE.ravel())[0, 1])


def cases() -> dict[str, NDArray[np.float64]]:
    times = {f"{name}, a factor": IMAGE * light for name, light in LIGHTS.items()}
    return times | {f"{name}, an offset": IMAGE + offset for name, offset in OFFSETS.items()}


@pytest.mark.parametrize("name", cases())
def test_light_that_changes_five_fold_is_taken_out(name: str) -> None:
    pixels = seen(cases()[name])
    evened = evenly_lit(pixels)
    assert evened is not None
    assert likeness(evened.pixels) > max(0.9, likeness(pixels) + 0.02)
    assert evened.words.startswith("brightness" if "offset" in name else "contrast")
    assert (evened.pixels.dtype, evened.pixels.min(), evened.pixels.max()) == (np.float32, 0, 1)


@pytest.mark.parametrize("name", ["a slope, a factor", "a slope, an offset"])
def test_two_lattices_under_it_are_told_apart(name: str) -> None:
    found = segment(Micrograph(seen(cases()[name])), 2)
    halves = [found.labels[:, is_side] for is_side in (~RIGHT, RIGHT)]
    shares = [np.bincount(half.ravel(), minlength=3)[1:] / half.size for half in halves]
    assert np.abs(shares[0] - shares[1]).min() > 0.95
    assert found.micrograph is not None
    assert "evened" in found.micrograph.metadata


@pytest.mark.parametrize(
    "image",
    [
        IMAGE,
        np.where(RIGHT, 1.0, 0.2) * IMAGE,
        np.where(RIGHT, 4.0, 0.0) + IMAGE,
        np.repeat([1.0, 3.0, 0.5, 2.0], SHAPE_HW[0] // 4)[:, None] * IMAGE,
        np.where(Y[:, None] ** 2 + X**2 < 0.3, 5.0, 1.0) * IMAGE,
        IMAGE * (0.8 + 0.2 * ALONG_X),
    ],
    ids=["even light", "a brighter crystal", "a brighter ground", "layers", "a particle", "weakly uneven light"],
)
def test_what_materials_do_stays(image: NDArray[np.float64]) -> None:
    assert evenly_lit(seen(image)) is None


@pytest.mark.parametrize(("side", "period_px"), [(512, 51.0), (571, 39.9), (571, 69.5), (700, 84.3)])
def test_layers_as_wide_as_a_block_do_not_beat_with_it(side: int, period_px: float) -> None:
    y, x = np.mgrid[:side, :side]
    layers = np.maximum(0, np.cos(2 * np.pi * y / period_px)) ** 1.5
    assert evenly_lit(seen(0.1 + layers * (1 + 0.7 * np.cos(2 * np.pi * x / 12.3)))) is None


def test_too_small_blank_or_nothing_but_light() -> None:
    assert evenly_lit(np.random.default_rng(0).random((40, 400), np.float32)) is None
    assert evenly_lit(np.zeros(SHAPE_HW, np.float32)) is None
    assert evenly_lit(ALONG_X.astype(np.float32)) is None


def test_a_method_sees_it_evened_and_the_micrograph_stays() -> None:
    whole = Micrograph(seen(IMAGE + OFFSETS["a slope"]), 0.02, "lit", {"path": "lit.tif"})
    cutout = Cutout.of(whole)
    np.testing.assert_array_equal(cutout.whole.pixels, whole.pixels)
    assert cutout.whole.metadata["path"] == "lit.tif"
    assert cutout.whole.metadata["evened"].startswith("brightness that changes slowly, by ")
    assert (cutout.micrograph.name, cutout.micrograph.pixel_size_nm) == ("lit", 0.02)
    assert likeness(cutout.micrograph.pixels) > 0.9 > likeness(whole.pixels)


def test_a_method_that_wants_the_light_sees_it() -> None:
    whole = Micrograph(seen(IMAGE + OFFSETS["a slope"]), 0.02)
    cutout = Cutout.of(whole, evened=False)
    assert cutout.micrograph is cutout.whole is whole
