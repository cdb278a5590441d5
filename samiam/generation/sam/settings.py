"""Settings of SAM+."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import Count, NotNegative, Share, settings
from samiam.storage.settings import CheckpointOptions

ZeroOrMore = Annotated[int, Field(ge=0)]
_LEAST_GB = 0.03
"""An embedding has 4 MB; the paper's setting makes five of an image."""
_OF_THE_GRID = ("points_per_side", "crop_n_layers", "crop_overlap_ratio", "crop_n_points_downscale_factor")


@settings
class SamOptions(CheckpointOptions):
    """SAM+: `segment_anything.SamAutomaticMaskGenerator` by its own names; the defaults are the paper's.

    Attributes:
        points_per_side: prompts along each side of the image.
        points_per_batch: prompts decoded at once; decides memory and time, not masks. 4 on a CPU and 64 on a GPU where
            null.
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
        prompts: where to ask: on a grid over the image and its crops, or once in each region that the compact network
            sees, 64 at most, on the whole image.
        precision: of the image encoder; bfloat16 is faster where the processor has it, and gives other masks.
        embeddings_gb: space on disk for what the image encoder made, in GB, so that other thresholds on the same image
            need no pass; what was not used for longest goes first. 0 keeps nothing, else 0.03 or more.
        decoder: a file of a mask decoder that `train.py experiment=labelled_sam` tuned, in place of the checkpoint's;
            that of the checkpoint where null.
        decoder_sha256: the hash that this file must have; not checked where null.
    """

    points_per_side: Count = 16
    points_per_batch: Count | None = None
    pred_iou_thresh: Share = 0.90
    stability_score_thresh: Share = 0.92
    stability_score_offset: NotNegative = 1.0
    box_nms_thresh: Share = 0.7
    crop_n_layers: ZeroOrMore = 1
    crop_nms_thresh: Share = 0.7
    crop_overlap_ratio: Share = 512 / 1500
    crop_n_points_downscale_factor: Count = 2
    min_mask_region_area: ZeroOrMore = 3600
    prompts: Literal["grid", "boundaries"] = "grid"
    precision: Literal["float32", "bfloat16"] = "float32"
    embeddings_gb: NotNegative = 0.0
    decoder: str | Path | None = None
    decoder_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.decoder is None and self.decoder_sha256 is not None:
            raise InputError(f"decoder_sha256={self.decoder_sha256}: give the file that has this hash as decoder=.")
        if self.prompts == "boundaries":
            self._check_grid_is_left_alone()
        if 0 < self.embeddings_gb < _LEAST_GB:
            raise InputError(f"embeddings_gb={self.embeddings_gb}: holds no image; give {_LEAST_GB} or more, or 0.")
        # The library divides by zero while building an empty grid.
        least = self.crop_n_points_downscale_factor**self.crop_n_layers
        if self.points_per_side < least:
            raise InputError(
                f"points_per_side={self.points_per_side} leaves no points in the last of crop_n_layers="
                f"{self.crop_n_layers} at crop_n_points_downscale_factor={self.crop_n_points_downscale_factor}; "
                f"give at least {least}."
            )

    def _check_grid_is_left_alone(self) -> None:
        defaults = {field.name: field.default for field in fields(self)}
        for name in _OF_THE_GRID:
            if getattr(self, name) != defaults[name]:
                raise InputError(f"{name}={getattr(self, name)}: prompts=boundaries has no grid; leave it out.")

    @property
    def decisive(self) -> dict[str, Any]:
        """The settings that decide masks, beside the weights; what decides memory, time and place does not."""
        beside = ("points_per_batch", "embeddings_gb", "decoder", "decoder_sha256")
        return {k: v for k, v in super().decisive.items() if k not in beside}
