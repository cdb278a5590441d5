"""The compact network tells another network where to look: a point in each region, the best first."""

from __future__ import annotations

import numpy as np
import pytest

from samiam import build_generator
from samiam.compact import places
from samiam.compact.generator import CompactGenerator
from samiam.compact.places import RegionPlaces
from samiam.records import Micrograph, Scene
from simulate import SceneRanges, procedural_scene

EASY = SceneRanges(
    n_materials=(3, 3), period_px=(9, 16), thinnest_layer=0.25, counts_per_pixel=(400, 400), p_islands=0, p_similar=0
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return procedural_scene(2**35 + 3, shape_hw=(320, 320), ranges=EASY)


@pytest.fixture(scope="module")
def region_places() -> RegionPlaces:
    compact = build_generator("compact", device="cpu")
    assert isinstance(compact, CompactGenerator)
    return RegionPlaces(compact.model)


def test_each_material_is_asked_for(scene: Scene, region_places: RegionPlaces) -> None:
    points_xy = region_places(scene.micrograph)
    x, y = np.rint(points_xy).astype(int).T
    assert set(np.unique(scene.labels)) - {0} <= set(scene.labels[y, x].tolist())
    assert len(np.unique(points_xy, axis=0)) == len(points_xy)
    assert region_places.sha256 == build_generator("compact", device="cpu").options["weights_sha256"]


def test_no_more_than_the_most(scene: Scene, region_places: RegionPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    every = region_places(scene.micrograph)
    monkeypatch.setattr(places, "MOST_PLACES", 2)
    np.testing.assert_array_equal(region_places(scene.micrograph), every[:2])


def test_an_image_of_one_thing_has_one_place(region_places: RegionPlaces) -> None:
    assert region_places(Micrograph(np.full((200, 300), 0.5, np.float32))).shape == (1, 2)
