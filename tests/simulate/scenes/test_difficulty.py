"""The rule that says how hard a scene is, on images made to order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from simulate.scenes.difficulty import CROP_PX, SEPARABILITY, SPLITS, WIDTH_CROPS, judge

Labels = NDArray[np.uint32]
Pixels = NDArray[np.float32]


def stripes(*heights_px: int, width_px: int = 300) -> Labels:
    """Labels 1, 2, … from the top."""
    return np.repeat(np.arange(1, len(heights_px) + 1), heights_px)[:, None].repeat(width_px, axis=1).astype(np.uint32)


def fringes(shape_hw: tuple[int, int], period_px: float, noise: float = 0.1, seed: int = 0) -> Pixels:
    y, x = np.indices(shape_hw)
    wave = 0.5 + 0.1 * np.cos(2 * np.pi * x / period_px) + 0.1 * np.cos(2 * np.pi * y / period_px)
    return (wave + np.random.default_rng(seed).normal(0, noise, shape_hw)).clip(0, 1).astype(np.float32)


def filled(labels: Labels, *textures: Pixels) -> Pixels:
    return np.choose(labels, [np.zeros_like(textures[0]), *textures]).astype(np.float32)


def two(first: Pixels, second: Pixels) -> float:
    """d′ of two textures that lie one above the other."""
    labels = stripes(first.shape[0] // 2, first.shape[0] - first.shape[0] // 2, width_px=first.shape[1])
    facts = judge(filled(labels, first, second), labels, labels, ["a", "b"])[2]
    return float(facts["separability"]["a | b"])


SHAPE = (300, 300)


class TestSeparability:
    def test_one_texture_on_both_sides(self) -> None:
        for seed in range(3):
            assert two(fringes(SHAPE, 12, seed=seed), fringes(SHAPE, 12, seed=seed + 10)) < SEPARABILITY[-1] / 2

    def test_textures_of_different_periods(self) -> None:
        assert two(fringes(SHAPE, 12), fringes(SHAPE, 7)) > SEPARABILITY[0]

    def test_textures_of_different_brightness(self) -> None:
        assert two(fringes(SHAPE, 12), fringes(SHAPE, 12, seed=1) - np.float32(0.1)) > SEPARABILITY[0]

    def test_noise_hides_a_difference(self) -> None:
        clear, noisy, drowned = (
            two(fringes(SHAPE, 12, noise), fringes(SHAPE, 11, noise, seed=1)) for noise in (0.05, 0.3, 3.0)
        )
        assert clear > noisy > drowned
        assert drowned < SEPARABILITY[-1]

    def test_a_known_distance(self) -> None:
        """Crops whose means are normal and whose spectra agree: d′ is the difference over the standard deviation."""
        rng = np.random.default_rng(0)
        labels = stripes(1200, 1200, width_px=1200)
        blocks = rng.normal(0, 0.02, (40, 20)).repeat(60, axis=0).repeat(60, axis=1)  # a level for each crop or so
        pixels = 0.4 + 0.1 * (labels == 2) + blocks + rng.normal(0, 0.05, labels.shape)
        found = judge(pixels.astype(np.float32), labels, labels, ["a", "b"])[2]["separability"]["a | b"]
        # A crop covers four blocks in part: the standard deviation of its mean is 2/3 of theirs.
        assert found == pytest.approx(0.1 / (0.02 * 2 / 3), rel=0.25)

    def test_crops_of_a_narrow_label_are_compared_with_crops_of_their_size(self) -> None:
        whole = fringes(SHAPE, 12)
        labels = stripes(200, 20, 80)
        labels[labels == 3] = 1
        facts = judge(whole, labels, labels, ["a", "b"])[2]
        assert facts["separability"]["a | b"] < SEPARABILITY[-1]

    def test_crops_of_a_narrow_label_lie_within_it(self) -> None:
        """A label that only its neighbours' brightness would tell apart."""
        labels = stripes(200, 20, 200)
        pixels = np.where(labels == 2, fringes(labels.shape, 12), fringes(labels.shape, 12, seed=1))
        alike = judge(pixels, labels, labels, ["a", "b", "c"])[2]["separability"]["a | b"]
        pixels[labels == 3] = 0
        assert judge(pixels, labels, labels, ["a", "b", "c"])[2]["separability"]["a | b"] == alike

    def test_only_neighbours_are_compared_gaps_closed(self) -> None:
        labels = stripes(80, 80, 10, 80)
        labels[labels == 3] = 0
        labels[labels == 4] = 3
        pixels = filled(labels, *(fringes(labels.shape, period) for period in (12, 7, 9)))
        assert set(judge(pixels, labels, labels, ["a", "b", "c"])[2]["separability"]) == {"a | b", "b | c"}

    def test_a_gap_goes_to_what_is_nearest(self) -> None:
        labels = np.ones(SHAPE, np.uint32)
        labels[:, 200:] = 2
        labels[180:, 180:290] = 0  # where a third label begins that touches nothing but the gap
        labels[200:, 200:290] = 3
        facts = judge(
            filled(labels, *(fringes(SHAPE, period) for period in (12, 7, 9))), labels, labels, ["a", "b", "c"]
        )
        assert set(facts[2]["separability"]) == {"a | b", "a | c", "b | c"}

    def test_a_single_label(self) -> None:
        labels = stripes(300)
        difficulty, weights, facts = judge(fringes(SHAPE, 12), labels, labels, ["a"])
        assert (difficulty, weights, facts["level"], facts["separability"]) == (1, [10.0], 1, {})

    def test_a_sliver_is_judged(self) -> None:
        labels = stripes(298, 2)
        facts = judge(fringes(SHAPE, 12), labels, labels, ["a", "b"])[2]
        assert np.isfinite(facts["separability"]["a | b"])
        labels = stripes(300)
        labels[-1, -1] = 2
        assert np.isfinite(judge(fringes(SHAPE, 12), labels, labels, ["a", "b"])[2]["separability"]["a | b"])


