from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor, sam_model_registry
from tiny_sam import ALL, as_rgb, assert_same, generator, library_of, tiny_sam

from samiam.errors import InputError
from samiam.generation.protocol import MaskGenerator
from samiam.generation.sam.generator import SAM_NAMES, SamGenerator
from samiam.generation.sam.settings import SamOptions
from samiam.records import Masks, Micrograph
from samiam.registry import build_generator
from samiam.storage.checkpoints import CHECKPOINTS


@pytest.fixture
def micrograph() -> Micrograph:
    return Micrograph(np.random.default_rng(0).random((150, 200), dtype=np.float32), name="noise")


def by_the_library(micrograph: Micrograph, options: SamOptions) -> list[dict[str, Any]]:
    records = library_of(tiny_sam(), options).generate(as_rgb(micrograph))
    return [record for record in records if record["area"] > 0]


@pytest.mark.parametrize("min_area", [0, 40])
def test_masks_are_the_librarys(micrograph: Micrograph, min_area: int) -> None:
    options = replace(ALL, min_mask_region_area=min_area)
    masks = generator(options).generate(micrograph)
    assert masks.shape_hw == (150, 200)
    assert masks.areas.min() > 0
    assert len({tuple(box) for box in masks.crop_boxes_xywh.tolist()}) > 1
    assert_same(masks, by_the_library(micrograph, options))


def test_deterministic_and_without_memory(micrograph: Micrograph) -> None:
    first = generator()
    masks = first.generate(micrograph)
    first.generate(Micrograph(np.zeros((90, 60), np.float32)))
    for again in (first.generate(micrograph), generator().generate(micrograph)):
        for field in ("packed", "predicted_iou", "stability_score", "points_xy", "crop_boxes_xywh"):
            np.testing.assert_array_equal(getattr(again, field), getattr(masks, field))


def test_the_network_sees_8_bit_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    set_image = SamPredictor.set_image

    def spy(predictor: SamPredictor, image: np.ndarray) -> None:
        seen.append(image)
        set_image(predictor, image)

    monkeypatch.setattr(SamPredictor, "set_image", spy)
    made = generator(replace(ALL, crop_n_layers=0))
    made.generate(Micrograph(np.array([[0.0, 0.5, 1.0], [0.001, 0.003, 0.999]], np.float32).repeat(20, axis=0)))
    assert seen[0].dtype == np.uint8
    assert seen[0].shape == (40, 3, 3)
    np.testing.assert_array_equal(seen[0][::20], np.array([[0, 128, 255], [0, 1, 255]])[:, :, None].repeat(3, axis=2))


@pytest.mark.parametrize("n_layers", [0, 1, 2])
@pytest.mark.parametrize("min_area", [0, 3600])
def test_no_survivors(micrograph: Micrograph, n_layers: int, min_area: int) -> None:
    options = replace(ALL, pred_iou_thresh=1.0, crop_n_layers=n_layers, min_mask_region_area=min_area)
    masks = generator(options).generate(micrograph)
    assert masks.packed.shape == (0, 150, 25)
    assert masks.crop_boxes_xywh.shape == (0, 4)


@pytest.mark.parametrize(
    ("threshold", "score"), [("pred_iou_thresh", "predicted_iou"), ("stability_score_thresh", "stability_score")]
)
def test_one_crop_gives_masks_and_the_others_none(
    micrograph: Micrograph, threshold: str, score: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(ALL, stability_score_offset=0.02)
    best = np.max([record[score] for record in by_the_library(micrograph, options)])
    options = replace(options, **{threshold: float(best) - 1e-4})
    made = generator(options)
    counts = count_masks_of_crops(made, monkeypatch)
    masks = made.generate(micrograph)
    assert (counts.count(0), len(counts)) == (4, 5)
    assert_same(masks, by_the_library(micrograph, options))


def count_masks_of_crops(made: SamGenerator, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts: list[int] = []
    of_crop = made._of_crop

    def counting(*args: Any) -> Masks:
        masks = of_crop(*args)
        counts.append(len(masks))
        return masks

    monkeypatch.setattr(made, "_of_crop", counting)
    return counts


@pytest.mark.parametrize("min_area", [0, 40, 10**6])
def test_masks_without_pixels_do_not_survive(micrograph: Micrograph, min_area: int) -> None:
    """Left alone the library returns them, or fills an image smaller than `min_mask_region_area` with them."""
    sam = tiny_sam()
    sam.mask_threshold = 1e9
    assert len(generator(replace(ALL, min_mask_region_area=min_area), sam).generate(micrograph)) == 0


def test_small_and_narrow_images() -> None:
    for shape_hw in ((1, 1), (1, 100), (5, 3), (100, 1)):
        assert generator(replace(ALL, crop_n_layers=0)).generate(Micrograph(np.zeros(shape_hw))).shape_hw == shape_hw
    for shape_hw, n_layers in (((1, 1), 1), ((5, 5), 2), ((1, 300), 0)):
        with pytest.raises(InputError, match=f"{shape_hw[0]}×{shape_hw[1]} px is too small or too narrow"):
            generator(replace(ALL, crop_n_layers=n_layers)).generate(Micrograph(np.zeros(shape_hw)))


def test_defaults_are_the_papers() -> None:
    assert SamOptions().decisive == {
        "points_per_side": 16,
        "pred_iou_thresh": 0.90,
        "stability_score_thresh": 0.92,
        "stability_score_offset": 1.0,
        "box_nms_thresh": 0.7,
        "crop_n_layers": 1,
        "crop_nms_thresh": 0.7,
        "crop_overlap_ratio": 512 / 1500,
        "crop_n_points_downscale_factor": 2,
        "min_mask_region_area": 3600,
        "prompts": "grid",
        "precision": "float32",
    }


def test_options_are_provenance() -> None:
    made: MaskGenerator = generator()
    assert made.name == "tiny"
    assert json.loads(json.dumps(made.options)) == {**ALL.decisive, "checkpoint_sha256": "0" * 64}
    assert repr(made) == "SamGenerator(tiny, weights 000000000000)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("points_per_side", value) for value in (0, 2.5, True, None)),
        ("points_per_batch", 0),
        ("pred_iou_thresh", 1.1),
        ("pred_iou_thresh", "high"),
        ("stability_score_thresh", -0.1),
        ("stability_score_offset", float("inf")),
        ("box_nms_thresh", float("nan")),
        ("crop_n_layers", -1),
        ("crop_nms_thresh", 2),
        ("crop_overlap_ratio", 1.5),
        ("crop_n_points_downscale_factor", 0),
        ("min_mask_region_area", -1),
    ],
)
def test_options_out_of_range(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"^{name}={value!r}: give a .*number.* [0-9]( or more)?( or null)?\\.$"):
        SamOptions(**{name: value})


