"""SAM+: masks from point prompts, on the whole image and on crops of it (the paper's baseline).

The masks are those of `segment_anything.SamAutomaticMaskGenerator` but for rounding. That upsamples the logits of a
whole batch of prompts before it filters any, 13 GB at 4096²; here a mask is drawn only once its quality is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from segment_anything import SamPredictor, sam_model_registry
from segment_anything.modeling import Sam
from tqdm import tqdm

from samiam.device import pick_device
from samiam.errors import InputError
from samiam.generation.prompts import Prompt
from samiam.generation.sam.candidates import candidates
from samiam.generation.sam.crops import Crop, Places, asked_crops
from samiam.generation.sam.decoder import FoldedDecoder
from samiam.generation.sam.embeddings import RememberingEncoder
from samiam.generation.sam.encoder import TiledEncoder
from samiam.generation.sam.images import as_rgb
from samiam.generation.sam.settings import SamOptions
from samiam.generation.sam.suppression import suppressed, without_small_regions
from samiam.generation.sam.tunable import TunableDecoder, put_decoder
from samiam.records import Masks, Micrograph
from samiam.storage.bounded_folder import BoundedFolder
from samiam.storage.checkpoints import accepted_sha256, fit_state_dict, load_state_dict
from samiam.storage.downloads import user_cache
from samiam.storage.files import made_folder, sha256_of

#: The names that `build_sam` knows: the three sizes of the image encoder (89.7, 308.3 and 637.0 M parameters).
SAM_NAMES = ("vit_b", "vit_l", "vit_h")
_PROMPTS_AT_ONCE = {"cpu": 4, "cuda": 64}
"""More are slower on a CPU, where they no longer stay in its cache."""


class SamGenerator:
    """The `MaskGenerator` of the segment-anything networks; same image, same masks (exactly so on the CPU).

    Args:
        sam: the network, on its device; it is given a faster image encoder with the same weights.
        name: the name under which `build_generator` makes it.
        options: how to prompt it and which masks to keep.
        checkpoint_sha256: what tells its weights from others, for provenance.
        places: where to prompt it, for `prompts=boundaries`; results depend on its code too.

    Raises:
        InputError: if the options ask for places and there are none, or for embeddings to be kept and they cannot be.
    """

    def __init__(
        self, sam: Sam, name: str, options: SamOptions, checkpoint_sha256: str, places: Places | None = None
    ) -> None:
        if options.prompts == "boundaries" and places is None:
            raise InputError("prompts=boundaries: give the places, or make the generator by build_generator.")
        self._name = name
        self._settings = options
        self._checkpoint_sha256 = checkpoint_sha256
        self._decoder_sha256 = None if options.decoder is None else sha256_of(options.decoder)
        self.places = places
        sam.image_encoder = _faster(sam, options, checkpoint_sha256)
        self._predictor = SamPredictor(sam.eval())
        self._decoder = FoldedDecoder(sam)
        self._shape_hw: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The name under which `build_generator` makes it."""
        return self._name

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks, and the hash of the weights; of those that place the prompts too."""
        places = {"places_sha256": self.places.sha256} if self.places else {}
        decoder = {} if self._decoder_sha256 is None else {"decoder_sha256": self._decoder_sha256}
        return {**self._settings.decisive, "checkpoint_sha256": self._checkpoint_sha256, **decoder, **places}

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in the library's order, none of them without pixels; an empty `Masks` where none survives.

        The image is given to the network as 8-bit grey in three equal channels.

        Raises:
            InputError: if the image is too small or too narrow to be cut into `crop_n_layers` layers of crops.
        """
        options = self._settings
        asked = asked_crops(micrograph, options, self.places, self._predictor.model.image_encoder.img_size)
        self._shape_hw = None  # the crops take the place of the image that was set
        rgb = as_rgb(micrograph)
        n_prompts = sum(len(points_xy) for _, points_xy in asked)
        with tqdm(total=n_prompts, desc=micrograph.name, unit="prompt", disable=None, leave=False) as bar:
            of_crops = [self._of_crop(rgb, crop, points_xy, bar) for crop, points_xy in asked]
        masks = Masks.joined(*of_crops)
        if len(asked) > 1:
            smaller_first = 1 / np.prod(masks.crop_boxes_xywh[:, 2:], axis=1)
            masks = suppressed(masks, smaller_first, options.crop_nms_thresh)
        if options.min_mask_region_area and len(masks):
            threshold = max(options.box_nms_thresh, options.crop_nms_thresh)
            masks = without_small_regions(masks, options.min_mask_region_area, threshold)
        return masks

    def set_image(self, micrograph: Micrograph) -> None:
        """Compute the embedding of an image, so that `predict` answers soon."""
        self._predictor.set_image(as_rgb(micrograph), image_format="RGB")
        self._shape_hw = micrograph.shape_hw

    def predict(
        self,
        points: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        most: int | None = None,
    ) -> Masks:
        """SAM's three masks of what clicks (x, y) and a box may mean, the most likely first."""
        if self._shape_hw is None:
            raise InputError("no image to point at: call set_image first.")
        prompt = Prompt.of(points, labels, boxes, self._shape_hw)
        masks, scores, _ = self._predictor.predict(
            point_coords=prompt.points_xy if len(prompt.points_xy) else None,
            point_labels=prompt.is_inside.astype(int) if len(prompt.points_xy) else None,
            box=None if prompt.box is None else np.array(prompt.box),
        )
        order = np.argsort(-scores, kind="stable")[:most]
        return Masks.from_arrays(masks[order], self._shape_hw, predicted_iou=scores[order])

    def __repr__(self) -> str:
        return f"SamGenerator({self._name}, weights {self._checkpoint_sha256[:12]})"

    @torch.inference_mode()
    def _of_crop(self, rgb: NDArray[np.uint8], crop: Crop, points_xy: NDArray[np.float64], bar: tqdm[Any]) -> Masks:
        """What prompts give in a crop, the best first."""
        self._predictor.set_image(rgb[crop.window])
        at_once = self._settings.points_per_batch or _PROMPTS_AT_ONCE[self._predictor.device.type]
        found = [Masks.empty(crop.shape_hw)]
        for start in range(0, len(points_xy), at_once):
            batch = points_xy[start : start + at_once]
            found += candidates(self._predictor, self._decoder, crop, batch, self._settings)
            bar.update(len(batch))
        self._predictor.reset_image()
        masks = Masks.joined(*found)
        return suppressed(masks, masks.predicted_iou, self._settings.box_nms_thresh)


