"""A whole segment-anything network of random weights, small enough to run in a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything import SamAutomaticMaskGenerator
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

from samiam.generation.sam.generator import Places, SamGenerator
from samiam.generation.sam.settings import SamOptions
from samiam.records import Masks, Micrograph

# Random weights predict a low quality: with the paper's thresholds nothing would come out.
ALL = SamOptions(
    points_per_side=4,
    pred_iou_thresh=0.0,
    stability_score_thresh=0.0,
    box_nms_thresh=0.9,
    crop_nms_thresh=0.9,
    min_mask_region_area=0,
)


def tiny_sam(dim: int = 32, seed: int = 11) -> Sam:
    """A whole segment-anything network of random weights, 64 px wide."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformer = TwoWayTransformer(depth=1, embedding_dim=dim, num_heads=2, mlp_dim=dim)
        sam = Sam(
            ImageEncoderViT(img_size=64, embed_dim=32, depth=1, num_heads=2, out_chans=dim, use_rel_pos=True),
            PromptEncoder(embed_dim=dim, image_embedding_size=(4, 4), input_image_size=(64, 64), mask_in_chans=8),
            MaskDecoder(transformer_dim=dim, transformer=transformer, iou_head_depth=2, iou_head_hidden_dim=32),
            pixel_mean=[123.675, 116.28, 103.53],
            pixel_std=[58.395, 57.12, 57.375],
        )
    # A quality that can be a threshold: between 0 and 1, as that of trained weights.
    quality = sam.mask_decoder.iou_prediction_head.layers[-1]
    quality.weight.data.mul_(0.3)
    quality.bias.data.fill_(0.5)
    return sam.eval()


def generator(options: SamOptions = ALL, sam: Sam | None = None, places: Places | None = None) -> SamGenerator:
    return SamGenerator(sam or tiny_sam(), "tiny", options, "0" * 64, places)


def as_rgb(micrograph: Micrograph) -> NDArray[np.uint8]:
    return np.dstack([np.rint(micrograph.pixels * 255).astype(np.uint8)] * 3)


def library_of(sam: Sam, options: SamOptions) -> SamAutomaticMaskGenerator:
    """The library's generator with the same settings."""
    ours = ("prompts", "precision")
    return SamAutomaticMaskGenerator(sam, **{k: v for k, v in options.decisive.items() if k not in ours})


def assert_same(masks: Masks, records: list[dict[str, Any]], least_iou: float = 0.999) -> None:
    """Masks are those of the library's records, in their order; a pixel of many may differ by rounding."""
    assert len(masks) == len(records) > 0
    for mask, found, record in zip(masks, masks.to_records(), records, strict=True):
        truth = record["segmentation"]
        assert (mask & truth).sum() >= least_iou * (mask | truth).sum()
        # The library's boxes end on the last pixel, ours behind it.
        left, top, width, height = record["bbox"]
        np.testing.assert_allclose(found["bbox"], [left, top, width + 1, height + 1], atol=2)
        np.testing.assert_allclose(found["predicted_iou"], record["predicted_iou"], atol=1e-4)
        np.testing.assert_allclose(found["stability_score"], record["stability_score"], atol=1e-3)
        np.testing.assert_allclose(found["point_coords"], record["point_coords"], rtol=1e-6)
        assert found["crop_box"] == record["crop_box"]
