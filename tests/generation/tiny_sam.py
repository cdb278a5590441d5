"""A whole segment-anything network of random weights, small enough to run in a moment."""

from __future__ import annotations

import torch
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

from samiam.generation.sam.generator import SamGenerator
from samiam.generation.sam.settings import SamOptions

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


def generator(options: SamOptions = ALL, sam: Sam | None = None) -> SamGenerator:
    return SamGenerator(sam or tiny_sam(), "tiny", options, "0" * 64)
