from __future__ import annotations

import json
import pickle
from functools import partial

import numpy as np
import pytest
from scipy import ndimage

from samiam.errors import InputError
from samiam.records import Scene
from simulate.scenes.benchmark import Recipe
from simulate.scenes.dose_and_drift import scene_under

SMALL = Recipe("a", "LaMnO3-buried", 5, side_px=220)
PARTLY_IN_VIEW = Recipe("b", "LSFO-film", 33, side_px=100)


def electrons(scene: Scene) -> np.ndarray:
    """What the detector counted in each pixel, read-out noise included."""
    low, high = scene.micrograph.metadata["clip_values"]
    detector = scene.parameters["detector"]
    counts = low + (high - low) * scene.micrograph.pixels.astype(np.float64)
    return np.asarray((counts - detector["offset_counts"]) / detector["gain_counts_per_e"])


def inner(image: np.ndarray) -> np.ndarray:
    return image[20:-20, 20:-20]


@pytest.fixture(scope="module")
def taken() -> Scene:
    return SMALL.expose().scene("a")


@pytest.fixture(scope="module")
def sharp() -> Scene:
    """With so many electrons that their number hardly varies."""
    return scene_under(SMALL, dose=100)


def test_as_taken_is_the_benchmark_s(taken: Scene) -> None:
    found = scene_under(SMALL)
    np.testing.assert_array_equal(found.micrograph.pixels, taken.micrograph.pixels)
    np.testing.assert_array_equal(found.labels, taken.labels)
    assert found.parameters == taken.parameters


@pytest.mark.parametrize("dose", [0.5, 0.125])
def test_fewer_electrons_of_the_same_specimen(taken: Scene, sharp: Scene, dose: float) -> None:
    found = scene_under(SMALL, dose=dose)
    np.testing.assert_array_equal(found.labels, taken.labels)
    np.testing.assert_array_equal(found.grains, taken.grains)
    expected = electrons(sharp) / 100 * dose
    noise = electrons(found) - expected
    assert noise.mean() == pytest.approx(0, abs=0.02 * expected.mean())
    readout_e = taken.parameters["acquisition"]["readout_e"]
    assert noise.var() == pytest.approx(expected.mean() + readout_e**2, rel=0.05)  # Poisson's


def test_difficulty_and_weights_are_those_of_the_scene_as_taken(taken: Scene) -> None:
    """So noisy that a judge would call it harder."""
    found = scene_under(SMALL, dose=0.002)
    assert found.difficulty == taken.difficulty
    assert list(found.weights) == list(taken.weights)
    assert found.parameters["difficulty"] == taken.parameters["difficulty"]
    assert found.parameters["family"] == SMALL.family
    assert found.parameters["acquisition"]["dose_e_per_A2"] == pytest.approx(
        0.002 * taken.parameters["acquisition"]["dose_e_per_A2"]
    )
    json.dumps(found.parameters)


def test_drift_displaces_image_and_truth_alike(taken: Scene, sharp: Scene) -> None:
    """The specimen moves by a tenth of the frame from the first line to the last, by half of that from the middle."""
    found = scene_under(SMALL, dose=100, drift=0.1)
    x_A_per_s, y_A_per_s = taken.parameters["acquisition"]["scan"]["drift_A_per_s"]
    share = np.array([y_A_per_s, x_A_per_s]) / np.hypot(x_A_per_s, y_A_per_s)
    places = np.indices(found.labels.shape).astype(np.float64)
    since_middle = (places[0] - 109.5) / 220
    moved = places - (0.1 * 220 * share)[:, None, None] * since_middle
    labels = ndimage.map_coordinates(sharp.labels, moved, order=0, mode="nearest")
    assert (inner(labels) == inner(found.labels)).mean() > 0.99
    pixels = ndimage.map_coordinates(sharp.micrograph.pixels, moved, order=3, mode="nearest")
    alike = [
        np.corrcoef(inner(image).ravel(), inner(found.micrograph.pixels).ravel())[0, 1]
        for image in (pixels, sharp.micrograph.pixels)
    ]
    assert alike[0] > 0.8 > 0.5 > alike[1]


def test_a_material_that_drift_brings_into_view_has_a_weight() -> None:
    assert list(scene_under(PARTLY_IN_VIEW).materials) == ["LaFeO3"]
    found = scene_under(PARTLY_IN_VIEW, drift=0.1)
    assert list(found.materials) == ["LaFeO3", "La0.8Sr0.2FeO3"]
    assert len(found.weights) == 2


def test_it_can_be_sent_to_a_worker(taken: Scene) -> None:
    make = pickle.loads(pickle.dumps(partial(scene_under, SMALL, dose=1.0)))
    np.testing.assert_array_equal(make().micrograph.pixels, taken.micrograph.pixels)


def test_refusals() -> None:
    with pytest.raises(InputError, match="no scene 'nope' in the benchmark"):
        scene_under("nope", dose=0.5)
    with pytest.raises(InputError, match=r"dose_e_per_A2=0\.0: give a number above 0"):
        scene_under(SMALL, dose=0)
