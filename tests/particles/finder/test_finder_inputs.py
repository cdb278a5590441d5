from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samiam.networks.inputs import resampled
from samiam.particles.finder.inputs import standardised, stretched, working_shape

IMAGE = np.random.default_rng(0).gamma(2.0, size=(40, 50))


@pytest.mark.parametrize("seen_by", [standardised, stretched])
@given(a=st.floats(1e-6, 1e6), b=st.floats(-1e3, 1e3))
def test_scale_and_offset_do_not_matter(seen_by: object, a: float, b: float) -> None:
    found = seen_by(a * IMAGE + b)  # type: ignore[operator]
    # What is left of an image on a high offset is what the digits of a double hold of it.
    assert np.abs(found - seen_by(IMAGE)).max() < 1e-6 + 1e-12 * abs(b) / a  # type: ignore[operator]


def test_by_hand() -> None:
    # Four corners that lie on no slope: the deviations from 3 are 2, 0, 0, 0, 0, 0, 0, 0, 2, of which the mean is 4/9.
    found = standardised(np.array([[5.0, 3, 3], [3, 3, 3], [3, 3, 5]]))
    assert found == pytest.approx(np.array([[4.5, 0, 0], [0, 0, 0], [0, 0, 4.5]]))
    assert stretched(np.array([[1, 2, 5]])).tolist() == [[0.0, 0.25, 1.0]]


@pytest.mark.parametrize(("along_x", "along_y"), [(0.02, 0.0), (0.0, -0.05), (0.01, 0.03)])
def test_light_from_one_side_is_not_seen_nor_are_particles_taken_for_it(along_x: float, along_y: float) -> None:
    pixels = np.random.default_rng(1).normal(size=(120, 160))
    pixels[70:, 90:] -= 6  # dark in a corner: 18 % of the image
    lit = pixels + along_x * np.arange(160) + along_y * np.arange(120)[:, None]
    seen = standardised(pixels)
    assert np.abs(standardised(lit) - seen).max() < 1e-5
    assert np.median(seen[:60, :60]) == pytest.approx(np.median(seen[60:, :60]), abs=0.3)
    assert np.median(seen[75:, 95:]) < -3.5


@pytest.mark.parametrize("axis", [0, 1])
def test_light_that_multiplies_the_image_leaves_its_contrast_as_strong_everywhere(axis: int) -> None:
    pixels = np.random.default_rng(2).normal(10, 1, size=(300, 300))
    light = np.exp(np.linspace(0, np.log(3), 300))
    seen = standardised(pixels * np.expand_dims(light, 1 - axis))
    one_side, other = seen.take(range(60), axis), seen.take(range(240, 300), axis)
    noise = [np.diff(side, axis=axis).std() for side in (one_side, other)]  # what light left is slow
    assert noise[1] / noise[0] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("a", "b"), [(2.0, 5.0), (1.0, 100.0), (0.01, -3.0)])
def test_scale_and_offset_of_a_lit_image_do_not_matter_nor_does_its_side(a: float, b: float) -> None:
    lit = np.random.default_rng(2).normal(10, 1, size=(256, 300)) * np.linspace(1, 3, 300)
    seen = standardised(lit)
    assert np.abs(standardised(a * lit + b) - seen).max() < 1e-4
    assert np.abs(standardised(lit[:, ::-1])[:, ::-1] - seen).max() < 0.5  # blocks begin elsewhere


def test_what_is_cut_off_at_black_is_no_light() -> None:
    pixels = np.random.default_rng(4).normal(10, 1, size=(300, 300)) * np.linspace(0.2, 3, 300)
    pixels[:, :150] = 0
    assert standardised(pixels)[:, 200:].std() > 0.3


def test_particles_on_one_side_are_no_light() -> None:
    pixels = np.random.default_rng(3).normal(10, 1, size=(300, 300))
    pixels[:, 180:] = 10 + 4 * (pixels[:, 180:] - 10)
    seen = standardised(pixels)
    assert seen[:, 180:].std() / seen[:, :180].std() > 3.5


def test_of_mostly_one_value_the_rest_is_still_seen() -> None:
    sparse = np.zeros((10, 10))
    sparse[0, 0] = 2.0
    assert standardised(sparse)[0, 0] == 8.0
    assert not standardised(np.full((4, 4), 0.3)).any()
    assert not stretched(np.full((4, 4), 0.3)).any()


def test_lattices_are_looked_at_on_pixels_of_one_size_and_shadows_magnified() -> None:
    assert [working_shape((100, 201), size) for size in (0.02, 0.04, 0.1)] == [(50, 100), (100, 201), (250, 502)]
    assert [working_shape((100, 200), size) for size in (0.11, 0.5)] == [(200, 400), (200, 400)]
    assert working_shape((1200, 1000), 0.5) == (1536, 1280)
    assert working_shape((4000, 3000), 0.5) == (4000, 3000)
    assert working_shape((1, 1), 0.001) == (1, 1)


def test_what_coarser_pixels_cannot_show_does_not_appear_as_something_else() -> None:
    fine = np.cos(np.arange(256) * 2 * np.pi / 2.5)[None].repeat(256, axis=0)
    assert np.abs(resampled(fine, (64, 64))[4:-4, 4:-4]).max() < 0.02
    smooth = np.cos(np.arange(256) * 2 * np.pi / 64)[None].repeat(256, axis=0)
    expected = np.cos((np.arange(64) * 4 + 1.5) * 2 * np.pi / 64)
    assert np.abs(resampled(smooth, (64, 64)) - expected)[4:-4, 4:-4].max() < 0.02
    assert resampled(fine, (256, 256)).dtype == np.float32
