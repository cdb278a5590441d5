"""SAM+: masks from a grid of point prompts, on the whole image and on crops of it (the paper's baseline).

The library upsamples the logits of a whole batch of prompts before it filters any, so it needs
`points_per_batch` × 3 × H × W float32 at once: 0.8 GB at 1024² and 13 GB at 4096² with the default of 64.
Lower `points_per_batch` where that is too much; the masks stay the same but for rounding. Its post-processing
(`min_mask_region_area`) then holds all surviving masks unpacked, a byte a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from segment_anything import SamAutomaticMaskGenerator, sam_model_registry
from segment_anything.modeling import Sam
from segment_anything.utils.amg import MaskData, area_from_rle, generate_crop_boxes

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.generation.prompts import Prompt
from samiam.records import Masks, Micrograph
from samiam.settings import from_options
from samiam.storage.checkpoints import accepted_sha256, fit_state_dict, load_state_dict

#: The names that `build_sam` knows: the three sizes of the image encoder (89.7, 308.3 and 637.0 M parameters).
SAM_NAMES = ("vit_b", "vit_l", "vit_h")

_ONE_OR_MORE = {"points_per_side", "points_per_batch", "crop_n_points_downscale_factor"}
_UNBOUNDED = _ONE_OR_MORE | {"stability_score_offset", "crop_n_layers", "min_mask_region_area"}


@dataclass(frozen=True)
class SamOptions:
    """Settings of `segment_anything.SamAutomaticMaskGenerator` by its own names; the defaults are the paper's SAM+.

    Attributes:
        points_per_side: prompts along each side of the image.
        points_per_batch: prompts decoded at once; decides memory, not masks.
        pred_iou_thresh: masks whose predicted quality is not above this are dropped (0 keeps all), in [0, 1].
        stability_score_thresh: masks of a lower stability score are dropped (0 keeps all), in [0, 1].
        stability_score_offset: change of the logit threshold by which stability is judged, ≥ 0.
        box_nms_thresh: box IoU above which the worse of two masks of one crop is dropped, in [0, 1].
        crop_n_layers: layers of crops beyond the whole image; layer i cuts it into 2^i × 2^i.
        crop_nms_thresh: box IoU above which the mask of the larger of two crops is dropped, in [0, 1].
        crop_overlap_ratio: overlap of the first layer's crops as a share of the image's shorter side, in [0, 1].
        crop_n_points_downscale_factor: layer i has points_per_side / factor^i prompts along a side.
        min_mask_region_area: holes and islands below this are filled and dropped, in pixels (0 leaves them); a
            mask that is smaller as a whole keeps its largest island.

    Raises:
        InputError: if a value is out of range, or a layer would have no prompts.
    """

    points_per_side: int = 16
    points_per_batch: int = 64
    pred_iou_thresh: float = 0.90
    stability_score_thresh: float = 0.92
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7
    crop_n_layers: int = 1
    crop_nms_thresh: float = 0.7
    crop_overlap_ratio: float = 512 / 1500
    crop_n_points_downscale_factor: int = 2
    min_mask_region_area: int = 3600

    def __post_init__(self) -> None:
        for field in fields(self):
            self._check(field.name, isinstance(field.default, int))
        # The library divides by zero while building an empty grid.
        if self.points_per_side < self.crop_n_points_downscale_factor**self.crop_n_layers:
            raise InputError(
                f"points_per_side={self.points_per_side} leaves no points in the last of crop_n_layers="
                f"{self.crop_n_layers} at crop_n_points_downscale_factor={self.crop_n_points_downscale_factor}; "
                f"give at least {self.crop_n_points_downscale_factor**self.crop_n_layers}."
            )

    def _check(self, name: str, whole: bool) -> None:
        value = getattr(self, name)
        low, high = int(name in _ONE_OR_MORE), float("inf") if name in _UNBOUNDED else 1
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not (fits and low <= value <= high and value != float("inf")):
            kind, span = "a whole number" if whole else "a number", f"≥ {low}" if name in _UNBOUNDED else "in [0, 1]"
            raise InputError(f"{name}={value!r} cannot be used; give {kind} {span}.")


class SamGenerator:
    """The `MaskGenerator` of the segment-anything networks; same image, same masks (exactly so on the CPU).

    Args:
        sam: the network, on its device.
        name: the name under which `build_generator` makes it.
        options: how to prompt it and which masks to keep.
        checkpoint_sha256: what tells its weights from others, for provenance.
    """

    def __init__(self, sam: Sam, name: str, options: SamOptions, checkpoint_sha256: str) -> None:
        self._name = name
        self._settings = options
        self._checkpoint_sha256 = checkpoint_sha256
        self._img_size = int(sam.image_encoder.img_size)
        self._library = _CropGenerator(sam.eval(), **asdict(options))
        self._shape_hw: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The name under which `build_generator` makes it."""
        return self._name

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks, and the hash of the weights."""
        return {**asdict(self._settings), "checkpoint_sha256": self._checkpoint_sha256}

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in the library's order, none of them without pixels; an empty `Masks` where none survives.

        The image is given to the network as 8-bit grey in three equal channels.

        Raises:
            InputError: if the image is too small or too narrow to be cut into `crop_n_layers` layers of crops.
        """
        self._check_crops(micrograph)
        self._shape_hw = None  # the library forgets the image that was set
        records = self._library.generate(_as_rgb(micrograph))
        return Masks.from_records(records, micrograph.shape_hw)

    def set_image(self, micrograph: Micrograph) -> None:
        """Compute the embedding of an image, so that `predict` answers soon."""
        self._library.predictor.set_image(_as_rgb(micrograph), image_format="RGB")
        self._shape_hw = micrograph.shape_hw

    def predict(
        self, points: ArrayLike | None = None, labels: ArrayLike | None = None, boxes: ArrayLike | None = None
    ) -> Masks:
        """See `PromptableGenerator.predict`: SAM's three masks, the most likely first."""
        if self._shape_hw is None:
            raise InputError("no image to point at: call set_image first.")
        prompt = Prompt.of(points, labels, boxes, self._shape_hw)
        masks, scores, _ = self._library.predictor.predict(
            point_coords=prompt.points_xy if len(prompt.points_xy) else None,
            point_labels=prompt.is_inside.astype(int) if len(prompt.points_xy) else None,
            box=None if prompt.box is None else np.array(prompt.box),
        )
        order = np.argsort(-scores, kind="stable")
        return Masks.from_arrays(masks[order], self._shape_hw, predicted_iou=scores[order])

    def _check_crops(self, micrograph: Micrograph) -> None:
        """Refuse an image of which some crop would have no pixels, or none once its long side is `img_size`."""
        n_layers = self._settings.crop_n_layers
        boxes, _ = generate_crop_boxes(micrograph.shape_hw, n_layers, self._settings.crop_overlap_ratio)
        for left, top, right, bottom in boxes:
            short, long = sorted((right - left, bottom - top))
            if short < 1 or 2 * short * self._img_size < long:
                height, width = micrograph.shape_hw
                raise InputError(
                    f"{micrograph.name}: {height}×{width} px is too small or too narrow for crop_n_layers={n_layers}; "
                    "use fewer layers (0 is the whole image only) or a larger image."
                )