def test_a_layer_without_points_is_refused() -> None:
    SamOptions(points_per_side=4, crop_n_layers=2)
    with pytest.raises(InputError, match=r"points_per_side=3 leaves no points.*give at least 4"):
        SamOptions(points_per_side=3, crop_n_layers=2)


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state dict of a tiny network that stands where ViT-B belongs."""
    monkeypatch.setitem(sam_model_registry, "vit_b", lambda: tiny_sam(seed=8))
    torch.save(tiny_sam().state_dict(), tmp_path / "tiny.pth")
    return tmp_path / "tiny.pth"


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_build_sam_with_an_own_checkpoint(checkpoint: Path, micrograph: Micrograph) -> None:
    state_before = torch.get_rng_state()
    made = build_generator(
        "vit_b", checkpoint=checkpoint, checkpoint_sha256=sha256_of(checkpoint), device="cpu", **ALL.decisive
    )
    assert torch.equal(torch.get_rng_state(), state_before)
    assert made.name == "vit_b"
    assert made.options == {**ALL.decisive, "checkpoint_sha256": sha256_of(checkpoint)}
    np.testing.assert_array_equal(made.generate(micrograph).packed, generator().generate(micrograph).packed)


def test_build_sam_with_places_of_the_compact_network(checkpoint: Path, micrograph: Micrograph) -> None:
    made = build_generator(
        "vit_b",
        checkpoint=checkpoint,
        checkpoint_sha256=sha256_of(checkpoint),
        device="cpu",
        prompts="boundaries",
        pred_iou_thresh=0,
        stability_score_thresh=0,
        min_mask_region_area=0,
    )
    assert made.options["places_sha256"] == build_generator("compact", device="cpu").options["weights_sha256"]
    n_places = len({tuple(xy) for xy in made.generate(micrograph).points_xy.tolist()})
    assert 1 <= n_places <= 64


def test_build_sam_refuses_weights_of_another_network(checkpoint: Path) -> None:
    torch.save(tiny_sam(dim=64).state_dict(), checkpoint)
    with pytest.raises(InputError, match=r"^.*tiny\.pth: does not fit the network \(0 tensors missing, .*\.$"):
        build_generator("vit_b", checkpoint=checkpoint, checkpoint_sha256=sha256_of(checkpoint))


def test_build_sam_refuses_another_hash(checkpoint: Path) -> None:
    with pytest.raises(InputError, match=f"checkpoint_sha256={sha256_of(checkpoint)}"):
        build_generator("vit_b", checkpoint=checkpoint)


def test_build_sam_refuses_what_it_does_not_know() -> None:
    with pytest.raises(
        InputError,
        match=r"unknown generator 'vit_x'; did you mean 'vit_l'\? Known are .*vit_b",
    ):
        build_generator("vit_x")
    with pytest.raises(InputError, match="unknown generator 'resnet18_imagenet'"):
        build_generator("resnet18_imagenet")
    with pytest.raises(
        InputError,
        match=r"vit_b has no setting 'iou_thresh'; did you mean 'pred_iou_thresh'\? It has points_per_side, ",
    ):
        build_generator("vit_b", iou_thresh=0.5)
    with pytest.raises(InputError, match="device='gpu'"):
        build_generator("vit_b", device="gpu")
    assert set(SAM_NAMES) <= set(CHECKPOINTS)


@pytest.mark.slow
def test_the_real_vit_b(tmp_path: Path, micrograph: Micrograph, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(2)
    path = tmp_path / "sam_vit_b_random.pth"
    weights = sam_model_registry["vit_b"]().state_dict()
    torch.save(weights, path)
    sha256 = sha256_of(path)

    options = {**ALL.decisive, "points_per_side": 2, "crop_n_layers": 0}
    own = build_generator("vit_b", checkpoint=path, checkpoint_sha256=sha256, device="cpu", **options)
    masks = own.generate(micrograph)
    assert len(masks) > 0
    assert masks.shape_hw == micrograph.shape_hw
    assert own.options == {**options, "checkpoint_sha256": sha256}

    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path))
    published = replace(CHECKPOINTS["vit_b"], sha256=sha256, size_bytes=path.stat().st_size, filename=path.name)
    monkeypatch.setitem(CHECKPOINTS, "vit_b", published)
    cached = build_generator("vit_b", device="cpu")._predictor.model.state_dict()
    named = {key: key.replace("image_encoder.", "image_encoder.encoder.") for key in weights}
    assert all(torch.equal(cached[named[key]], weights[key]) for key in weights)

    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for source in ({"checkpoint": path, "checkpoint_sha256": sha256}, {}):
        with pytest.raises(InputError, match=f"{sha256} was expected"):
            build_generator("vit_b", device="cpu", **source)
