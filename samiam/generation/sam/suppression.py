"""Which of many masks stay: the library's suppression by boxes, and its removal of small regions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from segment_anything.utils.amg import remove_small_regions
from torchvision.ops import batched_nms

from samiam.records import Masks


def suppressed(masks: Masks, preference: ArrayLike, threshold: float) -> Masks:
    """Of masks whose boxes have an IoU above a threshold, the most preferred; in order of preference.

    Args:
        masks: N masks, none of them empty.
        preference: (N,), higher is better.
        threshold: of the IoU.
    """
    boxes = masks.boxes_xywh.copy()
    boxes[:, 2:] += boxes[:, :2] - 1  # the library's boxes end on the last pixel
    scores = torch.as_tensor(np.asarray(preference, np.float32))
    kept = batched_nms(torch.from_numpy(boxes).float(), scores, torch.zeros(len(masks)), threshold)
    return masks.select(kept.numpy())


def without_small_regions(masks: Masks, least_area: int, threshold: float) -> Masks:
    """Masks without small holes and islands, and without those that have thereby come to resemble another.

    Args:
        masks: N masks, none of them empty.
        least_area: smaller holes are filled and smaller islands dropped, but for the largest of a mask, in pixels.
        threshold: IoU of boxes above which a mask that was changed makes way for one that was not.
    """
    was_clean: list[bool] = []
    cleaned = Masks.from_arrays(
        _cleaned(masks, least_area, was_clean),
        masks.shape_hw,
        predicted_iou=masks.predicted_iou,
        stability_score=masks.stability_score,
        points_xy=masks.points_xy,
        crop_boxes_xywh=masks.crop_boxes_xywh,
    )
    return suppressed(cleaned, was_clean, threshold)


def _cleaned(masks: Masks, least_area: int, was_clean: list[bool]) -> Iterator[NDArray[np.bool_]]:
    """The masks one by one; `was_clean` takes what the library says of each: a lone small island counts as unclean."""
    for mask in masks:
        filled, has_holes = remove_small_regions(mask, least_area, mode="holes")
        tidy, has_islands = remove_small_regions(filled, least_area, mode="islands")
        was_clean.append(not (has_holes or has_islands))
        yield tidy
