"""Scenes of uneven lamellae: what is drawn, and that each effect changes what it is there to change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from samiam.errors import InputError
from simulate.imaging.stem import Optics, Scan
from simulate.library.entries import entry_name
from simulate.library.responses import responses
from simulate.scenes.acquisition import Acquisition
from simulate.scenes.benchmark import BENCHMARK
from simulate.scenes.dataset import encode
from simulate.scenes.dose_and_drift import scene_under
from simulate.scenes.exposure import ideal_image
from simulate.scenes.families import FAMILIES
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import Raster
from simulate.scenes.realistic import Unevenness, realistic
from simulate.specimen.lamella import Lamella, Nanocrystals
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import build_stack

CELL_A = 3.905
CELL = CELL_A / 0.25  # in pixels of the raster below


class TestWhatIsDrawn:
    def test_the_same_number_gives_the_same_bytes(self) -> None:
        once, again, other = (encode(realistic(number, side_px=64))[1] for number in (5, 5, 12))
        assert once == again
        assert list(once.values()) != list(other.values())

    def test_names_families_and_seeds_are_their_own(self) -> None:
        drawn = [realistic(number) for number in range(100)]
        assert len({found.name for found in drawn}) == len({found.seed for found in drawn}) == 100
        assert not {found.seed for found in drawn} & {found.seed for found in BENCHMARK}
        assert [found.family for found in drawn[: len(FAMILIES)]] == list(FAMILIES)
        with pytest.raises(InputError, match="there is no scene -1; give a number from 0 on"):
            realistic(-1)

    def test_values_lie_in_their_ranges(self) -> None:
        ranges = Unevenness()
        for number in range(50):
            specimen, acquisition = realistic(number).drawn()
            lamella = specimen.lamella
            for value, (low, high) in (
                (lamella.dechannelling, ranges.dechannelling),
                (lamella.damage_A, ranges.damage_A),
                (abs(lamella.lean_A[0]), ranges.lean_x_A),
                (lamella.thinning_A, ranges.thinning_A),
                (acquisition.contamination_A, ranges.contamination_A),
                (acquisition.spread_px, ranges.spread_px),
                (acquisition.line_noise, ranges.line_noise),
                (acquisition.optics.tail, ranges.tail),
            ):
                assert low <= value * (1 + 1e-9)
                assert value <= high * (1 + 1e-9)

    def test_no_lamella_is_thicker_than_the_library_knows(self) -> None:
        most_A = responses(entry_name("amorphous C"), 300.0, "HAADF").thickness_A[-1]
        for number in range(30):
            specimen, acquisition = realistic(number).drawn()
            half_A = 0.55 * acquisition.scan.shape_hw[0] * acquisition.scan.pixel_size_A
            stack = build_stack(np.random.default_rng(number), specimen, 2 * half_A)
            thickness_A = stack.thickness_at(*np.meshgrid(*[np.linspace(-half_A, half_A, 40)] * 2))
            assert thickness_A.max() < min(most_A, 480)

    def test_other_ranges_are_taken(self) -> None:
        even = Unevenness(relief=(0, 0), bending=(0, 0), wedge=(0, 0))
        specimen, _ = realistic(0, ranges=even).drawn()
        assert (specimen.wedge, specimen.bending_A, specimen.lamella.relief_A) == ((0.0, 0.0), 0.0, 0.0)
        with pytest.raises(InputError, match=r"relief=\(0\.2, 0\.1\): give a list of 2"):
            Unevenness(relief=(0.2, 0.1))

    def test_a_scene_can_be_exposed_again(self) -> None:
        found = realistic(0, side_px=64)
        dim = scene_under(found, dose=0.1)
        np.testing.assert_array_equal(dim.labels, found.expose().labels)


def crystal(lamella: Lamella, **changes: Any) -> np.ndarray:
    """The noise-free image of SrTiO3, 12 cells a side, without its margins."""
    specimen = Specimen((Layer("SrTiO3"),), thickness_A=200.0, lamella=lamella)
    settings = replace(Acquisition(Scan((96, 96), 0.5), 1e4, optics=Optics(source_fwhm_A=0.8)), **changes)
    stack = build_stack(np.random.default_rng(3), specimen, 60.0)
    made = ideal_image(stack, settings, (32.0, 32.0), np.random.default_rng(4), np.random.default_rng(5))
    margin = round(8 / made.pixel_A)
    return made.image[margin:-margin, margin:-margin].astype(np.float64)


def slow(image: np.ndarray) -> np.ndarray:
    return np.asarray(ndimage.gaussian_filter(image, CELL))


def contrast(image: np.ndarray) -> float:
    return float((image - slow(image)).std() / image.mean())


def contrast_variation(image: np.ndarray) -> float:
    local = np.sqrt(slow((image - slow(image)) ** 2))
    return float(local.std() / local.mean())


@pytest.fixture(scope="module")
def even() -> np.ndarray:
    return crystal(Lamella())


class TestEffects:
    def test_relief_makes_the_brightness_vary_slowly(self, even: np.ndarray) -> None:
        uneven = crystal(Lamella(relief_A=15.0))
        assert slow(uneven).std() / uneven.mean() > 5 * slow(even).std() / even.mean()
        assert slow(uneven).std() / uneven.mean() == pytest.approx(15 / 200, rel=0.5)

    def test_lost_channelling_takes_contrast_unevenly_and_hardly_light(self, even: np.ndarray) -> None:
        lossy = crystal(Lamella(dechannelling=0.3))
        assert contrast(lossy) == pytest.approx(0.7 * contrast(even), rel=0.2)
        assert contrast_variation(lossy) > 3 * contrast_variation(even)
        assert lossy.mean() == pytest.approx(even.mean(), rel=0.01)

    def test_damage_lies_as_speckle_over_the_columns(self, even: np.ndarray) -> None:
        damaged = crystal(Lamella(damage_A=40.0))
        added = damaged - even
        assert added.mean() > 0.1 * even.mean()
        assert contrast(damaged) < contrast(even)
        assert added.std() > 0.05 * added.mean()

    def test_a_tail_of_the_probe_fills_the_ground(self, even: np.ndarray) -> None:
        tailed = crystal(Lamella(), optics=Optics(source_fwhm_A=0.8, tail=0.3, tail_A=4.0))
        assert contrast(tailed) == pytest.approx(0.7 * contrast(even), rel=0.02)
        assert tailed.mean() == pytest.approx(even.mean(), rel=0.01)

    def test_contamination_varies_as_told(self, even: np.ndarray) -> None:
        flat, uneven = (
            (crystal(Lamella(), contamination_A=100.0, contamination_variation=variation) - even).std()
            for variation in (0.0, 0.8)
        )
        assert flat < 1e-6 * even.mean()
        assert uneven > 1e-3 * even.mean()

    @pytest.mark.parametrize("name", ["amorphous C", "nanocrystalline Pt"])
    def test_a_film_resolved_in_depth_is_speckled(self, name: str) -> None:
        images = []
        for by_depth in (False, True):
            raster = Raster.covering((30.0, 30.0), 0.25)
            whole = np.full(raster.planes.shape[1:], 250.0)
            rng = np.random.default_rng(1)
            deposit_film(rng, raster, name, whole, share=0.5, energy_kV=300, detector="HAADF", by_depth=by_depth)
            images.append(raster.image()[30:-30, 30:-30])
        smooth, speckled = images
        assert speckled.mean() == pytest.approx(smooth.mean(), rel=0.1)
        fine = [image - ndimage.gaussian_filter(image, 4.0) for image in images]
        assert fine[1].std() / speckled.mean() > 1.5 * fine[0].std() / smooth.mean()

    def test_nanocrystals_differ_in_brightness(self) -> None:
        images = []
        for contrast_of_grains in (0.0, 0.6):
            raster = Raster.covering((60.0, 60.0), 0.5)
            whole = np.full(raster.planes.shape[1:], 100.0)
            rng = np.random.default_rng(1)
            deposit_film(
                rng,
                raster,
                "nanocrystalline Pt",
                whole,
                share=0.6,
                energy_kV=300,
                detector="HAADF",
                nanocrystals=Nanocrystals(facets=4, contrast=contrast_of_grains),
            )
            images.append(raster.image()[20:-20, 20:-20])
        assert images[1].std() > 1.1 * images[0].std()
        assert images[1].mean() == pytest.approx(images[0].mean(), rel=0.15)
