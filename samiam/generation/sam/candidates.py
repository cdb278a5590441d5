"""The masks of one crop: prompts are decoded, and only what may stay is drawn, one mask at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.modeling import Sam
from segment_anything.predictor import SamPredictor
from torch import Tensor

from samiam.generation.sam.crops import Crop
from samiam.generation.sam.decoder import FoldedDecoder
from samiam.generation.sam.settings import SamOptions
from samiam.records import Masks


def candidates(
    predictor: SamPredictor, decoder: FoldedDecoder, crop: Crop, points_xy: NDArray[np.float64], options: SamOptions
) -> Iterator[Masks]:
    """Masks that some prompts mean in a crop, but for those of low quality or stability, cut off or empty.

    Args:
        predictor: with the crop set as its image.
        decoder: of the same network.
        crop: where it is.
        points_xy: (P, 2), the prompts, in pixels of the crop.
        options: which masks to keep.

    Yields:
        One mask each.
    """
    clicked = predictor.transform.apply_coords(points_xy, tuple(predictor.original_size))
    decoded = decoder.decode(predictor.features, torch.as_tensor(clicked, device=predictor.device))
    # As in the library, a threshold of 0 keeps all.
    chosen = decoded.predicted_iou > (options.pred_iou_thresh or -torch.inf)
    prompts = chosen.nonzero()[:, 0].cpu().numpy()
    logits = decoder.logits(decoded, chosen)
    sam: Sam = predictor.model
    for prompt, quality, each in zip(prompts, decoded.predicted_iou[chosen].cpu().numpy(), logits, strict=True):
        drawn = sam.postprocess_masks(each[None, None], predictor.input_size, predictor.original_size)[0, 0]
        stability = _stability(drawn, sam.mask_threshold, options.stability_score_offset)
        mask = (drawn > sam.mask_threshold).cpu().numpy()
        if stability < options.stability_score_thresh or not mask.any() or crop.is_cut_off(mask):
            continue
        yield Masks.from_arrays(
            [crop.in_image(mask)],
            predicted_iou=[quality],
            stability_score=[stability],
            points_xy=[points_xy[prompt] + crop.origin_xy],
            crop_boxes_xywh=[(*crop.box_xyxy[:2], *crop.sides_xy)],
        )


def _stability(logits: Tensor, threshold: float, offset: float) -> np.float32:
    """The IoU of a mask (H, W) under a strict and a loose threshold; NaN where it is empty under both."""
    strict, loose = (torch.count_nonzero(logits > threshold + change) for change in (offset, -offset))
    return np.float32((strict / loose).item())
