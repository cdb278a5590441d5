"""From masks and their materials to one label per pixel."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.parts import Parts
from samiam.records import Masks
from samiam.records.arrays import areas_in
from samiam.texture.pose import UPRIGHT, Pose

_MOST_DISSOLVED = 16  # parts of a small image: a region with one of them is large enough
_SQUARE = np.ones((3, 3), np.uint8)
_TILE_PX = 128  # filled at once


def merge_masks(
    masks: Masks, materials: NDArray[np.int64], *, smallest_region_px: int = 256, pose: Pose = UPRIGHT
) -> tuple[NDArray[np.uint32], dict[int, int]]:
    """Unite the masks of each material; no two materials overlap.

    A pixel covered by masks of several materials goes to the material of the smallest of them, so that a region
    inside a parent of another material is cut out of it. Then lines one or two pixels thin and regions smaller than
    `smallest_region_px` are dissolved into the material they touch, or dropped where they touch none, and unsegmented
    holes of that size are closed.

    Args:
        masks: N masks.
        materials: int64 (N,), the material of each mask; a mask with a negative one is left out.
        smallest_region_px: regions and holes below this area are dissolved, see `dissolved`.
        pose: of the image that the labels are of; in it pixels as near to one region as to another go to either.

    Returns:
        The labels in that pose, uint32 (H, W), 0 where not segmented and numbered from 1 in order of falling area; and
        the label of each material that kept any pixel.

    Example:
        >>> halves = Masks.from_labels(np.repeat([[1, 2]], 40, axis=1).repeat(80, axis=0))
        >>> labels, label_of = merge_masks(halves, np.array([0, 0]))
        >>> np.unique(labels).tolist(), label_of
        ([1], {0: 1})
    """
    labels = np.zeros(masks.shape_hw, np.uint32)
    for index in _largest_first(masks, materials):
        if materials[index] >= 0:
            labels[masks[index]] = materials[index] + 1
    return numbered_by_area(dissolved(pose.apply(labels), smallest_region_px))


def _largest_first(masks: Masks, materials: NDArray[np.int64]) -> list[int]:
    """Order in which the masks are painted: the same in whatever order they come."""
    keys = [(-masks.areas[i], masks.packed[i].tobytes(), materials[i]) for i in range(len(masks))]
    return sorted(range(len(masks)), key=keys.__getitem__)


def dissolved(labels: NDArray[np.uint32], smallest_region_px: int) -> NDArray[np.uint32]:
    """Give thin lines and specks the label of the nearest solid region; close small holes in the segmented area.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
        smallest_region_px: regions and holes below this area, or below a sixteenth of an image so small that this is
            less, are dissolved; 0 leaves everything as it is.
    """
    if smallest_region_px <= 0:
        return labels
    smallest_region_px = min(smallest_region_px, labels.size // _MOST_DISSOLVED)
    segmented = labels > 0
    to_fill = segmented | _small_holes(~segmented, smallest_region_px)
    found = np.where(_opened(labels), labels, 0).astype(np.uint32)
    parts = Parts.of(found)
    found[parts.drawn(parts.sizes < smallest_region_px)] = 0
    solid = found > 0
    if not solid.any():
        return found
    wanted = to_fill & ~solid
    if wanted.any():
        _fill(found, wanted, solid)
        parts = Parts.of(found)
        found[parts.drawn(~parts.reached_by(solid))] = 0
    return found


def _small_holes(is_hole: NDArray[np.bool_], below_px: int) -> NDArray[np.bool_]:
    """The parts of a mask below an area, which hang together by the corners of pixels too."""
    if not is_hole.any():
        return is_hole
    _, parts, facts, _ = cv2.connectedComponentsWithStats(is_hole.view(np.uint8), connectivity=8)
    is_small = facts[:, cv2.CC_STAT_AREA] < below_px
    is_small[0] = False  # all that is no hole
    return np.asarray(is_small[parts]) if is_small.any() else np.zeros_like(is_hole)


def _opened(labels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """What squares of 3 × 3 pixels of one label can cover from within the image; a line along its border is thin."""
    is_few = labels.max(initial=0) < 256
    values = labels.astype(np.uint8) if is_few else labels.astype(np.float32)  # exact up to 2²⁴ labels
    middles = (cv2.erode(values, _SQUARE) == cv2.dilate(values, _SQUARE)) & (labels > 0)
    middles[[0, -1]], middles[:, [0, -1]] = False, False
    return np.asarray(cv2.dilate(middles.view(np.uint8), _SQUARE).view(np.bool_))


def _fill(labels: NDArray[np.uint32], wanted: NDArray[np.bool_], solid: NDArray[np.bool_]) -> None:
    """Give wanted pixels the label of the nearest solid one, tile by tile: mostly few pixels are wanted."""
    # Chessboard distances are quickly found, and at least the distance over √2.
    distances = cv2.distanceTransform((~solid).view(np.uint8), cv2.DIST_C, cv2.DIST_MASK_3)
    for top, left in product(*(range(0, side, _TILE_PX) for side in labels.shape)):
        rows, columns = np.nonzero(wanted[top : top + _TILE_PX, left : left + _TILE_PX])
        if len(rows):
            rows, columns = rows + top, columns + left
            reach = int(np.sqrt(2) * distances[rows, columns].max()) + 2
            first = max(0, top - reach), max(0, left - reach)
            around = solid[first[0] : top + _TILE_PX + reach, first[1] : left + _TILE_PX + reach]
            nearest = ndimage.distance_transform_edt(~around, return_distances=False, return_indices=True)
            from_rows, from_columns = nearest[:, rows - first[0], columns - first[1]]
            labels[rows, columns] = labels[from_rows + first[0], from_columns + first[1]]


def numbered_by_area(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], dict[int, int]]:
    """Labels renumbered 1, 2, … by falling area, and the new label of old label k + 1, by k.

    Of equal areas the one that comes first in reading order has the smaller number.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
    """
    every = areas_in(labels)
    values = np.flatnonzero(every)
    areas = every[values]
    # Where areas differ nobody need look for the first pixels, which takes sorting all.
    is_tied = len(set(areas.tolist())) < len(areas)
    first = np.unique(labels, return_index=True)[1] if is_tied else np.zeros(len(values), np.intp)
    order = [k for k in np.lexsort((first, -areas)) if values[k] > 0]
    renumber = np.zeros(int(values.max()) + 1, np.uint32)
    renumber[values[order]] = np.arange(1, len(order) + 1)
    is_new = not np.array_equal(renumber, np.arange(len(renumber)))
    numbered = renumber[labels] if is_new else labels.astype(np.uint32)
    return numbered, {int(values[k]) - 1: int(renumber[values[k]]) for k in order}
