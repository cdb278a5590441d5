"""From maps to single particles: watershed on the depth, and both where two lie over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import reconstruction
from skimage.segmentation import watershed

from samiam.particles.finder.network import Maps

_SMOOTHED_PX = 2.0  # of the depth, so that its noise makes no particles
_OVERLAP = 0.5  # probability from which two particles are there
_MARGIN_PX = 4  # around a particle, so that its outline can run beyond its own pixels
_LEAST_OVERLAP_PX = 12  # smaller ones are noise of the map

Box = tuple[slice, slice]
Region = tuple[Box, NDArray[np.bool_]]
"""A box, and what lies within it."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """What may be a particle.

    Attributes:
        box: the rows and columns that hold it, on the pixels of the maps.
        field: float32, over the box, above 0 within it.
        score: what its IoU would be if the map of probability were right: the probability within it over its area and
            the probability around it, [0, 1].
    """

    box: Box
    field: NDArray[np.float32]
    score: float


def candidates_of(maps: Maps, threshold: float, valley: float) -> Iterator[Candidate]:
    """The particles that maps show, the likely and the unlikely ones.

    Args:
        maps: of one image.
        threshold: probability from which a pixel is in a particle.
        valley: how much shallower than both the depth is between two that touch.
    """
    labels = _divided(maps.particle > threshold, maps.depth, valley)
    shared = _shared(labels, maps.overlap)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            yield _candidate(label, box, labels, shared.get(label, []), maps.particle, threshold)


def _divided(inside: NDArray[np.bool_], depth: NDArray[np.float32] | None, valley: float) -> NDArray[np.int32]:
    """A label for each particle: connected parts, divided where the depth has a valley."""
    parts, n_parts = ndimage.label(inside)
    if depth is None:
        return np.asarray(parts, np.int32)
    smooth = np.where(inside, cv2.GaussianBlur(depth, (0, 0), _SMOOTHED_PX), 0).astype(np.float32)
    seeds = np.zeros(inside.shape, np.int32)
    n_seeds = 0
    for y, x in _tops(smooth, valley):
        if inside[y, x]:
            n_seeds += 1
            seeds[y, x] = n_seeds
    rest = np.setdiff1d(np.arange(1, n_parts + 1), parts[seeds > 0])  # parts too flat for a dome
    for y, x in ndimage.maximum_position(smooth, parts, rest) if len(rest) else ():
        n_seeds += 1
        seeds[int(y), int(x)] = n_seeds
    return np.asarray(watershed(-smooth, seeds, mask=inside), np.int32)  # type: ignore[no-untyped-call]


def _tops(smooth: NDArray[np.float32], valley: float) -> NDArray[np.int64]:
    """Rows and columns (n, 2) of the tops of all domes that are at least as high as the valley.

    These are the h-maxima (Soille, Morphological Image Analysis, 6.3.4), looked for on pixels twice as large: the
    depth is smoother than that.
    """
    coarse = np.pad(smooth, [(0, side % 2) for side in smooth.shape], mode="edge")
    coarse = coarse.reshape(coarse.shape[0] // 2, 2, coarse.shape[1] // 2, 2).max(axis=(1, 3))
    parts, _ = ndimage.label(coarse > 0, np.ones((3, 3)))
    flat = np.zeros_like(coarse)
    for number, box in enumerate(ndimage.find_objects(parts), start=1):  # most of an image is in none of them
        own = np.where(parts[box] == number, coarse[box], 0)
        rebuilt = reconstruction(np.maximum(own - valley, 0), own, method="dilation")  # type: ignore[no-untyped-call]
        np.maximum(flat[box], rebuilt, out=flat[box])
    tops, n_tops = ndimage.label(coarse - flat >= valley - 1e-6, np.ones((3, 3)))
    places = np.array(ndimage.maximum_position(coarse, tops, range(1, n_tops + 1)), np.int64).reshape(-1, 2)
    return np.array([_deepest_of_four(smooth, 2 * int(y), 2 * int(x)) for y, x in places]).reshape(-1, 2)


def _deepest_of_four(smooth: NDArray[np.float32], y: int, x: int) -> tuple[int, int]:
    four = smooth[y : y + 2, x : x + 2]
    down, across = divmod(int(four.argmax()), four.shape[1])
    return y + down, x + across


def _shared(labels: NDArray[np.int32], overlap: NDArray[np.float32] | None) -> dict[int, list[Region]]:
    """By label, the regions of overlap that belong to it and to another."""
    found: dict[int, list[Region]] = {}
    if overlap is None:
        return found
    regions, _ = ndimage.label((overlap > _OVERLAP) & (labels > 0))
    for number, own in enumerate(ndimage.find_objects(regions), start=1):
        box = _grown(own, labels.shape, 1)
        region = regions[box] == number
        if np.count_nonzero(region) < _LEAST_OVERLAP_PX:
            continue
        owners = np.unique(labels[box][ndimage.binary_dilation(region)])
        for owner in owners[owners > 0] if np.count_nonzero(owners) > 1 else ():
            found.setdefault(int(owner), []).append((box, region))
    return found


def _grown(box: Box, shape: tuple[int, ...], by_px: int) -> Box:
    rows, columns = (
        slice(max(0, own.start - by_px), min(side, own.stop + by_px)) for own, side in zip(box, shape, strict=True)
    )
    return rows, columns


def _around(boxes: Sequence[Box], shape: tuple[int, ...]) -> Box:
    """The box that holds all boxes and a margin."""
    rows, columns = (
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes)) for axis in (0, 1)
    )
    return _grown((rows, columns), shape, _MARGIN_PX)


def _candidate(
    label: int,
    own_box: Box,
    labels: NDArray[np.int32],
    regions: Sequence[Region],
    particle: NDArray[np.float32],
    threshold: float,
) -> Candidate:
    """One label: its own pixels count by how far they are above the threshold, others' as far below."""
    box = _around([own_box, *(place for place, _ in regions)], labels.shape)
    near, probability = labels[box], particle[box]
    is_own = near == label
    for (rows, columns), region in regions:
        top, left = rows.start - box[0].start, columns.start - box[1].start
        is_own[top : top + region.shape[0], left : left + region.shape[1]] |= region
    is_others = (near > 0) & ~is_own
    is_own = ndimage.binary_fill_holes(is_own) & ~is_others  # no particle has holes
    above = np.abs(probability - threshold)
    field = np.where(is_own, above, np.where(is_others, -above, probability - threshold)).astype(np.float32)
    field[is_own] = np.maximum(field[is_own], 1e-6)
    around = float(probability[~is_own & ~is_others].sum(dtype=np.float64))
    score = float(probability[is_own].sum(dtype=np.float64)) / (int(np.count_nonzero(is_own)) + around)
    return Candidate(box, field, score)
