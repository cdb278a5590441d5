from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from made_fringes import gold, support, with_discs
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.particles import FAULT_CLASSES, Dropped, FaultDetection, Found, find_particles
from samiam.particles.faults.region import Region
from samiam.records import Masks, Micrograph


class BrightPatches:
    """Finds what is above a level, as connected parts; two pixels or fewer are too small."""

    name = "bright patches"
    options: Mapping[str, Any] = {}

    def __init__(self, above: float = 0.5) -> None:
        self.above = above
        self.seen: list[tuple[tuple[int, ...], float]] = []

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        self.seen.append((pixels.shape, pixel_size_nm))
        parts, n = ndimage.label(pixels > self.above)
        large = [parts == part for part in range(1, n + 1) if (parts == part).sum() > 2]
        boxes = ndimage.find_objects(parts)
        small = [
            Dropped("too small", 1.0, 2.0, (box[1].start, box[0].start, box[1].stop - box[1].start, 1))
            for part, box in enumerate(boxes, start=1)
            if (parts == part).sum() <= 2
        ]
        return Found(Masks.from_arrays(large, pixels.shape, predicted_iou=[0.8] * len(large)), small)


def scene() -> NDArray[np.float32]:
    pixels = np.zeros((80, 100), np.float32)
    pixels[10:20, 30:44] = pixels[40:50, 90:99] = pixels[60:61, 20:22] = 1
    return pixels


def test_masks_edges_and_what_was_dropped() -> None:
    found = find_particles(Micrograph(scene(), pixel_size_nm=0.5, name="made"), faults=False, finder=BrightPatches())
    assert found.masks.boxes_xywh.tolist() == [[30, 10, 14, 10], [90, 40, 9, 10]]
    assert found.touches_edge.tolist() == [False, True]
    assert [(one.rule, one.box_xywh) for one in found.dropped] == [("too small", (20, 60, 2, 1))]
    assert (found.pixel_size_from, found.classes, found.probabilities) == ("file", (), None)
    assert found.masks.predicted_iou.tolist() == pytest.approx([0.8, 0.8])
    assert found.remark == "pixels of 0.5 nm show no lattice: particles are found by their contrast alone"


class ByWidth:
    """Takes what is wider than high for faulty, unless it is low: that it takes for bare support."""

    name = "by width"
    confidence = 0.7
    detection = FaultDetection(faulty=10, found=9, faultless=10, cleared=8)
    options: Mapping[str, Any] = {}

    def probabilities(self, regions: Sequence[Region]) -> NDArray[np.float32]:
        said = []
        for region in regions:
            height, width = (np.ptp(at) + 1 for at in np.nonzero(region.inside))
            named = "empty" if height < 30 else "stacking fault" if width > height else "no fault"
            said.append([0.8 if name == named else 0.05 for name in FAULT_CLASSES])
        return np.array(said, np.float32).reshape(-1, len(FAULT_CLASSES))


def test_faults_are_told_and_what_looks_like_bare_support_is_kept_as_unsure() -> None:
    pixels = np.zeros((80, 100), np.float32)
    pixels[10:35, 5:45] = pixels[45:75, 5:25] = pixels[40:44, 60:80] = 1
    micrograph = Micrograph(pixels, pixel_size_nm=0.08)
    found = find_particles(micrograph, finder=BrightPatches(), classifier=ByWidth())
    assert found.masks.boxes_xywh.tolist() == [[5, 10, 40, 25], [60, 40, 20, 4], [5, 45, 20, 30]]
    assert found.classes == ("stacking fault", "unsure", "no fault")
    assert found.probabilities is not None
    assert found.probabilities.argmax(axis=1).tolist() == [1, 4, 0]
    assert found.touches_edge.shape == (3,)
    assert found.detection == ByWidth.detection
    assert len(found.dropped) == 0
    nothing = find_particles(Micrograph(0 * pixels, pixel_size_nm=0.08), finder=BrightPatches(), classifier=ByWidth())
    assert (nothing.classes, nothing.dropped) == ((), [])


