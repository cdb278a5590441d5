"""Each effect does what it is there for, and nothing where it does not happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.records import Scene
from simulate import EFFECTS, SceneRanges, procedural_scene
from simulate.procedural.effects import EffectRanges
from simulate.procedural.phase_contrast import in_phase_contrast
from simulate.procedural.recording import charged, row_offsets, stored_as_jpeg
from simulate.procedural.slow_fields import defocused, faded, graded, hazed, slow_field

SHAPE = (128, 160)
SEEDS = range(4)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def lattice(period_px: float = 8.0) -> NDArray[np.float64]:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] * 2 * np.pi / period_px
    return np.asarray(1 + 0.5 * np.cos(x) * np.cos(y))


def local_contrast(image: NDArray[np.float64]) -> NDArray[np.float64]:
    around = ndimage.gaussian_filter(image, 10)
    return np.asarray(np.sqrt(ndimage.gaussian_filter((image - around) ** 2, 10)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_field_is_slow_and_reaches_from_0_to_1(seed: int) -> None:
    field = slow_field(rng(seed), SHAPE)
    assert field.shape == SHAPE
    assert (field.min(), field.max()) == (0, 1)
    assert np.abs(np.diff(field, axis=1)).max() < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_brightness_changes_by_the_ratio(seed: int) -> None:
    found = graded(rng(seed), np.ones(SHAPE), 3.0)
    assert found.max() / found.min() == pytest.approx(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_haze_adds_and_leaves_the_detail(seed: int) -> None:
    found = hazed(rng(seed), lattice(), 0.5)
    assert found.mean() > lattice().mean() + 0.1
    np.testing.assert_allclose(np.median(local_contrast(found)), np.median(local_contrast(lattice())), rtol=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_contrast_fades_and_brightness_stays(seed: int) -> None:
    found = faded(rng(seed), lattice(), 4.0, 8.0)
    contrast = local_contrast(found)
    assert contrast.max() / contrast.min() > 2
    around = ndimage.gaussian_filter(found, 10)
    assert np.ptp(around) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_one_part_is_sharp_and_another_blurred(seed: int) -> None:
    contrast = local_contrast(defocused(rng(seed), lattice(), 3.0))
    assert contrast.max() > 0.7 * local_contrast(lattice()).max()
    assert contrast.min() < 0.5 * contrast.max()


def test_phase_contrast_loses_what_is_slow_and_turns_over_what_is_fine() -> None:
    slow = np.broadcast_to(np.linspace(1, 3, SHAPE[1]), SHAPE)
    assert np.ptp(in_phase_contrast(slow, zero_px=8, amplitude=0.05, limit_px=2)) < 0.3 * np.ptp(slow)
    before = lattice(8) - 1
    after = in_phase_contrast(lattice(8), zero_px=7, amplitude=0.0, limit_px=1) - 1  # its waves are of 5.7 px
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] < -0.9


def test_rows_differ_by_what_they_should() -> None:
    found = row_offsets(rng(), np.ones(SHAPE), 0.2)
    assert found.std(axis=1).max() < 1e-9
    assert found[:, 0].std() == pytest.approx(0.2)


def test_charging_begins_at_once_and_fades() -> None:
    found = charged(rng(1), np.zeros(SHAPE), 1.0)
    assert np.abs(found).max() > 0.3
    assert (found == 0).any()


def test_jpeg_keeps_the_picture_and_loses_detail() -> None:
    pixels = rng().uniform(0, 1, SHAPE).astype(np.float32)
    found = stored_as_jpeg(pixels, 20)
    assert found.dtype == np.float32
    assert 0.01 < np.abs(found - pixels).mean() < 0.3
    assert np.abs(stored_as_jpeg(pixels, 100) - pixels).mean() < 0.02


def drawn(seed: int, ranges: SceneRanges) -> Scene:
    return procedural_scene(seed, shape_hw=(128, 128), ranges=ranges)


@pytest.mark.parametrize("effect", list(EFFECTS))
def test_every_effect_gives_scenes_the_same_each_time(effect: str) -> None:
    first, again = (drawn(5, EFFECTS[effect]) for _ in range(2))
    assert first.micrograph.pixels.tobytes() == again.micrograph.pixels.tobytes()
    assert 0 <= first.micrograph.pixels.min() < first.micrograph.pixels.max() <= 1
    assert len(first.parameters["orientations"]) == int(first.grains.max())


OF_MICROSCOPE = [name for name, ranges in EFFECTS.items() if ranges.effects != EffectRanges()]


@pytest.mark.parametrize("effect", OF_MICROSCOPE)
def test_the_microscope_changes_the_picture_of_the_same_specimen(effect: str) -> None:
    plain, changed = drawn(2, EFFECTS["plain"]), drawn(2, EFFECTS[effect])
    np.testing.assert_array_equal(plain.labels, changed.labels)
    assert plain.parameters["materials"] == changed.parameters["materials"]
    assert not np.array_equal(plain.micrograph.pixels, changed.micrograph.pixels)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_material_fills_its_scene(seed: int) -> None:
    scene = drawn(seed, EFFECTS["one material"])
    assert len(scene.truth) == 1
    assert len(set(scene.parameters["orientations"])) == 1


def test_one_material_in_grains_has_several() -> None:
    numbers = [len(np.unique(drawn(seed, EFFECTS["one material in grains"]).grains)) for seed in range(8)]
    assert max(numbers) > 1


@pytest.mark.parametrize("seed", range(8))
def test_particles_lie_apart_on_their_support(seed: int) -> None:
    scene = drawn(seed, EFFECTS["particles"])
    assert len(scene.truth) == 2
    support, particles = scene.truth
    assert len(np.unique(scene.grains[support])) == 1
    assert len(np.unique(scene.grains[particles])) == int(scene.grains.max()) - 1


@pytest.mark.parametrize("seed", range(6))
def test_rounded_particles_fade_into_their_support(seed: int) -> None:
    """Their brightness nears that of the support towards their outlines; without it they end at once."""
    rounded = EFFECTS["rounded particles"]
    contrasts = []
    for ranges in (rounded, replace(rounded, p_rounded=0)):
        scene = drawn(seed, ranges)
        depth = ndimage.distance_transform_edt(np.pad(scene.labels == 2, 1, mode="edge"))[1:-1, 1:-1]
        support = scene.micrograph.pixels[scene.labels == 1].mean()
        rim, middle = (
            scene.micrograph.pixels[part].mean() for part in ((depth > 0) & (depth < 4), depth > 0.6 * depth.max())
        )
        contrasts.append(abs(rim - support) / abs(middle - support))
    assert contrasts[0] < 0.6
    assert contrasts[0] < 0.8 * contrasts[1]


def test_of_the_support_enough_is_to_be_seen_however_large_particles_are() -> None:
    ranges = replace(EFFECTS["particles"], particle_px=(300, 400))
    for seed in range(8):
        scene = drawn(seed, ranges)
        assert 0.1 < (scene.labels == 1).mean() < 1


def test_every_second_lath_lies_alike() -> None:
    ranges = replace(EFFECTS["laths"], n_materials=(1, 1), p_capped=0)
    orientations = drawn(1, ranges).parameters["orientations"]
    assert len(orientations) > 2
    assert orientations == [1 + place % 2 for place in range(len(orientations))]


def test_antiphase_halves_lie_alike() -> None:
    ranges = replace(EFFECTS["plain"], n_materials=(1, 1), p_capped=0, p_grains=0, p_antiphase=1)
    assert drawn(1, ranges).parameters["orientations"] == [1, 1]
