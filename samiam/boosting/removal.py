"""Which masks mean nothing, by geometry alone (paper §2.3.1, Algorithm 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting.settings import RemovalRules
from samiam.geometry import containment, intersections
from samiam.morphology import dilated
from samiam.records import Decision, Masks


def remove_masks(masks: Masks, rules: RemovalRules = RemovalRules()) -> tuple[NDArray[np.intp], list[Decision]]:
    """Find the masks that Algorithm 1 removes.

    All decisions are taken on the original set and applied together. A mask that several rules remove is logged
    under the first of: tiny_child, compound_parent, redundant, tiny_island. The order of the masks has no influence:
    among equally large redundant masks the one of higher predicted IoU stays, then the one whose pixels come first.

    Args:
        masks: N masks.
        rules: the thresholds.

    Returns:
        The indices that remain, rising, and one decision for each removed mask, in order.

    Example:
        >>> nested = np.ones((2, 100, 100), bool)
        >>> nested[1, :, 20:] = False  # a part of the first that is no tiny one
        >>> nested[1, 10:] = False  # and now it is
        >>> kept, log = remove_masks(Masks.from_arrays(nested))
        >>> kept.tolist(), log[0].rule
        ([0], 'tiny_child')
    """
    if not len(masks):
        return np.arange(0), []
    overlaps = intersections(masks)
    share = containment(overlaps)  # share[i, j]: how much of i lies in j
    found: dict[int, Decision] = {}
    for decisions in (
        _tiny_children(share, rules),
        _compound_parents(overlaps, share, rules),
        _redundant(masks, share, rules),
        _tiny_islands(masks, rules),
    ):
        for decision in decisions:
            found.setdefault(decision.mask, decision)
    remaining = np.array([index for index in range(len(masks)) if index not in found], dtype=np.intp)
    return remaining, [found[index] for index in sorted(found)]


def _children(share: NDArray[np.float64], contained: float) -> NDArray[np.bool_]:
    """children[i, j]: j is a child of i."""
    children = (contained < share.T) & (share < contained)
    np.fill_diagonal(children, False)
    return children


def _tiny_children(share: NDArray[np.float64], rules: RemovalRules) -> list[Decision]:
    if rules.tiny_child is None:
        return []
    in_parent = np.where(_children(share, rules.contained), share, np.inf)
    parent = np.argmin(in_parent, axis=0)
    smallest = in_parent[parent, np.arange(len(share))]
    return [
        Decision(
            int(child), "removed", "tiny_child", float(smallest[child]), rules.tiny_child, other=int(parent[child])
        )
        for child in np.flatnonzero(smallest < rules.tiny_child)
    ]


def _compound_parents(overlaps: NDArray[np.int64], share: NDArray[np.float64], rules: RemovalRules) -> list[Decision]:
    if rules.compound_parent is None:
        return []
    counted = _children(share, rules.contained) & (share > (rules.tiny_child or 0.0))
    # Pixels are added, not shares: a sum of shares depends on their order in its last digit.
    covered = np.where(counted, overlaps, 0).sum(axis=1) / np.maximum(np.diagonal(overlaps), 1)
    return [
        Decision(int(parent), "removed", "compound_parent", float(covered[parent]), rules.compound_parent)
        for parent in np.flatnonzero(covered > rules.compound_parent)
    ]


def _redundant(masks: Masks, share: NDArray[np.float64], rules: RemovalRules) -> list[Decision]:
    if not rules.redundant:
        return []
    twins = (share > rules.contained) & (rules.contained < share.T)
    np.fill_diagonal(twins, True)
    link = np.minimum(share, share.T)
    preference = _by_size(masks)
    best: dict[int, tuple[int, float, int]] = {}
    for centre, row in enumerate(twins):
        members = np.flatnonzero(row)
        largest = int(members[np.argmax(preference[members])])
        for mask in members[members != largest].tolist():
            # Members of a set that are not twins themselves are tied by its centre, as weakly as the weaker link.
            direct = bool(twins[mask, largest])
            value = float(link[mask, largest] if direct else min(link[mask, centre], link[centre, largest]))
            best[mask] = max(best.get(mask, (-1, 0.0, 0)), (int(preference[largest]), value, largest))
    return [
        Decision(mask, "removed", "redundant", value, rules.contained, other=largest)
        for mask, (_, value, largest) in best.items()
    ]


def _by_size(masks: Masks) -> NDArray[np.intp]:
    """Rank of each mask by area, then predicted IoU, then its pixels: the same in whatever order they come."""
    quality = np.nan_to_num(masks.predicted_iou, nan=-np.inf)  # below all where none is known; NaN has no rank
    keys = [(masks.areas[i], quality[i], masks.packed[i].tobytes()) for i in range(len(masks))]
    rank = np.empty(len(masks), np.intp)
    rank[sorted(range(len(masks)), key=keys.__getitem__)] = np.arange(len(masks))
    return rank


def _tiny_islands(masks: Masks, rules: RemovalRules) -> list[Decision]:
    limit = rules.tiny_island_px
    if limit is None or not (masks.areas < limit).any():
        return []
    covered = np.unpackbits(np.bitwise_or.reduce(masks.packed, axis=0), axis=-1, count=masks.shape_hw[1]).view(np.bool_)
    sea, _ = ndimage.label(~covered)
    sea_areas = np.bincount(sea.ravel())
    decisions = []
    for index in np.flatnonzero(masks.areas < limit):
        shore = _shore(masks, int(index))
        around = sea[shore]
        open_share = float((around > 0).mean()) if len(around) else 0.0
        larger = bool(len(around)) and sea_areas[around[around > 0]].max(initial=0) > masks.areas[index]
        if open_share > rules.contained and larger:
            decisions.append(Decision(int(index), "removed", "tiny_island", float(masks.areas[index]), float(limit)))
    return decisions


def _shore(masks: Masks, index: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that touch a mask from outside."""
    x, y, width, height = masks.boxes_xywh[index]
    top, left = max(0, y - 1), max(0, x - 1)
    mask = masks[index][top : y + height + 1, left : x + width + 1]
    rows, columns = np.nonzero(dilated(mask) & ~mask)
    return rows + top, columns + left
