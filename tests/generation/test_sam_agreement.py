"""SAM+ against `SamAutomaticMaskGenerator`, mask by mask, on networks of random weights of which a quarter survives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from segment_anything import sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from tiny_sam import ALL, as_rgb, assert_same, generator, library_of
from torch import nn

from samiam.generation.sam.settings import SamOptions
from samiam.records import Micrograph

pytestmark = pytest.mark.slow


def middling_sam() -> Sam:
    """The decoder as published, before it a small encoder with windows, padded, and without."""
    encoder = ImageEncoderViT(
        img_size=256, embed_dim=96, depth=4, num_heads=4, use_rel_pos=True, window_size=7, global_attn_indexes=(1, 3)
    )
    prompts = PromptEncoder(embed_dim=256, image_embedding_size=(16, 16), input_image_size=(256, 256), mask_in_chans=16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8)
    return Sam(encoder, prompts, MaskDecoder(transformer_dim=256, transformer=transformer))


def lively(sam: Sam) -> Sam:
    """Weights whose masks differ by prompt, with qualities that a threshold can divide and logits far from 0."""
    for name, values in sam.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            nn.init.normal_(values, std=0.1)
        elif "mask_decoder.transformer" in name and name.endswith(("q_proj.weight", "k_proj.weight")):
            values.data.mul_(4)
    for head in sam.mask_decoder.output_hypernetworks_mlps:
        head.layers[-1].weight.data.mul_(1e3)
    quality = sam.mask_decoder.iou_prediction_head.layers[-1]
    quality.weight.data.mul_(0.3)
    quality.bias.data.fill_(0.5)
    return sam.eval()


def speckled(*shape_hw: int) -> Micrograph:
    noise = ndimage.gaussian_filter(np.random.default_rng(2).random(shape_hw, dtype=np.float32), 6)
    return Micrograph((noise - noise.min()) / np.ptp(noise), name="speckle")


ALL_BOXES = replace(ALL, box_nms_thresh=1.0, crop_nms_thresh=1.0)
"""Masks of random weights have much the same box: suppressed by it, one would be left."""


def assert_agreement(sam: Sam, micrograph: Micrograph, options: SamOptions) -> None:
    library = library_of(sam, options)
    everything = library.generate(as_rgb(micrograph))
    options = replace(options, pred_iou_thresh=float(np.quantile([one["predicted_iou"] for one in everything], 0.75)))
    records = library_of(sam, options).generate(as_rgb(micrograph))
    assert 0 < len(records) < len(everything)
    assert_same(generator(options, sam).generate(micrograph), records, least_iou=0.9999)


@pytest.mark.parametrize("shape_hw", [(256, 256), (331, 517), (120, 700), (97, 83)])
@pytest.mark.parametrize("n_layers", [0, 1, 2])
@pytest.mark.parametrize("min_area", [0, 60])
def test_every_mask(shape_hw: tuple[int, int], n_layers: int, min_area: int) -> None:
    torch.manual_seed(4)
    options = replace(
        ALL_BOXES, points_per_side=8, crop_n_layers=n_layers, min_mask_region_area=min_area, stability_score_thresh=0.6
    )
    assert_agreement(lively(middling_sam()), speckled(*shape_hw), options)


def test_every_mask_of_vit_b() -> None:
    torch.manual_seed(4)
    options = replace(ALL_BOXES, points_per_side=4, crop_n_layers=0, min_mask_region_area=60)
    assert_agreement(lively(sam_model_registry["vit_b"]()), speckled(700, 900), options)
