"""Plates and outlines that lie around a scale bar and its writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.box import Box, box_of
from samiam.artefacts.levels import Counts, may_be_lossy, near
from samiam.artefacts.slender import LONGEST, SHORTEST, SHORTEST_PX, slender

NEAR_THE_EDGE = 0.25  # of the height, above and below, where bars are drawn
GAP_PX = 3  # beside a bar, where its surroundings begin
LOSSY = 0.12  # of the range, by which JPEG changes a bar
_PLATES_NEAR_THE_EDGE = 0.4  # of the height, above and below, where a plate under bar and writing lies
_RECTANGULAR = 0.93  # share of its box that a plate fills; corners may be round
_SPUR_PX = 5  # width of what may adjoin a plate and is of its level by chance
_LEAST_OF_A_PLATE = 0.3  # of its width, that a bar on it has
_PLATE_CONTRAST = 0.4  # of the image's own range, between a plate and the bar on it
_FLAT = 0.9  # of what is around a bar, to be a plate
_EVEN = 0.3  # of that, by which it changes a plate where nothing is near


@dataclass(frozen=True)
class Drawn:
    """A bar that was drawn into an image.

    Attributes:
        bar: where it is.
        level: of it and of its writing.
        plate: the box of its plate or its outline; its own without one.
    """

    bar: Box
    level: float
    plate: Box


def plates_of(counts: Counts, level: float, tolerance: float, contrast: float) -> list[Drawn]:
    """Rectangles of a level near the upper or lower edge with a bar of another level within."""
    at_level = near(counts, level, tolerance)
    height, width = at_level.shape
    depth = int(_PLATES_NEAR_THE_EDGE * height)
    shortest = max(SHORTEST_PX, SHORTEST * width)
    plates = []
    for top, inner in ((0, depth - 1), (height - depth, 0)):
        part = at_level[top : top + depth]
        if np.count_nonzero(np.count_nonzero(part, axis=1) >= shortest) < 2:
            continue
        for box, filled in _rectangles(part, shortest):
            if box.top <= inner < box.bottom:
                continue
            place = Box(top + box.top, box.left, top + box.bottom, box.right)
            bar = _bar_within(counts[place.slices], filled, level, tolerance)
            if bar is not None and abs(bar[1] - level) > _PLATE_CONTRAST * contrast:
                plates.append(Drawn(bar[0].moved(place.top, place.left), bar[1], place))
    return plates


def plate_under(counts: Counts, bar: Box) -> Box | None:
    """The rectangle of one level that a bar stands on."""
    shape_hw = (counts.shape[0], counts.shape[1])
    ring = counts[bar.grown(GAP_PX, shape_hw).slices]
    sides = np.concatenate([ring[0], ring[-1], ring[:, 0], ring[:, -1]])
    level = float(np.median(sides))
    reach = bar.grown(int(NEAR_THE_EDGE * shape_hw[0]), shape_hw)
    part = counts[reach.slices]
    lossy = LOSSY * float(counts.max() - counts.min())
    for tolerance in (0.0, _EVEN * lossy, lossy) if may_be_lossy(counts) else (0.0,):
        if near(sides, level, tolerance).mean() < _FLAT:
            continue
        for box, _ in _rectangles(near(part, level, tolerance), bar.width):
            place = box.moved(reach.top, reach.left)
            if place.meets(bar) and bar.width >= _LEAST_OF_A_PLATE * place.width and place.lies_in(reach, shape_hw):
                return place
    return None


def _rectangles(at_level: NDArray[np.bool_], shortest: float) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Connected regions that fill a lying rectangle but for what is enclosed in them; and what they fill of it."""
    import cv2
    from scipy import ndimage

    width = at_level.shape[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(at_level.astype(np.uint8), connectivity=4)
    lefts, tops, wides, talls, areas = stats.T
    is_plate = (wides >= shortest) & (wides <= LONGEST * width) & (talls >= 4) & (talls <= wides)
    is_plate &= areas >= 2 * (wides + talls) - 4  # at least an outline
    for index in np.flatnonzero(is_plate[1:]) + 1:
        box = Box(*(int(at[index]) for at in (tops, lefts, tops + talls, lefts + wides)))
        filled = np.asarray(ndimage.binary_fill_holes(labels[box.slices] == index))
        opened = ndimage.binary_opening(filled, np.ones((_SPUR_PX, _SPUR_PX)))
        if areas[index] < filled.sum() and opened.any():
            within = box_of(opened)
            if opened[within.slices].mean() > _RECTANGULAR and within.width >= shortest:
                yield within.moved(box.top, box.left), opened[within.slices]


def _bar_within(counts: Counts, filled: NDArray[np.bool_], level: float, tolerance: float) -> tuple[Box, float] | None:
    """The bar of one level within a plate of another, in its coordinates, and that level."""
    ink = filled & ~near(counts, level, tolerance)
    if not ink.any():
        return None
    values, times = np.unique(counts[ink], return_counts=True)
    inked = float(values[times.argmax()])
    shortest = max(SHORTEST_PX, _LEAST_OF_A_PLATE * filled.shape[1])
    bars = slender(near(counts, inked, tolerance) & ink, np.arange(len(ink)), shortest, filled.shape[1], 2)
    return (bars[0], inked) if len(bars) == 1 else None
