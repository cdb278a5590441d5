from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam import SemanticBooster, build_encoder, build_generator
from samiam.compact.generator import CompactGenerator
from samiam.errors import InputError
from samiam.generation import PromptableGenerator
from samiam.generation.suppression import non_maximum_suppression
from samiam.geometry import intersections, iou
from samiam.metrics import click_ious, score_image
from samiam.records import Masks, Micrograph, Scene
from samiam.texture.pose import Pose
from simulate import SceneRanges, procedural_scene

EASY = SceneRanges(
    n_materials=(3, 3), period_px=(9, 16), thinnest_layer=0.25, counts_per_pixel=(400, 400), p_islands=0, p_similar=0
)


POSES = [Pose(True, False, True), Pose(False, True, False), Pose(True, True, True)]


@lru_cache
def generator() -> CompactGenerator:
    return build_generator("compact", device="cpu")


@lru_cache
def scene(seed: int = 3) -> Scene:
    return procedural_scene(2**35 + seed, shape_hw=(320, 320), ranges=EASY)


@lru_cache
def masks_of(seed: int = 3) -> Masks:
    return generator().generate(scene(seed).micrograph)


def image_of(pixels: NDArray[Any]) -> Micrograph:
    return Micrograph(pixels.astype(np.float32))


def best_ious(masks: Masks, truth: Masks) -> NDArray[np.float64]:
    return iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1)


class TestMasks:
    @pytest.mark.parametrize("seed", [3, 4, 5, 6])
    def test_every_material_has_a_mask(self, seed: int) -> None:
        assert (best_ious(masks_of(seed), scene(seed).truth) > 0.75).mean() > 0.6

    def test_materials_are_found_on_the_average(self) -> None:
        assert np.mean([best_ious(masks_of(seed), scene(seed).truth).mean() for seed in (3, 4, 5, 6)]) > 0.85

    def test_masks_are_ambiguous(self) -> None:
        assert np.mean([len(masks_of(seed)) for seed in (3, 4, 5, 6)]) > 3.5

    def test_records_are_those_of_any_generator(self) -> None:
        masks = masks_of()
        assert (np.diff(masks.predicted_iou) <= 0).all()
        assert (masks.areas >= 0.003 * 320 * 320).all()
        assert ((masks.stability_score >= 0) & (masks.stability_score <= 1)).all()
        for mask, (x, y) in zip(masks, masks.points_xy, strict=True):
            assert mask[round(float(y)), round(float(x))]

    def test_there_are_no_duplicates(self) -> None:
        masks = masks_of()
        overlaps = iou(intersections(masks), masks.areas, masks.areas)
        np.fill_diagonal(overlaps, 0)
        assert overlaps.max() < 0.93  # 0.9 on the grid of the field

    def test_the_predicted_iou_is_calibrated(self) -> None:
        pairs = []
        for seed in (3, 4, 5, 6):
            finer = Masks.from_labels(scene(seed).grains)
            both = [best_of_masks(masks_of(seed), truth) for truth in (scene(seed).truth, finer)]
            pairs += zip(masks_of(seed).predicted_iou, np.maximum(*both), strict=True)
        predicted, found = np.array(pairs).T
        assert np.abs(predicted - found).mean() < 0.25

    @pytest.mark.parametrize("shape_hw", [(200, 480), (96, 700)])
    def test_images_need_not_be_square(self, shape_hw: tuple[int, int]) -> None:
        made = procedural_scene(2**35, shape_hw=shape_hw, ranges=EASY)
        masks = generator().generate(made.micrograph)
        assert masks.shape_hw == shape_hw
        assert len(masks) > 0

    @pytest.mark.parametrize("shape_hw", [(1, 1), (3, 40), (16, 16), (300, 300)])
    def test_an_even_image_is_one_mask_at_most(self, shape_hw: tuple[int, int]) -> None:
        masks = generator().generate(image_of(np.full(shape_hw, 0.4)))
        assert len(masks) <= 1
        assert all(mask.all() for mask in masks)

    @pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
    def test_noise_is_one_mask(self, seed: int) -> None:
        noise = np.random.default_rng(seed).random((400, 400))
        (mask,) = generator().generate(image_of(noise))
        assert mask.all()

    @pytest.mark.parametrize("pose", [*POSES[:2], pytest.param(POSES[2], marks=pytest.mark.slow)], ids=str)
    def test_a_turned_image_has_the_same_masks(self, pose: Pose) -> None:
        turned = generator().generate(image_of(pose.apply(scene().micrograph.pixels)))
        assert len(turned) == len(masks_of())
        for mask, other in zip(masks_of(), turned, strict=True):
            assert np.array_equal(pose.undo(other), mask)

    @pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (4, 5, 6))])
    def test_an_inverted_image_has_the_same_masks(self, seed: int) -> None:
        inverted = generator().generate(image_of(1 - scene(seed).micrograph.pixels))
        assert len(inverted) == len(masks_of(seed))
        assert (best_ious(inverted, masks_of(seed)) > 0.99).all()

    def test_the_booster_makes_materials_of_them(self) -> None:
        booster = SemanticBooster(build_encoder("compact", device="cpu"))
        found = booster(scene().micrograph, masks_of(), 3)
        assert score_image(found, scene()).miou > score_image(masks_of(), scene()).miou


