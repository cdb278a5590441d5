"""Settings of SAM+."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, Share, settings
from samiam.storage.settings import CheckpointOptions

NotNegative = Annotated[int, Field(ge=0)]


@settings
class SamOptions(CheckpointOptions):
    """SAM+: `segment_anything.SamAutomaticMaskGenerator` by its own names; the defaults are the paper's.

    Attributes:
        points_per_side: prompts along each side of the image.
        points_per_batch: prompts decoded at once; decides memory, not masks.
        pred_iou_thresh: masks whose predicted quality is not above this are dropped (0 keeps all).
        stability_score_thresh: masks of a lower stability score are dropped (0 keeps all).
        stability_score_offset: change of the logit threshold by which stability is judged.
        box_nms_thresh: box IoU above which the worse of two masks of one crop is dropped.
        crop_n_layers: layers of crops beyond the whole image; layer i cuts it into 2^i × 2^i.
        crop_nms_thresh: box IoU above which the mask of the larger of two crops is dropped.
        crop_overlap_ratio: overlap of the first layer's crops as a share of the image's shorter side.
        crop_n_points_downscale_factor: layer i has points_per_side / factor^i prompts along a side.
        min_mask_region_area: holes and islands below this are filled and dropped, in pixels (0 leaves them); a
            mask that is smaller as a whole keeps its largest island.
    """

    points_per_side: Count = 16
    points_per_batch: Count = 64
    pred_iou_thresh: Share = 0.90
    stability_score_thresh: Share = 0.92
    stability_score_offset: Annotated[float, Field(ge=0)] = 1.0
    box_nms_thresh: Share = 0.7
    crop_n_layers: NotNegative = 1
    crop_nms_thresh: Share = 0.7
    crop_overlap_ratio: Share = 512 / 1500
    crop_n_points_downscale_factor: Count = 2
    min_mask_region_area: NotNegative = 3600

    def __post_init__(self) -> None:
        # The library divides by zero while building an empty grid.
        least = self.crop_n_points_downscale_factor**self.crop_n_layers
        if self.points_per_side < least:
            raise InputError(
                f"points_per_side={self.points_per_side} leaves no points in the last of crop_n_layers="
                f"{self.crop_n_layers} at crop_n_points_downscale_factor={self.crop_n_points_downscale_factor}; "
                f"give at least {least}."
            )
