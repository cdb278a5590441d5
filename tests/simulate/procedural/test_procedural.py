from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.records import Scene
from simulate import DIFFICULTIES, SceneRanges, procedural_scene
from simulate.procedural.lattices import NAMED_CELLS, named_lattice
from simulate.procedural.layout import Layout, assemble
from simulate.procedural.rendering import Fill, _columns, _crystals, render

SIDES = (128, 128)


def lattices_of(scene: Scene) -> list[dict[str, Any] | None]:
    return [material["lattice"] for material in scene.parameters["materials"]]


def arrays_of(scene: Scene) -> list[NDArray[Any]]:
    return [scene.micrograph.pixels, scene.labels, scene.grains]


def single_crystal(name: str, period_px: float, shape_hw: tuple[int, int]) -> NDArray[np.float64]:
    """The columns, of height 1, of one crystal that fills the image."""
    ones = np.ones(shape_hw, np.uint32)
    fill = Fill("lattice", 0.2, 1.0, named_lattice(name, period_px, rotation_deg=31.0))
    return _columns(np.random.default_rng(0), assemble(ones, {}, {}), [fill], None)


@given(st.sampled_from([1, 2, 3]), st.integers(0, 10_000))
@settings(max_examples=36, deadline=None, derandomize=True)
def test_scenes_are_valid_and_keep_to_their_ranges(difficulty: int, seed: int) -> None:
    scene, ranges = procedural_scene(seed, shape_hw=SIDES, difficulty=difficulty), DIFFICULTIES[difficulty]
    pixels = scene.micrograph.pixels
    assert pixels.dtype == np.float32
    assert pixels.shape == scene.labels.shape == SIDES
    assert (pixels.min(), pixels.max()) == (0, 1)
    assert scene.micrograph.name == f"procedural-{difficulty}-{seed}"
    assert scene.difficulty == difficulty

    assert 2 <= ranges.n_materials[0] <= len(scene.materials) <= ranges.n_materials[1] <= 5
    assert np.bincount(scene.labels.ravel())[1:].min() >= 0.005 * pixels.size
    assert ranges.counts_per_pixel[0] <= scene.parameters["counts_per_pixel"] <= ranges.counts_per_pixel[1]
    assert ranges.jitter_px[0] <= scene.parameters["jitter_px"] <= ranges.jitter_px[1]
    for lattice in lattices_of(scene):
        if lattice is not None:
            assert 5 <= ranges.period_px[0] <= min(lattice["a_px"], lattice["b_px"])
            assert max(lattice["a_px"], lattice["b_px"]) <= ranges.period_px[1] <= 40
            assert 1 <= len(lattice["columns"]) <= 4
    kinds = [material["kind"] for material in scene.parameters["materials"]]
    assert [name.split()[0] for name in scene.materials] == kinds
    assert kinds[0] == "lattice"
    assert kinds.count("amorphous") <= 1
    assert "vacuum" not in kinds[:-1]

    np.testing.assert_array_equal(scene.labels > 0, scene.grains > 0)
    n_grains = scene.parameters["grains"]
    assert np.unique(scene.grains[scene.grains > 0]).tolist() == list(range(1, n_grains + 1))
    assert all(len(np.unique(scene.labels[scene.grains == grain])) == 1 for grain in range(1, n_grains + 1))
    json.dumps(scene.parameters)


@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_the_same_seed_gives_the_same_bytes(difficulty: int) -> None:
    first, again, other = (procedural_scene(seed, shape_hw=SIDES, difficulty=difficulty) for seed in (5, 5, 6))
    for one, two, three in zip(*map(arrays_of, (first, again, other)), strict=True):
        assert one.tobytes() == two.tobytes() != three.tobytes()
    assert first.parameters == again.parameters != other.parameters
    harder = procedural_scene(5, shape_hw=SIDES, difficulty=difficulty % 3 + 1)
    assert harder.micrograph.pixels.tobytes() != first.micrograph.pixels.tobytes()


