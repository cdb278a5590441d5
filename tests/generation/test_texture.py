from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.generation.texture.filter_bank import sharpen, texture_map
from samiam.generation.texture.generator import TextureGenerator, _qualities
from samiam.generation.texture.hierarchy import RegionTree, region_tree
from samiam.geometry import containment, intersections, iou
from samiam.records import Masks, Micrograph
from samiam.registry import GENERATORS, build_generator
from simulate import procedural_scene

quick = settings(max_examples=15)
BANK: dict[str, Any] = {
    "stride_px": 4,
    "wavelengths_px": (4.0, 6.3, 10.0, 16.0, 25.0),
    "n_orientations": 6,
    "smoothing_px": 5.0,
    "n_features": 8,
}


def waves(shape_hw: tuple[int, int], period_px: float, angle_deg: float) -> NDArray[np.float64]:
    """A square lattice of smooth columns, 0 to 1."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    angle = np.deg2rad(angle_deg)
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    return np.asarray((2 + np.cos(2 * np.pi * along / period_px) + np.cos(2 * np.pi * across / period_px)) / 4)


def two_textures(shape_hw: tuple[int, int]) -> Micrograph:
    """Two lattices of one mean, left and right, at 100 counts a pixel."""
    left, right = waves(shape_hw, 7.0, 10.0), waves(shape_hw, 15.0, 40.0)
    image = np.where(np.arange(shape_hw[1]) < shape_hw[1] // 2, left, right)
    counts = np.random.default_rng(0).poisson(100 * image)
    return Micrograph(np.clip(counts / 250, 0, 1))


def of_noise(name: str, shape_hw: tuple[int, int], seed: int) -> Micrograph:
    rng = np.random.default_rng(seed)
    image = {
        "gaussian": lambda: rng.normal(0.5, 0.1, shape_hw),
        "poisson": lambda: rng.poisson(20, shape_hw) / 60,
        "few_counts": lambda: rng.poisson(2, shape_hw) / 8,
    }[name]()
    return Micrograph(np.clip(image, 0, 1))


@cache
def proposed(kind: str) -> Masks:
    """Masks of the images that several tests look at."""
    if kind == "two textures":
        return TextureGenerator().generate(two_textures((256, 256)))
    return TextureGenerator().generate(procedural_scene(4, shape_hw=(320, 256), difficulty=2).micrograph)


@pytest.mark.parametrize("shape_hw", [(256, 256), (200, 333), (512, 300)])
def test_each_of_two_textures_is_proposed(shape_hw: tuple[int, int]) -> None:
    masks = TextureGenerator().generate(two_textures(shape_hw))
    left = np.broadcast_to(np.arange(shape_hw[1]) < shape_hw[1] // 2, shape_hw)
    truth = Masks.from_arrays([left, ~left])
    assert iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1).min() >= 0.9
    assert masks.shape_hw == shape_hw


def test_masks_nest() -> None:
    scene, masks = procedural_scene(4, shape_hw=(320, 256), difficulty=2), proposed("scene")
    assert len(masks) > len(scene.materials)
    inside = containment(intersections(masks))
    np.fill_diagonal(inside, 0)
    assert inside.max() > 0.9


@pytest.mark.parametrize("kind", ["two textures", "scene"])
def test_scores_points_and_areas(kind: str) -> None:
    masks = proposed(kind)
    assert len(masks) >= 2
    assert ((masks.predicted_iou >= 0.92) & (masks.predicted_iou <= 1)).all()
    assert (np.diff(masks.predicted_iou) <= 0).all()
    assert ((masks.stability_score >= 0) & (masks.stability_score <= 1)).all()
    for mask, (x, y) in zip(masks, masks.points_xy, strict=True):
        assert mask[int(y), int(x)]
    height, width = masks.shape_hw
    assert (masks.areas >= 0.0075 * height * width).all()
    assert (masks.areas < height * width).all()
    assert masks.crop_boxes_xywh.tolist() == [[0, 0, width, height]] * len(masks)


@pytest.mark.parametrize("nms_thresh", [0.5, 0.9])
def test_no_two_masks_are_alike(nms_thresh: float) -> None:
    micrograph = procedural_scene(4, shape_hw=(192, 192), difficulty=2).micrograph
    all_masks, masks = (
        build_generator("texture", pred_iou_thresh=0.5, nms_thresh=t).generate(micrograph) for t in (1.0, nms_thresh)
    )
    alike = iou(intersections(masks), masks.areas, masks.areas)
    np.fill_diagonal(alike, 0)
    assert alike.max() <= nms_thresh
    assert 2 <= len(masks) < len(all_masks)
    # What was dropped resembles a mask that is kept and of no lower quality.
    likeness = iou(intersections(all_masks, masks), all_masks.areas, masks.areas)
    better = masks.predicted_iou[None] >= all_masks.predicted_iou[:, None]
    assert ((likeness * better).max(axis=1) > nms_thresh).all()


def test_thresholds_keep_what_passes_them() -> None:
    scene = procedural_scene(4, shape_hw=(192, 192), difficulty=2)
    loose = build_generator("texture", pred_iou_thresh=0.8, nms_thresh=1.0, smallest_mask=0.01)
    tight = build_generator("texture", pred_iou_thresh=0.95, nms_thresh=1.0, smallest_mask=0.01)
    first, second = loose.generate(scene.micrograph), tight.generate(scene.micrograph)
    kept = first.select(first.predicted_iou >= np.float32(0.95))
    assert 0 < len(kept) < len(first)
    np.testing.assert_array_equal(kept.packed, second.packed)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("shape_hw", [(256, 256), (300, 421)])
def test_a_uniform_image_has_no_masks(level: float, shape_hw: tuple[int, int]) -> None:
    masks = TextureGenerator().generate(Micrograph(np.full(shape_hw, level)))
    assert len(masks) == 0
    assert masks.shape_hw == shape_hw


@pytest.mark.parametrize("name", ["gaussian", pytest.param("poisson", marks=pytest.mark.slow), "few_counts"])
def test_noise_has_no_masks(name: str) -> None:
    assert len(TextureGenerator().generate(of_noise(name, (384, 384), seed=0))) == 0
    # Of a smaller image noise may fill a mask or two.
    assert np.mean([len(TextureGenerator().generate(of_noise(name, (256, 256), seed))) for seed in range(4)]) <= 1


@pytest.mark.parametrize("shape_hw", [(1, 1), (3, 3), (5, 5), (16, 16), (1, 50), (16, 900), (200, 333), (61, 66)])
def test_images_of_any_shape(shape_hw: tuple[int, int]) -> None:
    for micrograph in (of_noise("gaussian", shape_hw, 1), Micrograph(np.full(shape_hw, 0.3)), two_textures(shape_hw)):
        masks = TextureGenerator().generate(micrograph)
        assert masks.shape_hw == shape_hw
        assert (masks.areas > 0).all()
        assert all(mask[int(y), int(x)] for mask, (x, y) in zip(masks, masks.points_xy, strict=True))


def test_a_tiny_image_has_no_masks_for_nothing() -> None:
    for seed in range(10):
        assert len(TextureGenerator().generate(of_noise("gaussian", (16, 16), seed))) <= 1


def test_points_stay_in_the_image_where_the_last_stride_is_cut_short() -> None:
    narrow = np.zeros((64, 65), np.float32)
    narrow[:, -1] = 1.0  # the last point of the grid stands for one pixel
    masks = TextureGenerator(smoothing_px=0.5, smallest_mask=1e-9, pred_iou_thresh=0.0).generate(Micrograph(narrow))
    assert len(masks) > 0
    assert (masks.points_xy < (65, 64)).all()
    assert all(mask[int(y), int(x)] for mask, (x, y) in zip(masks, masks.points_xy, strict=True))


def test_the_grid_is_wider_in_large_images() -> None:
    masks = TextureGenerator().generate(two_textures((64, 1290)))  # a stride of ⌈1290 / 256⌉ = 6 px
    assert len(masks) >= 2
    assert all(set(np.flatnonzero(np.diff(mask.any(axis=0))) % 6) <= {5} for mask in masks)


def test_the_same_image_gives_the_same_bytes() -> None:
    again = TextureGenerator().generate(two_textures((256, 256)))
    for name in ("packed", "predicted_iou", "stability_score", "points_xy"):
        assert getattr(again, name).tobytes() == getattr(proposed("two textures"), name).tobytes()


def test_building_by_name() -> None:
    generator = build_generator("texture", n_orientations=4, wavelengths_px=[4, 8.0])
    assert generator == TextureGenerator(n_orientations=4, wavelengths_px=(4, 8.0))
    assert generator.name == "texture"
    assert build_generator("texture", **json.loads(json.dumps(dict(generator.options)))) == generator
    assert build_generator("texture") == TextureGenerator()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vit_x", {}, f"unknown generator 'vit_x'; did you mean .* Known are {', '.join(GENERATORS)}"),
        ("texture", {"colour": 1}, "texture has no setting 'colour'.* It has pred_iou_thresh, "),
        ("texture", {"pred_iou_thresh": 1.2}, "pred_iou_thresh=1.2: give a number from 0 to below 1"),
        ("texture", {"pred_iou_thresh": float("nan")}, "pred_iou_thresh=nan"),
        ("texture", {"nms_thresh": -0.1}, "nms_thresh=-0.1"),
        ("texture", {"smallest_mask": 2}, "smallest_mask=2"),
        ("texture", {"smallest_mask": 0}, "smallest_mask=0: give a number above 0 and below 1"),
        ("texture", {"n_orientations": 0}, "n_orientations=0: give a whole number, 1 or more"),
        ("texture", {"smoothing_px": -1}, "smoothing_px=-1"),
        ("texture", {"stride_px": 0}, "stride_px=0"),
        ("texture", {"n_features": 0}, "n_features=0"),
        ("texture", {"n_superpixels": 1}, "n_superpixels=1"),
        ("texture", {"compactness": -0.5}, "compactness=-0.5"),
        (
            "texture",
            {"wavelengths_px": ()},
            r"wavelengths_px=\(\): give .* 2 or more, one at least",
        ),
        ("texture", {"wavelengths_px": (1.5, 8)}, r"wavelengths_px=\(1.5, 8\)"),
    ],
)
def test_what_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build_generator(name, **options)
    assert "\n" not in str(caught.value)


def hand_made_tree(scale: float = 1.0) -> RegionTree:
    """Four superpixels of ten points in a row: 0 and 1 make 4, 2 and 3 make 5, those make the root."""
    means = np.array([0.0, 1.0, 10.0, 13.0, 0.5, 11.5, 6.0])[:, None] * scale
    return RegionTree(
        superpixels=np.repeat(np.arange(4), 10)[None],
        children=np.array([[0, 1], [2, 3], [4, 5]]),
        heights=np.array([0.0, 0, 0, 0, 1, 3, 12]),
        sizes=np.array([10, 10, 10, 10, 20, 20, 40]),
        means=means,
    )


def test_qualities_by_hand() -> None:
    # The merges are of distances 1, 3 and 11; the first two are of small regions: their median is 2.
    predicted_iou, stability = _qualities(hand_made_tree(), 15)
    assert predicted_iou == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 - 2 / 11, 1 - 2 / 11, 0])
    assert stability == pytest.approx([1, 1, 1, 1, 1 - 1 / 12, 1 - 3 / 12, 0])


def test_where_no_small_regions_merge_all_merges_tell_the_variation() -> None:
    predicted_iou, _ = _qualities(hand_made_tree(), 5)  # the median of 1, 3 and 11
    assert predicted_iou == pytest.approx([0, 0, 0, 0, 1 - 3 / 11, 1 - 3 / 11, 0])


def test_textures_all_alike_are_not_told_apart_by_rounding() -> None:
    predicted_iou, _ = _qualities(hand_made_tree(scale=0.01), 15)  # a variation of 0.02 counts as 0.05
    assert predicted_iou == pytest.approx([0, 0, 0, 0, 1 - 0.05 / 0.11, 1 - 0.05 / 0.11, 0])
    assert not _qualities(hand_made_tree(scale=0.0), 15)[0].any()


def test_a_single_superpixel_stands_out_from_nothing() -> None:
    tree = region_tree(np.zeros((3, 4, 2), np.float32), 1, 0.1)
    assert len(tree.sizes) == 1
    assert tree.split_distances().shape == (0,)
    assert tree.region(0).all()
    for smallest_points in (0.0, 100.0):
        predicted_iou, stability = _qualities(tree, smallest_points)
        assert (predicted_iou.tolist(), stability.tolist()) == ([0], [0])


@given(st.integers(0, 1000), st.tuples(st.integers(4, 24), st.integers(4, 24)), st.sampled_from([4, 20, 60]))
@quick
def test_region_trees_are_consistent(seed: int, shape_hw: tuple[int, int], n_superpixels: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(*shape_hw, 3))
    features = ndimage.gaussian_filter(noise, (2, 2, 0)).astype(np.float32)
    tree = region_tree(features, n_superpixels, 0.1)
    n = int(tree.superpixels.max()) + 1
    assert np.unique(tree.superpixels).tolist() == list(range(n))
    assert tree.superpixels.shape == shape_hw
    assert len(tree.sizes) == len(tree.heights) == len(tree.means) == 2 * n - 1
    assert len(tree.children) == len(tree.split_distances()) == n - 1
    regions = [tree.region(node) for node in range(2 * n - 1)]
    assert regions[-1].all()
    assert sorted(tree.children.ravel()) == list(range(2 * n - 2))  # every node but the root is merged once
    for node, region in enumerate(regions):
        assert region.sum() == tree.sizes[node]
        np.testing.assert_allclose(features[region].mean(axis=0), tree.means[node], atol=1e-5)
        assert ndimage.label(region)[1] == 1
        if node < n:
            np.testing.assert_array_equal(region, tree.superpixels == node)
            assert tree.heights[node] == 0
    for k, (first, second) in enumerate(tree.children):
        np.testing.assert_array_equal(regions[n + k], regions[first] | regions[second])
        assert not (regions[first] & regions[second]).any()
        assert tree.parents[first] == tree.parents[second] == n + k > max(first, second)
        apart = np.linalg.norm(tree.means[first] - tree.means[second])
        assert tree.split_distances()[k] == pytest.approx(apart)
    assert tree.parents[-1] == -1


def test_heights_rise_where_textures_differ_more() -> None:
    features = np.zeros((24, 24, 2), np.float32)
    features[:, 12:, 0] = 4.0
    features[12:, 12:, 1] = 1.0
    noise = np.random.default_rng(0).normal(0, 0.01, features.shape)
    tree = region_tree((features + noise).astype(np.float32), 40, 0.1)
    assert tree.heights[-1] > tree.heights[-2] > 5 * tree.heights[-3]
    root, corner = tree.children[-1], tree.children[-2]
    expected = [features[..., 0] == 0, features[..., 0] > 0, features[..., 1] > 0, (features == (4, 0)).all(axis=-1)]
    for node in (*root, *corner):
        assert any((tree.region(int(node)) == part).all() for part in expected)


@pytest.mark.parametrize("axis", [0, 1])
def test_sharpening_keeps_a_step_and_restores_a_blurred_one(axis: int) -> None:
    step = np.zeros((30, 31, 3), np.float32)
    step[(slice(None),) * axis + (slice(14, None),)] = (1.0, -2.0, 0.5)
    np.testing.assert_allclose(sharpen(step, reach=2, repeats=2), step, atol=1e-5)
    blurred = ndimage.gaussian_filter1d(step, 1.2, axis=axis)
    assert np.abs(blurred - step).max() > 0.5
    sharp = sharpen(blurred, reach=2, repeats=2)
    between = np.abs(sharp - step).max(axis=-1) > 0.1
    assert np.count_nonzero(between.any(axis=1 - axis)) <= 1
    assert np.abs(sharp - step).mean() < 0.4 * np.abs(blurred - step).mean()


def test_sharpening_by_hand_on_a_row() -> None:
    # Windows of three: at the ramp's middle both sides are equally uniform, on its flanks the flat side wins.
    row = np.array([0, 0, 0, 0.5, 1, 1, 1], np.float32)[None, :, None].repeat(5, axis=0)
    sharp = sharpen(row, reach=1, repeats=1)
    np.testing.assert_allclose(sharp[2, [0, 1, 2, 4, 5, 6], 0], [0, 0, 0, 1, 1, 1], atol=1e-6)


@pytest.mark.parametrize("stride_px", [1, 3, 4, 5, 40, 200])
@pytest.mark.parametrize("shape_hw", [(40, 61), (33, 90)])
def test_texture_maps_cover_the_image(stride_px: int, shape_hw: tuple[int, int]) -> None:
    pixels = two_textures(shape_hw).pixels
    features = texture_map(pixels, **{**BANK, "stride_px": stride_px})
    points = tuple(-(-side // stride_px) for side in shape_hw)
    assert features.dtype == np.float32
    assert features.shape == (*points, min(8, points[0] * points[1]))
    assert np.isfinite(features).all()


def test_a_texture_map_holds_the_largest_differences_first() -> None:
    features = texture_map(two_textures((128, 128)).pixels, **BANK).reshape(-1, 8)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-4)
    assert (np.diff(features.var(axis=0)) <= 1e-6).all()
    left, right = features.reshape(32, 32, 8)[:, 4:12, 0], features.reshape(32, 32, 8)[:, 20:28, 0]
    assert left.max() < right.min() or right.max() < left.min()


@pytest.mark.parametrize("shape_hw", [(96, 96), (80, 120)])
def test_a_texture_map_turns_with_the_image(shape_hw: tuple[int, int]) -> None:
    # Strides are odd, so that the middle of a stride stays the middle; directions change places within a band.
    pixels = two_textures(shape_hw).pixels
    options = {**BANK, "stride_px": 1, "n_features": 3}
    turned = texture_map(np.ascontiguousarray(np.rot90(pixels)), **options)
    upright = np.rot90(texture_map(pixels, **options))
    for channel in range(3):
        assert abs(np.corrcoef(turned[..., channel].ravel(), upright[..., channel].ravel())[0, 1]) > 0.999
