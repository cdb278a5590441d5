"""From maps to single particles: watershed on the depth, and both where two lie over each other."""

from __future__ import annotations

from collections.abc import Iterator
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
    inside = maps.particle > threshold
    labels = _divided(inside, maps.depth, valley)
    shared = _shared(labels, maps.overlap)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            yield _candidate(label, _grown(box, labels.shape), labels, shared.get(label, []), maps.particle, threshold)


def _divided(inside: NDArray[np.bool_], depth: NDArray[np.float32] | None, valley: float) -> NDArray[np.int32]:
    """A label for each particle: connected parts, divided where the depth has a valley."""
    parts, _ = ndimage.label(inside)
    if depth is None:
        return np.asarray(parts, np.int32)
    smooth = np.where(inside, cv2.GaussianBlur(depth, (0, 0), _SMOOTHED_PX), 0).astype(np.float32)
    # h-maxima (Soille, Morphological Image Analysis, 6.3.4): the tops of all domes at least as high as the valley.
    flat = reconstruction(np.maximum(smooth - valley, 0), smooth, method="dilation")  # type: ignore[no-untyped-call]
    tops = inside & (smooth - flat >= min(valley, 1.0) - 1e-6)
    tops |= _deepest_of_the_rest(parts, tops, smooth)
    seeds, _ = ndimage.label(tops, np.ones((3, 3)))
    return np.asarray(watershed(-smooth, seeds, mask=inside), np.int32)  # type: ignore[no-untyped-call]


def _deepest_of_the_rest(
    parts: NDArray[np.int32], tops: NDArray[np.bool_], smooth: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """A seed in each connected part that has none, too flat for a dome."""
    found = np.zeros(parts.shape, np.bool_)
    numbers = np.arange(1, int(parts.max(initial=0)) + 1)
    rest = np.setdiff1d(numbers, parts[tops])
    if len(rest):
        for y, x in ndimage.maximum_position(smooth, parts, rest):
            found[int(y), int(x)] = True
    return found


def _shared(labels: NDArray[np.int32], overlap: NDArray[np.float32] | None) -> dict[int, list[NDArray[np.bool_]]]:
    """By label, the regions of overlap that belong to it and to another."""
    found: dict[int, list[NDArray[np.bool_]]] = {}
    if overlap is None:
        return found
    regions, n_regions = ndimage.label((overlap > _OVERLAP) & (labels > 0))
    for number in range(1, n_regions + 1):
        region = regions == number
        if np.count_nonzero(region) < _LEAST_OVERLAP_PX:
            continue
        owners = np.unique(labels[ndimage.binary_dilation(region)])
        for owner in owners[owners > 0] if np.count_nonzero(owners) > 1 else ():
            found.setdefault(int(owner), []).append(region)
    return found


def _grown(box: Box, shape: tuple[int, ...]) -> Box:
    rows, columns = (
        slice(max(0, own.start - _MARGIN_PX), min(side, own.stop + _MARGIN_PX))
        for own, side in zip(box, shape, strict=True)
    )
    return rows, columns


def _candidate(
    label: int,
    box: Box,
    labels: NDArray[np.int32],
    regions: list[NDArray[np.bool_]],
    particle: NDArray[np.float32],
    threshold: float,
) -> Candidate:
    """One label: its own pixels count by how far they are above the threshold, others' as far below."""
    if regions:
        whole = np.logical_or.reduce(regions)
        rows, columns = ndimage.find_objects((whole | (labels == label)).astype(np.int8))[0]
        box = _grown((rows, columns), labels.shape)
        is_shared = whole[box]
    own, probability = labels[box], particle[box]
    is_own = (own == label) | (is_shared if regions else False)
    is_others = (own > 0) & ~is_own
    above = np.abs(probability - threshold)
    field = np.where(is_own, above, np.where(is_others, -above, probability - threshold)).astype(np.float32)
    field[is_own] = np.maximum(field[is_own], 1e-6)
    around = float(probability[~is_own & ~is_others].sum(dtype=np.float64))
    score = float(probability[is_own].sum(dtype=np.float64)) / (int(np.count_nonzero(is_own)) + around)
    return Candidate(box, field, score)
