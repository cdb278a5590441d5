"""Which way round an image is looked at, and that it is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from made_dark_field import dark_field
from made_fringes import gold, support, waves
from numpy.typing import NDArray

from samiam.particles import Found, find_particles
from samiam.particles.polarity import Look, is_dark_field, is_scanned, look
from samiam.records import Masks, Micrograph

PIXELS, DISCS = dark_field((256, 256), (128, 120, 60, 10))
GAP = Masks.from_arrays([np.indices((256, 256))[1] > 216])
Floats = NDArray[np.float64]


class Told:
    """Finds the gap in an image that is mostly dark, the disc in one that is mostly bright, as sure as it is told."""

    name = "told"
    options: Mapping[str, Any] = {}

    def __init__(self, as_it_is: float | None, inverted: float | None) -> None:
        self.sureness = {False: as_it_is, True: inverted}
        self.seen: list[tuple[NDArray[np.float32], float]] = []

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        self.seen.append((pixels, pixel_size_nm))
        is_inverted = bool(np.median(pixels) > 0.5)
        sureness = self.sureness[is_inverted]
        if sureness is None:
            return Found(Masks.empty(pixels.shape), ())
        (mask,) = DISCS if is_inverted else GAP
        return Found(Masks.from_arrays([mask], predicted_iou=[sureness]), ())


def looked(finder: Told, pixels: NDArray[np.float32] = PIXELS, size_nm: float = 0.04, **given: Any) -> Look:
    return look(finder, pixels, size_nm, **given)


@pytest.mark.parametrize(
    ("detector", "dark", "scanned"),
    [
        ("HAADF", True, True),
        ("STEM HAADF", True, True),
        ("DF4", True, True),
        ("STEM adf #2", True, True),
        ("BF", False, True),
        ("STEM ABF", False, True),
        ("STEM BF-DF sum", False, True),
        ("STEM SI Survey Image", False, True),
        ("BM-Ceta", False, False),
        ("PDF", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_what_a_detector_is_called(detector: str | None, dark: bool, scanned: bool) -> None:
    assert (is_dark_field(detector), is_scanned(detector)) == (dark, scanned)


def test_bright_particles_that_are_surer_inverted_are_looked_at_so() -> None:
    finder = Told(0.7, 0.9)
    found = looked(finder)
    assert (found.is_inverted, found.found.masks.areas.tolist()) == (True, DISCS.areas.tolist())
    assert str(found.remark).startswith("bright particles, as in dark field: looked at inverted, which is surer (0.90 ")
    assert "0.70" in str(found.remark)
    assert "--no-invert" in str(found.remark)
    np.testing.assert_array_equal(finder.seen[1][0], 1 - PIXELS)
    assert [size_nm for _, size_nm in finder.seen] == [0.04, 0.04]


def test_so_are_those_beside_which_nothing_is_found() -> None:
    assert looked(Told(None, 0.9)).is_inverted


@pytest.mark.parametrize(
    ("as_it_is", "inverted"), [(0.7, 0.69), (0.5, 0.6), (0.7, None), (None, None), (np.nan, np.nan)]
)
def test_they_are_not_where_the_finder_is_not_sure(as_it_is: float | None, inverted: float | None) -> None:
    found = looked(Told(as_it_is, inverted))
    assert (found.is_inverted, found.remark) == (False, None)
    assert len(found.found.masks) == (as_it_is is not None)


@pytest.mark.parametrize("as_it_is", [0.87, 0.92])
def test_they_are_not_where_they_are_hardly_surer_but_are_told_of(as_it_is: float) -> None:
    found = looked(Told(as_it_is, 0.9))
    assert (found.is_inverted, found.found.masks.areas.tolist()) == (False, GAP.areas.tolist())
    assert f"(IoU of 0.90 expected, {as_it_is:.2f} of the dark)" in str(found.remark)
    assert "--invert" in str(found.remark)


def test_what_is_sure_as_it_is_is_not_looked_at_twice() -> None:
    finder = Told(0.94, 1.0)
    assert not looked(finder).is_inverted
    assert len(finder.seen) == 1


FRINGES = waves((256, 256), *gold(0.04, 10))
QUIET, LOUD = support((256, 256), 1), 3 * support((256, 256), 2)


@pytest.mark.parametrize(
    ("in_disc", "in_gap", "elsewhere", "is_inverted"),
    [
        (LOUD + 3 * FRINGES, QUIET, QUIET, True),
        (QUIET, LOUD, LOUD, False),  # a hole is smooth
        (LOUD, QUIET, QUIET, False),  # shot noise is no lattice
        (QUIET + FRINGES, LOUD, LOUD, False),  # hardly to be seen beside the support
        (LOUD + 1.5 * FRINGES, QUIET + 2 * FRINGES, QUIET, False),  # the particle is the dark one
    ],
    ids=["a crystal", "smooth", "noisy", "smooth and crystalline", "beside a crystal"],
)
def test_bright_particles_are_rough_and_crystalline(
    in_disc: Floats, in_gap: Floats, elsewhere: Floats, is_inverted: bool
) -> None:
    image = np.where(DISCS[0], in_disc + 8, np.where(GAP[0], in_gap, elsewhere))
    found = looked(Told(0.7, 0.95), np.clip(image / 60 + 0.3, 0, 1).astype(np.float32))
    assert found.is_inverted == is_inverted
    holes = "holes of the support, or particles in dark field, for which give --invert (invert=True)"
    assert (holes in str(found.remark)) != is_inverted


def test_what_is_dark_is_no_bright_particle() -> None:
    found = looked(Told(0.6, 0.9), np.where(DISCS[0], 0.0, 0.4 + PIXELS / 4).astype(np.float32))
    assert (found.is_inverted, found.remark) == (False, None)


@pytest.mark.parametrize("size_nm", [0.04, 0.2])
def test_where_nobody_wants_it_it_is_not(size_nm: float) -> None:
    finder = Told(0.6, 0.95)
    for detector in (None, "HAADF"):
        found = looked(finder, size_nm=size_nm, invert=False, detector=detector)
        assert (found.is_inverted, found.remark) == (False, None)
    assert len(finder.seen) == 2


@pytest.mark.parametrize("detector", [None, "HAADF"])
def test_bright_shadows_that_are_surer_inverted_need_no_lattice(detector: str | None) -> None:
    smooth = np.where(DISCS[0], 0.8, 0.2).astype(np.float32)
    found = looked(Told(0.7, 0.8), smooth, size_nm=0.2, detector=detector)
    assert (found.is_inverted, found.found.masks.areas.tolist()) == (True, DISCS.areas.tolist())
    assert str(found.remark).startswith("bright particles, as in dark field: looked at inverted, which is surer (0.80 ")


@pytest.mark.parametrize(("as_it_is", "inverted"), [(0.7, 0.75), (0.85, 0.87)])
def test_shadows_that_are_not_sure_enough_inverted_are_told_of(as_it_is: float, inverted: float) -> None:
    found = looked(Told(as_it_is, inverted), size_nm=0.2)
    assert (found.is_inverted, found.found.masks.areas.tolist()) == (False, GAP.areas.tolist())
    assert f"(IoU of {inverted:.2f} expected, {as_it_is:.2f} of the dark)" in str(found.remark)


class Noisy(Told):
    """As it is it finds the disc, inverted the brightest tenth of it."""

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        self.seen.append((pixels, pixel_size_nm))
        is_inverted = bool(np.median(pixels) > 0.5)
        (disc,) = DISCS
        mask = disc & (pixels < np.quantile(pixels[disc], 0.1)) if is_inverted else disc
        return Found(Masks.from_arrays([mask], predicted_iou=[self.sureness[is_inverted]]), ())


def test_bright_shadows_that_are_found_as_they_are_stay_so() -> None:
    found = looked(Noisy(0.8, 0.9), size_nm=0.2)
    assert (found.is_inverted, found.remark, found.found.masks.areas.tolist()) == (False, None, DISCS.areas.tolist())


def test_dark_field_by_its_file_is_looked_at_inverted_however_sure() -> None:
    found = looked(Told(0.99, None), detector="STEM HAADF")
    assert (found.is_inverted, len(found.found.masks)) == (True, 0)
    assert str(found.remark).startswith("the file says STEM HAADF, where particles are bright: looked at inverted")


@pytest.mark.parametrize("size_nm", [0.04, 0.2])
def test_one_may_ask_for_it(size_nm: float) -> None:
    found = looked(Told(0.99, 0.5), size_nm=size_nm, invert=True, detector="BM-Ceta")
    assert (found.is_inverted, found.remark) == (True, "looked at inverted, as asked")


class Sees:
    """Keeps what a classifier of faults is shown."""

    name = "sees"
    confidence = 0.7
    detection = None
    options: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.inside: list[float] = []

    def probabilities(self, regions: Any) -> NDArray[np.float32]:
        self.inside += [float(region.pixels[region.inside].mean()) for region in regions]
        return np.full((len(regions), 5), 0.2, np.float32)


def test_particles_keep_the_image_and_say_how_it_was_looked_at() -> None:
    micrograph = Micrograph(PIXELS, 0.04, metadata={"detector": "HAADF"})
    classifier = Sees()
    found = find_particles(micrograph, finder=Told(0.9, 0.9), classifier=classifier)
    assert (found.is_inverted, found.micrograph) == (True, micrograph)
    assert classifier.inside == [pytest.approx(1 - PIXELS[DISCS[0]].mean(), abs=0.02)]
    assert "the file says HAADF" in str(found.remark)
    assert "learnt from HRTEM" in str(found.remark)


@pytest.mark.parametrize(("detector", "size_nm", "said"), [("BF", 0.04, True), ("BF", 0.2, False), (None, 0.04, False)])
def test_stem_is_told_of_where_a_lattice_shows(detector: str | None, size_nm: float, said: bool) -> None:
    facts = {} if detector is None else {"detector": detector}
    found = find_particles(Micrograph(PIXELS, size_nm, metadata=facts), finder=Told(0.95, 0.5), faults=False)
    assert not found.is_inverted
    assert ("taken with STEM (BF)" in str(found.remark)) == said