def best_of_masks(masks: Masks, truth: Masks) -> NDArray[np.float64]:
    """For each mask the IoU with the truth that fits it best."""
    return iou(intersections(masks, truth), masks.areas, truth.areas).max(axis=1)


class TestPrompts:
    def test_it_takes_prompts(self) -> None:
        assert isinstance(generator(), PromptableGenerator)
        assert not isinstance(build_generator("texture"), PromptableGenerator)

    def test_clicks_in_two_materials_give_disjoint_masks(self) -> None:
        made = scene()
        generator().set_image(made.micrograph)
        first, second = (
            generator().predict([masks_of().points_xy[place].tolist()])[0] for place in two_materials(made)
        )
        assert not (first & second).any()

    @pytest.mark.slow  # that they do in one image, the tests beside it show
    def test_masks_follow_their_clicks(self) -> None:
        ious = []
        for seed in (3, 4, 5, 6):
            generator().set_image(scene(seed).micrograph)
            labelled = scene(seed).labels > 0
            ious += [click_ious(generator().predict, material, labelled, 3) for material in scene(seed).truth]
        one, _, three = np.mean(ious, axis=0)
        assert one > 0.6
        assert three > max(one - 0.02, 0.7)

    def test_clicks_in_two_materials_unite_them(self) -> None:
        truth, third = scene(4).truth, deepest(scene(4).truth[2])
        generator().set_image(scene(4).micrograph)
        mask = generator().predict([deepest(truth[place]) for place in (0, 1)])[0]
        wanted = truth[0] | truth[1]
        assert np.count_nonzero(mask & wanted) / np.count_nonzero(mask | wanted) > 0.9
        assert not mask[third[1], third[0]]

    def test_of_an_even_image_there_is_one_answer(self) -> None:
        generator().set_image(image_of(np.full((64, 64), 0.5)))
        assert generator().predict([(30, 30)]).areas.tolist() == [64 * 64]

    def test_a_click_beside_it_is_left_out(self) -> None:
        made = scene()
        generator().set_image(made.micrograph)
        (x0, y0), (x1, y1) = (deepest(made.truth[place]) for place in (0, 1))
        mask = generator().predict([(x0, y0), (x1, y1)], [1, 0])[0]
        assert mask[y0, x0]
        assert not mask[y1, x1]

    def test_a_box_bounds_the_mask(self) -> None:
        made = scene()
        generator().set_image(made.micrograph)
        rows, columns = np.nonzero(made.truth[1])
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        mask = generator().predict(boxes=box)[0]
        assert np.count_nonzero(mask & made.truth[1]) / np.count_nonzero(mask | made.truth[1]) > 0.8

    def test_likeliest_first(self) -> None:
        generator().set_image(scene().micrograph)
        masks = generator().predict([deepest(scene().truth[0])])
        assert 1 <= len(masks) <= 3
        assert (np.diff(masks.predicted_iou) <= 0).all()
        likeliest = generator().predict([deepest(scene().truth[0])], most=1)
        assert np.array_equal(np.stack(list(likeliest)), masks[:1])
        assert likeliest.predicted_iou.tolist() == masks.predicted_iou[:1].tolist()

    def test_a_turned_image_has_the_same_answer(self) -> None:
        pose, point = Pose(True, False, True), deepest(scene().truth[0])
        generator().set_image(scene().micrograph)
        mask = generator().predict([point])[0]
        generator().set_image(image_of(pose.apply(scene().micrograph.pixels)))
        assert np.array_equal(pose.undo(generator().predict([pose.apply_point(point, (320, 320))])[0]), mask)

    @pytest.mark.parametrize(
        ("prompt", "message"),
        [
            ({}, "no click on the thing and no box"),
            ({"points": [(3, 3)], "labels": [0]}, "no click on the thing"),
            ({"points": [(3, 3)], "labels": [1, 1]}, "labels="),
            ({"points": [(3, 3)], "labels": [2]}, "labels="),
            ({"points": [(320, 3)]}, "point 320,3 lies outside"),
            ({"points": [(-1, 3)]}, "point -1,3 lies outside"),
            ({"boxes": (5, 5, 5, 9)}, "box 5,5,5,9"),
            ({"boxes": (5, 5, 400, 9)}, "box 5,5,400,9"),
        ],
    )
    def test_impossible_prompts(self, prompt: dict[str, Any], message: str) -> None:
        generator().set_image(scene().micrograph)
        with pytest.raises(InputError, match=message):
            generator().predict(**prompt)

    def test_no_image(self) -> None:
        with pytest.raises(InputError, match="set_image first"):
            build_generator("compact", device="cpu").predict([(1, 1)])