class TestWidth:
    @pytest.mark.parametrize("inner_px", [20, 60, 61, 150])
    def test_of_a_layer_in_crops(self, inner_px: int) -> None:
        labels = stripes(200, inner_px, 200)
        facts = judge(fringes(labels.shape, 12), labels, labels, ["a", "b", "c"])[2]
        assert facts["width_crops"]["b"] == pytest.approx(inner_px / CROP_PX, abs=2 / CROP_PX)

    def test_beyond_the_frame_a_layer_goes_on(self) -> None:
        labels = stripes(240, 60)
        width = judge(fringes(SHAPE, 12), labels, labels, ["a", "b"])[2]["width_crops"]["b"]
        assert width > 1.5  # as a layer of twice the width, of which the lower half is out of sight

    def test_of_an_island_is_its_diameter(self) -> None:
        y, x = np.indices(SHAPE)
        labels = np.where(np.hypot(y - 150, x - 150) < 45, 2, 1).astype(np.uint32)
        width = judge(fringes(SHAPE, 12), labels, labels, ["a", "b"])[2]["width_crops"]["b"]
        assert width == pytest.approx(1.5, abs=0.05)

    def test_is_twice_the_largest_distance_to_the_outside(self) -> None:
        """Whatever the shape, to all the digits that are told."""
        for seed in range(4):
            waves = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 12, mode="wrap")
            labels = np.where(waves > 0, 2, 1).astype(np.uint32)
            facts = judge(fringes(SHAPE, 12), labels, labels, ["a", "b"])[2]
            for label, name in enumerate("ab", start=1):
                within = np.pad(labels == label, 1, mode="edge")
                longest_px = ndimage.distance_transform_edt(within).max()
                assert facts["width_crops"][name] == round(2 * longest_px / CROP_PX, 3)


class TestSplits:
    def test_pairs_of_grains_that_touch(self) -> None:
        labels = stripes(150, 150)
        grains = labels.copy()
        grains[150:, 100:200], grains[150:, 200:] = 3, 4  # 2 | 3 | 4 in the lower material
        assert judge(fringes(SHAPE, 12), labels, grains, ["a", "b"])[2]["splits"] == 2

    def test_grains_apart_and_of_different_materials_do_not_count(self) -> None:
        labels = stripes(100, 100, 100)
        labels[labels == 3] = 1
        grains = stripes(100, 100, 100)
        assert judge(fringes(SHAPE, 12), labels, grains, ["a", "b"])[2]["splits"] == 0


def points_of(separability: int, width: int, splits: int) -> tuple[int, int]:
    """Level and class of a scene that was made to cost these points."""
    period, noise = ((6.0, 0.1), (11.0, 0.14), (11.3, 0.14), (12.0, 0.1))[separability]
    thresholds = (8.0, *WIDTH_CROPS, 0.0)
    inner_px = round(CROP_PX * (thresholds[width] + thresholds[width + 1]) / 2)
    labels = stripes(200, inner_px, 200)
    labels[labels == 3] = 1
    grains = labels.copy()
    for number in range((0, *SPLITS)[splits]):
        grains[:200, 50 * (number + 1) :] = 10 + number
    pixels = filled(labels, *(fringes(labels.shape, p, noise, seed) for seed, p in enumerate((12.0, period))))
    difficulty, _, facts = judge(pixels, labels, grains, ["a", "b"])
    assert facts["points"] == separability + width + splits, facts
    return facts["level"], difficulty


@pytest.mark.parametrize(
    ("costs", "level", "difficulty"),
    [
        ((0, 0, 0), 1, 1),
        ((0, 0, 1), 2, 1),
        ((0, 1, 0), 2, 1),
        ((1, 0, 0), 2, 1),
        ((0, 0, 2), 3, 2),
        ((0, 2, 0), 3, 2),
        ((2, 0, 0), 3, 2),
        ((0, 1, 1), 3, 2),
        ((0, 0, 3), 4, 3),
        ((0, 3, 0), 4, 3),
        ((3, 0, 0), 4, 3),
        ((0, 2, 2), 5, 3),
        ((3, 0, 3), 5, 3),
    ],
)
def test_points_give_the_level_and_the_class(costs: tuple[int, int, int], level: int, difficulty: int) -> None:
    assert points_of(*costs) == (level, difficulty)


def test_a_label_is_hard_if_it_alone_costs_a_point() -> None:
    labels = stripes(200, 30, 200)
    textures = [fringes(labels.shape, period) for period in (12, 6, 20)]
    assert judge(filled(labels, *textures), labels, labels, ["a", "b", "c"])[1] == [10.0, 1.0, 10.0]
    labels = stripes(200, 200, 200)
    textures = [fringes(labels.shape, period, seed=seed) for seed, period in enumerate((12, 12, 6))]
    assert judge(filled(labels, *textures), labels, labels, ["a", "b", "c"])[1] == [1.0, 1.0, 10.0]


def test_thresholds_fall_and_splits_rise() -> None:
    assert all(first > second > 0 for first, second in pairwise(SEPARABILITY))
    assert all(first > second > 0 for first, second in pairwise(WIDTH_CROPS))
    assert all(0 < first < second for first, second in pairwise(SPLITS))
