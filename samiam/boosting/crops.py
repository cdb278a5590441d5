"""Square crops that lie inside a mask (paper §2.3.2)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.settings import CropRules
from samiam.errors import InputError
from samiam.period import lattice_period
from samiam.records import Masks, Micrograph
from samiam.texture import ContextEncoder, Encoder

_LARGEST_PX = 128  # of a crop; larger ones fit into too few masks
_MOST_OF_THE_AREA = 0.7  # chosen on procedural scenes


@dataclass(frozen=True, eq=False)
class Crops:
    """Crops of an image and the masks they belong to.

    Attributes:
        pixels: C images (s, s), float32 in [0, 1].
        owners: int64 (C,), the index of each crop's mask, rising.
        corners_xy: int64 (C, 2), left and top of each crop.
        is_large: bool (C,), whether the crop's side is one at which crops fit into most of what is masked: into masks
            that hold 70 % of the area of all masks with crops. Smaller ones come from strips.
    """

    pixels: list[NDArray[np.float32]]
    owners: NDArray[np.int64]
    corners_xy: NDArray[np.int64]
    is_large: NDArray[np.bool_]

    def select(self, indices: NDArray[np.intp]) -> Crops:
        """The crops at these indices."""
        pixels = [self.pixels[index] for index in indices]
        return Crops(pixels, self.owners[indices], self.corners_xy[indices], self.is_large[indices])


def sample_crops(micrograph: Micrograph, masks: Masks, rules: CropRules = CropRules()) -> Crops:
    """Draw up to K crops inside each mask.

    A mask's draws are seeded with its own pixels, so they do not depend on the other masks or on their order. Where
    fewer than K crops fit, all that fit are taken; where none fits at the smallest side, the mask has none.

    Args:
        micrograph: the image, of the masks' shape.
        masks: N masks.
        rules: number, size and placement of the crops.

    Raises:
        InputError: if image and masks differ in shape.

    Example:
        >>> crops = sample_crops(Micrograph(np.zeros((90, 90))), Masks.from_arrays(np.ones((1, 90, 90))))
        >>> len(crops.pixels), crops.pixels[0].shape
        (10, (60, 60))
    """
    if masks.shape_hw != micrograph.shape_hw:
        raise InputError(f"masks of shape {masks.shape_hw} do not fit {micrograph.name} of {micrograph.shape_hw}.")
    rules = replace(rules, crop_px=_full_side(micrograph, rules), periods=None)
    pixels: list[NDArray[np.float32]] = []
    owners: list[int] = []
    corners: list[tuple[int, int]] = []
    for index, mask in enumerate(masks):
        rng = np.random.default_rng([rules.seed, zlib.crc32(masks.packed[index].tobytes())])
        side, allowed = _places(mask, masks.boxes_xywh[index], rules)
        chosen = rng.permutation(len(allowed))[: rules.n_crops]
        for x, y in allowed[np.sort(chosen)]:
            pixels.append(micrograph.pixels[y : y + side, x : x + side])
            owners.append(index)
            corners.append((x, y))
    owned = np.array(owners, np.int64)
    is_large = _is_large(np.array([len(crop) for crop in pixels], np.int64), owned, masks.areas)
    return Crops(pixels, owned, np.array(corners, np.int64).reshape(-1, 2), is_large)


def embed_crops(encoder: Encoder, micrograph: Micrograph, crops: Crops) -> NDArray[np.float32]:
    """One vector (C, D) for each crop, by an encoder that sees the rest of the micrograph too if it can."""
    if isinstance(encoder, ContextEncoder):
        return encoder.encode_within(micrograph, crops.corners_xy, [len(crop) for crop in crops.pixels])
    return encoder.encode(crops.pixels)


def _is_large(sides: NDArray[np.int64], owners: NDArray[np.int64], areas: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which crops have a side that fits into most of what is masked; all crops of a mask have one side."""
    whole = areas[np.unique(owners)].sum()
    for side in np.unique(sides)[::-1]:
        if areas[np.unique(owners[sides >= side])].sum() >= _MOST_OF_THE_AREA * whole:
            return np.asarray(sides >= side)
    return np.zeros(0, np.bool_)


def _full_side(micrograph: Micrograph, rules: CropRules) -> int:
    """The side of a crop before it is shrunk."""
    period_px = lattice_period(micrograph.pixels) if rules.periods else None
    if rules.periods is None or period_px is None:
        return rules.crop_px
    largest = max(_LARGEST_PX, rules.crop_px)
    return int(np.clip(round(rules.periods * period_px), rules.smallest_crop_px, largest))


def _places(mask: NDArray[np.bool_], box_xywh: NDArray[np.int64], rules: CropRules) -> tuple[int, NDArray[np.int64]]:
    """The largest side at which a crop fits, and the corners (x, y) at which it does."""
    x, y, width, height = (int(value) for value in box_xywh)
    side = rules.crop_px
    while True:
        top, left = max(0, y - side), max(0, x - side)
        window = mask[top : y + height + side, left : x + width + side]
        corners = _corners_inside(window, side, rules.inside) + np.array([left, top])
        if rules.placement == "grid":
            corners = corners[(corners % side == 0).all(axis=1)]
        if len(corners) or side <= rules.smallest_crop_px:
            return side, corners
        side = max(rules.smallest_crop_px, side * 3 // 4)


def _corners_inside(mask: NDArray[np.bool_], side: int, inside: float) -> NDArray[np.int64]:
    """Corners (x, y) of all squares of this side with enough of their pixels in the mask."""
    if min(mask.shape) < side:
        return np.zeros((0, 2), np.int64)
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    table[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    filled = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    return np.argwhere(filled / side**2 >= inside)[:, ::-1]
