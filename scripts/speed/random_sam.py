"""Segment-anything networks of random weights that behave, for a clock, as trained ones: about a quarter survives."""

from __future__ import annotations

import torch
from segment_anything import sam_model_registry
from segment_anything.modeling import Sam
from segment_anything.utils.transforms import ResizeLongestSide
from torch import nn

from samiam.generation.sam.decoder import FoldedDecoder
from samiam.generation.sam.encoder import TiledEncoder
from samiam.generation.sam.settings import SamOptions

_SURVIVING = 0.25
_ATTENTION, _LOGITS = 4.0, 1e4
"""By what attention is sharpened, so that masks differ by prompt, and logits, so that they are stable."""


def random_sam(name: str, image: torch.Tensor, seed: int) -> Sam:
    """A network of random weights, of whose masks a quarter has a quality above the paper's threshold.

    Args:
        name: vit_b, vit_l or vit_h.
        image: uint8 (H, W, 3), on which that is so.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    sam = sam_model_registry[name]().eval()
    for part, values in sam.named_parameters():
        if "rel_pos" in part or "pos_embed" in part:  # zeros, as the library makes them
            nn.init.normal_(values, std=0.1)
        elif "mask_decoder.transformer" in part and part.endswith(("q_proj.weight", "k_proj.weight")):
            values.data.mul_(_ATTENTION)
    for head in sam.mask_decoder.output_hypernetworks_mlps:
        head.layers[-1].weight.data.mul_(_LOGITS)
        head.layers[-1].bias.data.mul_(_LOGITS)
    _spread_quality(sam, image)
    return sam


@torch.inference_mode()
def _spread_quality(sam: Sam, image: torch.Tensor) -> None:
    """Scale the last layer of the quality so that a quarter of some prompts' masks is above the threshold."""
    encoder = sam.image_encoder
    seen = torch.from_numpy(ResizeLongestSide(encoder.img_size).apply_image(image.numpy())).permute(2, 0, 1)
    embedding = TiledEncoder(encoder)(sam.preprocess(seen[None]))
    points_xy = torch.rand(64, 2) * encoder.img_size
    quality = FoldedDecoder(sam).decode(embedding, points_xy).predicted_iou
    last = sam.mask_decoder.iou_prediction_head.layers[-1]
    gain = 0.1 / quality.std(dim=0).mean()
    last.weight.data.mul_(gain)
    last.bias.data.mul_(gain)
    above = (quality * gain).quantile(1 - _SURVIVING, dim=0)
    last.bias.data[1:] += SamOptions().pred_iou_thresh - above
