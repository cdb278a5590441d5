"""SAM+: masks from a grid of point prompts, on the whole image and on crops of it (the paper's baseline).

The library upsamples the logits of a whole batch of prompts before it filters any, so it needs
`points_per_batch` × 3 × H × W float32 at once: 0.8 GB at 1024² and 13 GB at 4096² with the default of 64.
Lower `points_per_batch` where that is too much; the masks stay the same but for rounding. Its post-processing
(`min_mask_region_area`) then holds all surviving masks unpacked, a byte a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from samiam.generation.sam.settings import SamOptions
from samiam.records import Masks, Micrograph
from samiam.storage.checkpoints import accepted_sha256, fit_state_dict, load_state_dict

#: The names that `build_sam` knows: the three sizes of the image encoder (89.7, 308.3 and 637.0 M parameters).
SAM_NAMES = ("vit_b", "vit_l", "vit_h")


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
        self._library = _CropGenerator(sam.eval(), **options.decisive)
        self._shape_hw: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The name under which `build_generator` makes it."""
        return self._name

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks, and the hash of the weights."""
        return {**self._settings.decisive, "checkpoint_sha256": self._checkpoint_sha256}

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
        """SAM's three masks of what clicks (x, y) and a box may mean, the most likely first."""
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

    def __repr__(self) -> str:
        return f"SamGenerator({self._name}, weights {self._checkpoint_sha256[:12]})"

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


def build_sam(name: str, options: SamOptions) -> SamGenerator:
    """A SAM+ generator with published or own weights.

    Args:
        name: "vit_b", "vit_l" (the paper's main tables) or "vit_h".
        options: its settings; the published weights are fetched into the cache if need be.

    Raises:
        InputError: if the device is unusable, or the weights are missing, of another hash or of another network.
    """
    place = pick_device(options.device)
    state = load_state_dict(name, path=options.checkpoint, sha256=options.checkpoint_sha256)
    # Weights that are about to be overwritten must not cost the caller its random numbers.
    with torch.random.fork_rng(devices=[]):
        sam = sam_model_registry[name]()
    fit_state_dict(sam, state, options.checkpoint or f"checkpoint {name}")
    return SamGenerator(sam.to(place), name, options, accepted_sha256(name, options.checkpoint_sha256))


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
