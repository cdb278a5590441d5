"""The parts of an image that SAM looks at one by one, and where it is asked in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.utils.amg import build_all_layer_point_grids, generate_crop_boxes, is_box_near_crop_edge

from samiam.errors import InputError
from samiam.generation.sam.settings import SamOptions
from samiam.records import Micrograph


class Places(Protocol):
    """Tells where an image is to be clicked."""

    @property
    def sha256(self) -> str | None:
        """What decides the places, for provenance."""
        ...

    def __call__(self, micrograph: Micrograph) -> NDArray[np.float64]:
        """(P, 2), x and y in pixels, one point at least."""
        ...


@dataclass(frozen=True)
class Crop:
    """A part of an image that SAM looks at by itself.

    Attributes:
        box_xyxy: in pixels of the image.
        shape_hw: of the whole image.
    """

    box_xyxy: tuple[int, int, int, int]
    shape_hw: tuple[int, int]

    @property
    def origin_xy(self) -> NDArray[np.float64]:
        """Its first pixel."""
        return np.array(self.box_xyxy[:2], np.float64)

    @property
    def sides_xy(self) -> NDArray[np.int64]:
        """Its width and height."""
        left, top, right, bottom = self.box_xyxy
        return np.array([right - left, bottom - top], np.int64)

    @property
    def window(self) -> tuple[slice, slice]:
        """Where it is in an array (H, W)."""
        left, top, right, bottom = self.box_xyxy
        return slice(top, bottom), slice(left, right)

    def is_cut_off(self, mask: NDArray[np.bool_]) -> bool:
        """Whether a mask of the crop, not empty, ends within 20 px of an edge that is none of the image."""
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = torch.tensor([[columns[0], rows[0], columns[-1], rows[-1]]])
        height, width = self.shape_hw
        return bool(is_box_near_crop_edge(box, list(self.box_xyxy), [0, 0, width, height])[0])

    def in_image(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of the crop as one of the image."""
        whole = np.zeros(self.shape_hw, np.bool_)
        whole[self.window] = mask
        return whole


def asked_crops(
    micrograph: Micrograph, options: SamOptions, places: Places | None, img_size: int
) -> list[tuple[Crop, NDArray[np.float64]]]:
    """The crops of an image, the whole of it first, each with its prompts (P, 2), x and y in its own pixels.

    Args:
        micrograph: the image.
        options: of the crops and of their grids.
        places: where to prompt the whole image, and no crop, instead of on a grid.
        img_size: side of what the encoder sees, in pixels.

    Raises:
        InputError: if some crop would have no pixels, or none once its long side is `img_size`.
    """
    n_layers = options.crop_n_layers if places is None else 0
    boxes, layers = generate_crop_boxes(micrograph.shape_hw, n_layers, options.crop_overlap_ratio)
    crops = [Crop(tuple(box), micrograph.shape_hw) for box in boxes]
    for crop in crops:
        short, long = sorted(crop.sides_xy.tolist())
        if short < 1 or 2 * short * img_size < long:
            height, width = crop.shape_hw
            raise InputError(
                f"{micrograph.name}: {height}×{width} px is too small or too narrow for crop_n_layers={n_layers}; "
                "use fewer layers (0 is the whole image only) or a larger image."
            )
    if places is not None:
        return [(crops[0], places(micrograph))]
    factor = options.crop_n_points_downscale_factor
    grids = build_all_layer_point_grids(options.points_per_side, n_layers, factor)
    return [(crop, grids[layer] * crop.sides_xy) for crop, layer in zip(crops, layers, strict=True)]