@pytest.mark.parametrize("shape_hw", [(64, 64), (64, 201), (130, 67)])
def test_shapes(shape_hw: tuple[int, int]) -> None:
    for seed in range(4):
        scene = procedural_scene(seed, shape_hw=shape_hw, difficulty=3)
        assert scene.micrograph.shape_hw == scene.labels.shape == scene.grains.shape == shape_hw


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"difficulty": 0}, "difficulty is 1, 2 or 3, not 0"),
        ({"difficulty": 4}, "difficulty is 1, 2 or 3, not 4"),
        ({"shape_hw": (63, 200)}, "a scene of 63 × 200 px is too small"),
        ({"shape_hw": (200, 63)}, "give at least 64 px a side"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        procedural_scene(0, **options)
    assert "\n" not in str(caught.value)


def test_saving_and_loading(tmp_path: Path) -> None:
    scene = procedural_scene(3, shape_hw=(64, 80), difficulty=2)
    scene.save(tmp_path / "scene")
    loaded = Scene.load(tmp_path / "scene")
    for one, two in zip(arrays_of(scene), arrays_of(loaded), strict=True):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    for name in ("materials", "difficulty", "weights"):
        assert getattr(loaded, name) == getattr(scene, name)
    assert loaded.parameters == json.loads(json.dumps(scene.parameters))
    assert loaded.micrograph.name == scene.micrograph.name
    assert loaded.micrograph.pixel_size_nm == scene.micrograph.pixel_size_nm


def test_gaps_are_dark_and_belong_to_nothing() -> None:
    always = replace(DIFFICULTIES[1], p_gap=1.0, counts_per_pixel=(1e4, 1e4), period_px=(6, 8))
    for seed in range(5):
        scene = procedural_scene(seed, shape_hw=SIDES, difficulty=1, ranges=always)
        gap = scene.labels == 0
        assert (3 - 1) / 128 < gap.mean() < 0.4
        inner = ndimage.distance_transform_edt(gap) > 2
        crystal = np.isin(scene.labels, [k for k, c in enumerate(lattices_of(scene), 1) if c is not None])
        if inner.sum() > 50:
            assert np.median(scene.micrograph.pixels[inner]) < 0.7 * np.median(scene.micrograph.pixels[crystal])
    never = procedural_scene(0, shape_hw=SIDES, difficulty=1, ranges=replace(always, p_gap=0.0))
    assert never.labels.all()
    assert never.grains.all()


def test_antiphase_halves_are_two_grains_of_one_material() -> None:
    ranges = replace(DIFFICULTIES[2], p_antiphase=1.0, p_grains=0.0, p_gap=0.0, p_islands=0.0)
    for seed in range(4):
        scene = procedural_scene(seed, shape_hw=SIDES, ranges=ranges)
        for material, lattice in enumerate(lattices_of(scene), start=1):
            grains = np.unique(scene.grains[scene.labels == material])
            assert len(grains) == (1 if lattice is None else 2)
        crystals = sum(lattice is not None for lattice in lattices_of(scene))
        assert scene.parameters["antiphase_boundaries"] == crystals


def test_antiphase_halves_are_shifted_by_half_a_cell_and_grains_are_turned() -> None:
    lattice = named_lattice("rectangular", 8.0, rotation_deg=10.0)
    fills = [Fill("lattice", 0.2, 1.0, lattice), Fill("vacuum", 0.05, 0.0)]
    image = np.ones((64, 64), np.uint32)
    halves = Layout(image, image, (1, 1, 2), {2: 1})
    first, second, third = _crystals(np.random.default_rng(0), halves, fills)
    assert third is None
    assert first is not None
    assert second is not None
    assert first[0] == second[0] == lattice
    in_cells = np.subtract(second[1], first[1]) @ np.linalg.inv(lattice.vectors_px)
    assert sorted(in_cells) == pytest.approx([0, 0.5])
    first, second = _crystals(np.random.default_rng(0), Layout(image, image, (1, 1), {}), fills)
    assert first is not None
    assert second is not None
    assert second[0] == replace(lattice, rotation_deg=second[0].rotation_deg) != first[0]


def test_polycrystals() -> None:
    ranges = replace(DIFFICULTIES[2], p_grains=1.0, p_gap=0.0, p_islands=0.0)
    scene = procedural_scene(1, shape_hw=SIDES, ranges=ranges)
    assert scene.parameters["antiphase_boundaries"] == 0
    for material, lattice in enumerate(lattices_of(scene), start=1):
        n_grains = len(np.unique(scene.grains[scene.labels == material]))
        assert n_grains == 1 if lattice is None else 2 <= n_grains <= 5


def test_islands_lie_in_one_layer() -> None:
    smooth = {"roughness_px": (0.0, 0.0), "p_gap": 0.0, "p_grains": 0.0, "p_antiphase": 0.0}
    ranges = replace(DIFFICULTIES[2], p_islands=1.0, n_materials=(3, 3), **smooth)
    seen = 0
    for seed in range(8):
        scene = procedural_scene(seed, shape_hw=SIDES, ranges=ranges)
        if lattices_of(scene)[-1] is None:
            continue
        seen += 1
        around = ndimage.binary_dilation(scene.labels == 3) & (scene.labels != 3)
        assert scene.labels.max() == 3
        assert (scene.labels == 3).sum() < 0.5 * scene.labels.size
        assert len(np.unique(scene.labels[around])) <= 2
    assert seen >= 2


def test_easy_and_hard_labels() -> None:
    weights = []
    for seed in range(20):
        scene = procedural_scene(seed, shape_hw=SIDES, difficulty=3)
        shares = np.bincount(scene.labels.ravel())[1:] / scene.labels.size
        twins = [material["has_twin"] for material in scene.parameters["materials"]]
        expected = [1.0 if share < 0.1 or twin else 10.0 for share, twin in zip(shares, twins, strict=True)]
        assert scene.weights == expected
        weights += expected
    assert set(weights) == {1.0, 10.0}


def test_similar_neighbours_differ_in_one_sublattice_and_are_hard() -> None:
    ranges = replace(DIFFICULTIES[3], p_similar=1.0, n_materials=(3, 3), p_islands=0.0)
    for seed in range(6):
        scene = procedural_scene(seed, shape_hw=SIDES, difficulty=3, ranges=ranges)
        crystals = [c for c in lattices_of(scene) if c is not None]
        assert len(crystals) >= 1
        if len(crystals) > 1:
            assert scene.weights[: len(crystals)] == [1.0] * len(crystals)
        for one, other in pairwise(crystals):
            common = [column for column in other["columns"] if column in one["columns"]]
            assert len(common) == max(len(one["columns"]), len(other["columns"])) - 1
            assert {**one, "columns": ()} == {**other, "columns": ()}
    alone = procedural_scene(0, shape_hw=SIDES, difficulty=3, ranges=replace(ranges, p_similar=0.0))
    assert not any(material["has_twin"] for material in alone.parameters["materials"])


def test_epitaxial_neighbours_share_a_lattice_but_not_its_intensities() -> None:
    ranges = SceneRanges(n_materials=(3, 3), p_similar=0.0, p_epitaxial=1.0, p_islands=0.0)
    for seed in range(6):
        crystals = [
            lattice for lattice in lattices_of(procedural_scene(seed, shape_hw=SIDES, ranges=ranges)) if lattice
        ]
        for below, above in pairwise(crystals):
            assert {**below, "columns": None} == {**above, "columns": None}
            assert [c["intensity"] for c in below["columns"]] != [c["intensity"] for c in above["columns"]]


def test_a_mottled_film_varies_over_larger_lengths_than_a_smooth_one() -> None:
    def coarse_variation(patch_px: float | None) -> float:
        fill = Fill("amorphous", 0.3, 0.1, patch_px=patch_px, patch_height=2.0)
        film = render(np.random.default_rng(0), assemble(np.ones((200, 200), np.uint32), {}, {}), [fill])
        return float(ndimage.gaussian_filter(film, 8).std() / film.mean())

    assert coarse_variation(12.0) > 3 * coarse_variation(None)


def test_every_amorphous_film_is_mottled_where_they_have_to_be() -> None:
    ranges = SceneRanges(n_materials=(3, 3), p_mottled=1.0)
    scenes = [procedural_scene(seed, shape_hw=SIDES, ranges=ranges) for seed in range(12)]
    films = [fill for scene in scenes for fill in scene.parameters["materials"] if fill["kind"] == "amorphous"]
    assert len(films) > 2
    assert all(5 <= film["patch_px"] <= 40 and 0.5 <= film["patch_height"] <= 4 for film in films)


def test_fringes_and_probes_come_where_they_are_asked_for() -> None:
    ranges = SceneRanges(n_materials=(3, 3), p_similar=0.0, p_fringes=1.0, probe=(0.2, 0.2), period_px=(20.0, 20.0))
    for seed in range(4):
        for lattice in filter(None, lattices_of(procedural_scene(seed, shape_hw=SIDES, ranges=ranges))):
            assert lattice["a_px"] == 20.0
            assert lattice["b_px"] == 5.0
            assert lattice["sigma_px"] == pytest.approx(4.0)


def test_choices_that_are_not_asked_for_draw_nothing() -> None:
    """The scenes of other ranges keep their bytes: this is the hash of one made before these choices came."""
    pixels = procedural_scene(1000, shape_hw=SIDES, difficulty=2).micrograph.pixels
    assert hashlib.sha256((255 * pixels).round().astype(np.uint8)).hexdigest()[:16] == "26c93f3eec916b44"


def test_named_cells() -> None:
    ranges = replace(DIFFICULTIES[1], cells=("hexagonal", "dumbbell"))
    for seed in range(4):
        for lattice in lattices_of(procedural_scene(seed, shape_hw=SIDES, difficulty=1, ranges=ranges)):
            if lattice is not None:
                name = "hexagonal" if len(lattice["columns"]) == 1 else "dumbbell"
                ratio, gamma_deg, _ = NAMED_CELLS[name]
                assert lattice["b_px"] == pytest.approx(ratio * lattice["a_px"])
                assert lattice["gamma_deg"] == gamma_deg


def test_thin_layers_do_not_vanish_under_rough_interfaces() -> None:
    ranges = replace(DIFFICULTIES[3], n_materials=(5, 5), roughness_px=(8.0, 8.0), p_islands=0.5)
    for seed in range(15):
        assert len(procedural_scene(seed, shape_hw=(96, 96), difficulty=3, ranges=ranges).materials) == 5


def test_where_not_all_materials_fit_those_that_do_are_taken() -> None:
    ranges = replace(DIFFICULTIES[3], n_materials=(5, 5), roughness_px=(300.0, 300.0))
    scene = procedural_scene(0, shape_hw=(64, 64), difficulty=3, ranges=ranges)
    assert 1 <= len(scene.materials) <= 5


def step_position_px(values: NDArray[np.float64], distance_px: NDArray[np.float64]) -> float:
    """The distance at which cutting the values in two explains them best."""
    cuts = np.arange(-10.0, 11.0)
    left_over = [sum(values[side].var() * side.sum() for side in (distance_px < c, distance_px >= c)) for c in cuts]
    return float(cuts[int(np.argmin(left_over))])


TWO_LAYERS = SceneRanges(
    n_materials=(2, 2),
    period_px=(5.0, 7.0),
    n_columns=(1, 2),
    thinnest_layer=0.3,
    roughness_px=(0.0, 3.0),
    counts_per_pixel=(1e5, 1e5),
    jitter_px=(0.0, 0.0),
    p_gap=0.0,
    p_antiphase=0.0,
    p_grains=0.0,
    p_islands=0.0,
    p_similar=0.0,
)


def test_labels_change_where_the_image_does() -> None:
    found = []
    for seed in range(30):
        scene = procedural_scene(seed, shape_hw=(160, 160), difficulty=1, ranges=TWO_LAYERS)
        first = scene.labels == 1
        distance = ndimage.distance_transform_edt(first) - ndimage.distance_transform_edt(~first)
        distance -= np.sign(distance) / 2  # the border runs between pixels
        pixels, near = scene.micrograph.pixels.astype(float), np.abs(distance) < 16
        energy = ndimage.uniform_filter((pixels - ndimage.uniform_filter(pixels, 9)) ** 2, 3)
        for measure in (pixels, energy):
            here, there = measure[near & first], measure[near & ~first]
            if abs(here.mean() - there.mean()) > 0.7 * np.sqrt((here.var() + there.var()) / 2):
                found.append(step_position_px(measure[near], distance[near]))
    assert len(found) >= 15
    assert np.abs(found).max() <= 3
    assert abs(np.mean(found)) <= 1


def test_columns_are_as_high_at_the_frame_as_inside() -> None:
    image = single_crystal("square", 12.0, (120, 120))
    assert 0.95 < image.max() < 1.1
    # Over a whole period from the frame inwards, the mean is that of the crystal: 2πσ² of each cell.
    expected = 2 * np.pi * (0.13 * 12) ** 2 / 12**2
    rim = np.concatenate([image[:12].ravel(), image[-12:].ravel(), image[:, :12].ravel(), image[:, -12:].ravel()])
    assert rim.mean() == pytest.approx(expected, rel=0.05)
    assert image.mean() == pytest.approx(expected, rel=0.01)
    assert image[:2].max() < 1.01


def test_rendered_columns_stand_where_the_lattice_has_them() -> None:
    shape_hw, lattice = (90, 110), named_lattice("two_sublattices", 14.0, rotation_deg=31.0)
    image = single_crystal("two_sublattices", 14.0, shape_hw)
    rng = np.random.default_rng(0)  # as `_crystals` draws the origin
    origin_xy = float(rng.uniform(0, 110)), float(rng.uniform(0, 90))
    y, x = np.mgrid[:90, :110]
    expected = np.zeros(shape_hw)
    for column in lattice.columns:
        for at in lattice.positions_px(column, shape_hw, origin_xy):
            expected += column.intensity * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * lattice.sigma_px**2))
    np.testing.assert_allclose(image, expected, atol=0.1)
    assert np.abs(image - expected).mean() < 0.01


@pytest.mark.parametrize("axis", [0, 1])
def test_columns_beyond_the_border_of_their_crystal_are_missing(axis: int) -> None:
    # A column stands whole on its own side of the border or not at all.
    ones = np.ones((60, 70), np.uint32)
    here, there = (np.s_[:20], np.s_[40:]) if axis == 0 else (np.s_[:, :20], np.s_[:, 40:])
    fill = Fill("lattice", 0.2, 1.0, named_lattice("square", 16.0, rotation_deg=20.0))
    regions = assemble(ones + (np.indices(ones.shape)[axis] >= 30).astype(np.uint32), {}, {})
    image = _columns(np.random.default_rng(0), regions, [fill, Fill("vacuum", 0.05, 0.0)], None)
    whole = _columns(np.random.default_rng(0), assemble(ones, {}, {}), [fill], None)
    np.testing.assert_allclose(image[here], whole[here], atol=1e-3)
    assert image[there].max() < 1e-3
    peaks = (image == ndimage.maximum_filter(image, 9)) & (image > 0.2)
    peaks[[0, -1]] = peaks[:, [0, -1]] = False  # the frame cuts columns
    assert peaks.sum() >= 5
    assert image[peaks].min() > 0.85
