"""What tools see in an image by the network that ships."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam import build_encoder, build_generator
from samiam.boosting import SemanticBooster
from samiam.records import Micrograph
from samiam.texture.pose import UPRIGHT, Pose
from samiam.viewer.areas import Area
from samiam.viewer.seeing.method import Method
from samiam.viewer.seeing.sight import Sight
from simulate import procedural_scene
from tests.made_crystals import across, crystal

METHOD = Method(lambda: (build_generator("compact"), SemanticBooster(build_encoder("compact"))))


def part_of(seed: int, pose: Pose) -> NDArray[np.bool_]:
    """The smaller part of a random scene in a pose, as the scene itself is."""
    pixels = np.ascontiguousarray(pose.apply(procedural_scene(seed, shape_hw=(240, 330)).micrograph.pixels))
    whole = Area.of(np.ones(pixels.shape, np.bool_))
    return pose.undo(Sight(Micrograph(pixels), METHOD).smaller_part(whole).mask(pixels.shape))


@pytest.mark.parametrize("seed", [1, 3, 13])
def test_a_turned_image_is_split_alike(seed: int) -> None:
    part = part_of(seed, UPRIGHT)
    assert 0 < part.sum() <= part.size / 2 + 1
    for pose in (Pose(True, False, True), Pose(False, True, False)):
        np.testing.assert_array_equal(part_of(seed, pose), part)


@pytest.mark.parametrize("pose", [UPRIGHT, Pose(True, False, True)])
def test_a_crystal_is_split_at_a_step_that_no_texture_shows(pose: Pose) -> None:
    _, v = across()
    pixels = np.ascontiguousarray(pose.apply(crystal(0.06 * (v > 40))))
    whole = Area.of(np.ones(pixels.shape, np.bool_))
    part = Sight(Micrograph(pixels), METHOD).smaller_part(whole).mask(pixels.shape)
    assert np.mean(pose.undo(part) == (v > 40)) > 0.98