def deepest(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """The middle (x, y) of a mask's largest part, roughly: its median pixel."""
    points = np.argwhere(mask)
    y, x = points[len(points) // 2]
    return int(x), int(y)


def two_materials(made: Scene) -> tuple[int, int]:
    """Masks that each fit one of two materials."""
    fits = iou(intersections(masks_of(), made.truth), masks_of().areas, made.truth.areas)
    first, second = np.argsort(-fits.max(axis=0))[:2]
    return int(fits[:, first].argmax()), int(fits[:, second].argmax())


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            *(
                {"pred_iou_thresh": 1.5},
                {"nms_thresh": -0.1},
                {"smallest_mask": 2},
                {"smallest_mask": 0},
                {"split_thresh": -1},
            ),
            *({"most_splits": 0}, {"least_apart": 3}),
        ],
    )
    def test_out_of_range(self, options: dict[str, Any]) -> None:
        with pytest.raises(InputError, match=next(iter(options))):
            build_generator("compact", device="cpu", **options)

    def test_unknown(self) -> None:
        with pytest.raises(InputError, match="no setting 'nope'"):
            build_generator("compact", device="cpu", nope=1)

    def test_fewer_masks(self) -> None:
        strict = build_generator("compact", device="cpu", pred_iou_thresh=0.94).generate(scene().micrograph)
        assert 0 < len(strict) < len(masks_of())
        assert (strict.predicted_iou >= 0.94).all()

    def test_provenance(self) -> None:
        assert generator().options["most_splits"] == 12
        assert len(generator().options["weights_sha256"]) == 64


def test_of_near_duplicates_the_first_stays() -> None:
    alike = np.array([[1, 0.95, 0.2], [0.95, 1, 0.95], [0.2, 0.95, 1]])
    assert non_maximum_suppression(alike, 0.9) == [0, 2]
    assert non_maximum_suppression(alike, 1.0) == [0, 1, 2]