def build_sam(name: str, options: SamOptions, places: Places | None = None) -> SamGenerator:
    """A SAM+ generator with published or own weights.

    Args:
        name: "vit_b", "vit_l" (the paper's main tables) or "vit_h".
        options: its settings; the published weights are fetched into the cache if need be.
        places: where to prompt it, for `prompts=boundaries`.

    Raises:
        InputError: if the device is unusable, or the weights are missing, of another hash or of another network.
    """
    place = pick_device(options.device)
    sam, sha256 = read_sam(name, options)
    if options.decoder is not None:
        put_decoder(sam, name, sha256, options.decoder, options.decoder_sha256)
    return SamGenerator(sam.to(place), name, options, sha256, places)


def tunable_sam(name: str, options: SamOptions) -> tuple[TunableDecoder, str]:
    """A SAM whose mask decoder can learn, on the CPU, and the hash of its checkpoint.

    Its image encoder makes what that of the generator makes, and remembers it where the options say so.

    Raises:
        InputError: if the weights are missing, of another hash or of another network.
    """
    sam, sha256 = read_sam(name, options)
    sam.image_encoder = _faster(sam, options, sha256)
    return TunableDecoder(sam.eval()), sha256


def read_sam(name: str, options: SamOptions) -> tuple[Sam, str]:
    """A network with published or own weights, on the CPU, and the hash of its checkpoint.

    Raises:
        InputError: if the weights are missing, of another hash or of another network.
    """
    state = load_state_dict(name, path=options.checkpoint, sha256=options.checkpoint_sha256)
    # Weights that are about to be overwritten must not cost the caller its random numbers.
    with torch.random.fork_rng(devices=[]):
        sam = sam_model_registry[name]()
    fit_state_dict(sam, state, options.checkpoint or f"checkpoint {name}")
    return sam, accepted_sha256(name, options.checkpoint_sha256)


def _faster(sam: Sam, options: SamOptions, weights: str) -> TiledEncoder | RememberingEncoder:
    """The image encoder of a network, as the settings want it."""
    encoder = TiledEncoder(sam.image_encoder.to(getattr(torch, options.precision)))
    if not options.embeddings_gb:
        return encoder
    folder = made_folder(user_cache("embeddings") / "embeddings")
    return RememberingEncoder(encoder, BoundedFolder(folder, options.embeddings_gb * 1e9), weights)