def build_sam(
    name: str,
    *,
    checkpoint: str | Path | None = None,
    checkpoint_sha256: str | None = None,
    device: str = "auto",
    **options: Any,
) -> SamGenerator:
    """A SAM+ generator with published or own weights.

    Args:
        name: "vit_b", "vit_l" (the paper's main tables) or "vit_h".
        checkpoint: a file of weights; by default the published one, fetched into the cache if need be.
        checkpoint_sha256: the hash of that file, if it is not the published one.
        device: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:N".
        **options: any of `SamOptions`.

    Raises:
        InputError: if the name, an option or the device is unknown or unusable, or the weights are missing, of
            another hash or of another network.
    """
    if name not in SAM_NAMES:
        raise InputError(f"no SAM network is called {name!r}; there are {', '.join(SAM_NAMES)}.")
    settings = from_options(SamOptions, f"{name} (beside checkpoint, checkpoint_sha256, device)", options)
    place = pick_device(device)
    state = load_state_dict(name, path=checkpoint, sha256=checkpoint_sha256)
    # Weights that are about to be overwritten must not cost the caller its random numbers.
    with torch.random.fork_rng(devices=[]):
        sam = sam_model_registry[name]()
    fit_state_dict(sam, state, checkpoint or f"checkpoint {name}")
    return SamGenerator(sam.to(place), name, settings, accepted_sha256(name, checkpoint_sha256))


def _as_rgb(micrograph: Micrograph) -> NDArray[np.uint8]:
    """8-bit grey in three equal channels, (H, W, 3)."""
    return np.repeat(np.rint(micrograph.pixels * 255).astype(np.uint8)[:, :, None], 3, axis=2)


class _CropGenerator(SamAutomaticMaskGenerator):  # type: ignore[misc]
    """The library's generator, whole where a crop gives nothing."""

    def _process_crop(self, *args: Any) -> MaskData:
        data = super()._process_crop(*args)
        # Of no masks the library makes a 1-D float tensor of boxes, at which its `box_area` fails.
        data["crop_boxes"] = data["crop_boxes"].reshape(-1, 4).long()
        # Later would be too late: in an image below `min_mask_region_area` an empty mask is one hole and gets filled.
        data.filter(torch.tensor([area_from_rle(rle) > 0 for rle in data["rles"]], dtype=torch.bool))
        return data
