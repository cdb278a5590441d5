"""What tools see in an image by the network that ships."""

from __future__ import annotations

import subprocess
import sys

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


ENDING = """
import threading
import time
import numpy as np
from samiam.records import Micrograph
from samiam.viewer.seeing.sight import Sight

class Slow(Sight):
    def __init__(self):
        self.micrograph = Micrograph(np.zeros((8, 8), np.float32))
        self.has_begun = threading.Event()

    def next_numbers(self):
        return [2, 3, 4]

    def meant(self, *_):
        print("clicks", flush=True)

    def result(self, number):
        print(number, flush=True)
        self.has_begun.set()
        time.sleep(0.5)
        print("found", flush=True)

slow = Slow()
slow.work_ahead()
slow.has_begun.wait()
"""


def test_what_is_worked_out_ahead_comes_to_its_end_with_the_program_and_nothing_else_begins() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (0, ["clicks", "2", "found"], "")
