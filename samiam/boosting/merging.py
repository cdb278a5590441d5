"""From masks and their materials to one label per pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.records import Masks

_MOST_DISSOLVED = 16  # parts of a small image: a region with one of them is large enough
_EIGHT_NEIGHBOURS = np.ones((3, 3), np.bool_)  # pixels that touch at a corner are connected


def merge_masks(
    masks: Masks, materials: NDArray[np.int64], *, smallest_region_px: int = 256
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

    Returns:
        The labels, uint32 (H, W), 0 where not segmented and numbered from 1 in order of falling area; and the label
        of each material that kept any pixel.

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
    return numbered_by_area(dissolved(labels, smallest_region_px))


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
    holes, _ = ndimage.label(~segmented, _EIGHT_NEIGHBOURS)
    to_fill = segmented | ((np.bincount(holes.ravel()) < smallest_region_px)[holes] & (holes > 0))
    solid = np.zeros(labels.shape, np.bool_)
    for label in np.unique(labels[segmented]):
        # What a square of 3 × 3 pixels can cover from within the image; a line along its border is thin too.
        opened = np.asarray(ndimage.binary_opening(labels == label, _EIGHT_NEIGHBOURS))
        regions, _ = ndimage.label(opened)
        solid |= (np.bincount(regions.ravel()) >= smallest_region_px)[regions] & opened
    if not solid.any():
        return np.zeros_like(labels)
    nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
    dissolved = np.where(to_fill, labels[tuple(nearest)], 0).astype(np.uint32)
    for label in np.unique(dissolved[dissolved > 0]):
        regions, n_regions = ndimage.label(dissolved == label)
        touches_none = np.bincount(regions[solid], minlength=n_regions + 1) == 0
        dissolved[touches_none[regions] & (regions > 0)] = 0
    return dissolved


def numbered_by_area(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], dict[int, int]]:
    """Labels renumbered 1, 2, … by falling area, and the new label of old label k + 1, by k.

    Of equal areas the one that comes first in reading order has the smaller number.

    Args:
        labels: uint32 (H, W), 0 where not segmented.
    """
    values, first, areas = np.unique(labels, return_index=True, return_counts=True)
    order = [k for k in np.lexsort((first, -areas)) if values[k] > 0]
    renumber = np.zeros(int(values.max()) + 1, np.uint32)
    renumber[values[order]] = np.arange(1, len(order) + 1)
    return renumber[labels], {int(values[k]) - 1: int(renumber[values[k]]) for k in order}