def test_what_is_not_shown_holds_no_particle_and_is_an_edge() -> None:
    shown = np.zeros((80, 100), np.bool_)
    shown[5:70, 10:97] = True
    finder = BrightPatches()
    found = find_particles(Micrograph(scene(), pixel_size_nm=0.5, shown=shown), finder=finder)
    assert set(finder.seen) == {((65, 87), 0.5)}
    assert found.masks.boxes_xywh.tolist() == [[30, 10, 14, 10], [90, 40, 7, 10]]
    assert found.touches_edge.tolist() == [False, True]
    assert found.dropped[0].box_xywh == (20, 60, 2, 1)
    shown[:, 42:46] = False  # a bar through the first
    found = find_particles(Micrograph(scene(), pixel_size_nm=0.5, shown=shown), finder=finder)
    assert not any((mask & ~shown).any() for mask in found.masks)
    assert found.touches_edge.tolist() == [True, True]


def test_pixels_that_are_not_square_are_made_so() -> None:
    finder = BrightPatches()
    found = find_particles(Micrograph(scene(), pixel_size_nm=0.5, pixel_aspect=2.0), finder=finder)
    assert set(finder.seen) == {((160, 100), 0.5)}
    assert found.masks.boxes_xywh[0].tolist() == pytest.approx([30, 10, 14, 10], abs=1)
    assert found.micrograph.pixel_aspect == 2.0


def test_a_size_that_is_given_goes_before_the_file_s() -> None:
    finder = BrightPatches()
    found = find_particles(Micrograph(scene(), pixel_size_nm=0.5), pixel_size_nm=0.7, finder=finder)
    assert (finder.seen[0][1], found.micrograph.pixel_size_nm, found.pixel_size_from) == (0.7, 0.7, "given")


def test_the_size_by_the_fringes() -> None:
    pixels = with_discs((512, 512), (200, 220, 110, gold(0.02, 10)), (400, 420, 60, gold(0.02, 47)))
    found = find_particles(Micrograph(pixels), material="Au", finder=BrightPatches(above=1))
    assert found.pixel_size_from == "fringes"
    assert found.micrograph.pixel_size_nm == pytest.approx(0.02, rel=0.02)


def test_refusals() -> None:
    with pytest.raises(InputError, match="give pixel_size_nm"):
        find_particles(Micrograph(scene()), finder=BrightPatches())
    with pytest.raises(InputError, match="material='Xx'"):
        find_particles(Micrograph(scene(), pixel_size_nm=0.5), material="Xx", finder=BrightPatches())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pixel_size_nm": 1e9}, "none that an electron microscope has"),
        ({"pixel_size_nm": 0.04, "invert": "no"}, "invert='no'"),
        ({"pixel_size_nm": 0.04, "faults": 1}, "faults=1"),
    ],
)
def test_arguments_that_are_none(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_particles(Micrograph(np.full((64, 64), 0.5)), finder=BrightPatches(), **given)


def test_what_there_is_to_say() -> None:
    nothing = BrightPatches(above=1)
    flat = Micrograph(np.clip(support((300, 300)) / 20 + 0.3, 0, 0.49), pixel_size_nm=0.04)
    assert find_particles(flat, finder=BrightPatches()).remark == "no particle is found"
    pixels = with_discs((512, 512), (200, 220, 110, gold(0.04, 10)), (400, 420, 60, gold(0.04, 47)))
    wrong = find_particles(Micrograph(pixels, pixel_size_nm=0.05), material="Au", finder=nothing).remark
    assert re.match(r"the fringes are those of Au at 0\.0(4\d*|399) nm/px, not at 0\.05: is that the pixel", str(wrong))
    right = find_particles(Micrograph(pixels, pixel_size_nm=0.04), material="Au", finder=nothing)
    assert right.remark == "no particle is found"


@pytest.mark.parametrize(
    ("size_nm", "said"),
    [
        (
            0.4,
            r"show no lattice.*the fringes are those of Au at 0\.0(4|399)\d* nm/px, not at 0\.4: is that",
        ),
        (0.004, r"fringes are 0\.02\d* nm apart at 0\.004 nm/px, as hardly any lattice's"),
        (0.0432, r"the fringes are those of Au at 0\.0(4|399)\d* nm/px, not at 0\.0432"),
        (0.0412, r"^no particle is found"),
    ],
)
def test_a_size_that_the_material_contradicts(size_nm: float, said: str) -> None:
    pixels = with_discs((512, 512), (200, 220, 110, gold(0.04, 10)), (400, 420, 60, gold(0.04, 47)))
    found = find_particles(Micrograph(pixels), pixel_size_nm=size_nm, material="Au", finder=BrightPatches(above=1))
    assert re.search(said, str(found.remark))
