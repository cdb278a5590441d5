"""Classical methods on a scene that they can tell apart, and what they make of any."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.benchmark.baselines import BASELINES, segment_by
from samiam.benchmark.settings import EvaluateSettings
from samiam.errors import InputError
from samiam.geometry import intersections, iou
from samiam.records import Masks, Micrograph
from samiam.settings import read_settings
from simulate import procedural_scene


def bands() -> tuple[Micrograph, Masks]:
    """Three bands of brightness with a little noise."""
    labels = np.repeat([1, 2, 3], [60, 60, 72])[:, None].repeat(192, axis=1)
    noise = np.random.default_rng(0).normal(0, 0.02, labels.shape)
    return Micrograph((labels / 4 + noise).clip(0, 1).astype(np.float32)), Masks.from_labels(labels)


# What each makes of the worst band: texture is measured in windows, and watershed knows no size.
@pytest.mark.parametrize(
    ("baseline", "least"), [("kmeans", 0.3), ("multi_otsu", 0.95), ("watershed", 0.3), ("felzenszwalb", 0.5)]
)
def test_bands_are_found(baseline: str, least: float) -> None:
    micrograph, truth = bands()
    masks = segment_by(baseline, micrograph, 3)
    assert iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1).min() > least


@pytest.mark.parametrize("baseline", BASELINES)
def test_masks_do_not_overlap_and_none_is_tiny(baseline: str) -> None:
    micrograph = procedural_scene(1, shape_hw=(130, 150)).micrograph
    masks = segment_by(baseline, micrograph, 4)
    assert np.sum(list(masks), axis=0).max() == 1
    assert masks.areas.min() >= 0.005 * 130 * 150


@pytest.mark.parametrize("baseline", ["kmeans", "multi_otsu"])
@pytest.mark.parametrize("n_materials", [1, 2, 4])
def test_the_number_of_materials_is_heeded(baseline: str, n_materials: int) -> None:
    micrograph = procedural_scene(1, shape_hw=(130, 150)).micrograph
    assert 1 <= len(segment_by(baseline, micrograph, n_materials)) <= n_materials


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")  # of scikit-learn, of an image without features
def test_an_even_image(baseline: str) -> None:
    assert len(segment_by(baseline, Micrograph(np.full((96, 96), 0.5, np.float32)), 3)) <= 40


@pytest.mark.parametrize("baselines", ["kmeans", ["nope"], ["kmeans", "nope"], None, 3])
def test_unknown_baselines(baselines: object) -> None:
    with pytest.raises(InputError, match=r"^baselines=.*: give a list, each kmeans or multi_otsu or watershed or felz"):
        read_settings(EvaluateSettings, "", {"baselines": baselines})


def test_an_unknown_baseline() -> None:
    with pytest.raises(InputError, match="known are kmeans, multi_otsu, watershed, felzenszwalb"):
        segment_by("nope", Micrograph(np.zeros((96, 96), np.float32)), 3)  # type: ignore[arg-type]
