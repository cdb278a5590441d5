"""Scale bars that were drawn into an image, with the length written beside them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.levels import Counts, may_be_lossy, near, sampled

_SHORTEST_PX, _SHORTEST, _LONGEST = 24, 0.04, 0.8  # of the width
_SLENDER = 4.0  # length over thickness, at least
_NEAR_THE_EDGE = 0.25  # of the height, above and below, where bars are drawn
_MOST_RUNS = 400  # of one level; where there are more, they are the specimen
_MOST_LETTERS = 24  # of its level beside it; more are the specimen
_CONTRAST = 0.2  # of the image's own range, between a bar and what is around it
_GAP_PX, _TOUCHING = 3, 0.25  # beside a bar, where less than this share of a side may be of its level
_LOSSY = 0.12  # of the range, by which JPEG changes a bar
_PLATES_NEAR_THE_EDGE = 0.4  # of the height, above and below, where a plate under bar and writing lies
_RECTANGULAR = 0.93  # share of its box that a plate fills; corners may be round
_SPUR_PX = 5  # width of what may adjoin a plate and is of its level by chance
_LEAST_OF_A_PLATE = 0.3  # of its width, that a bar on it has
_PLATE_CONTRAST = 0.4  # of the image's own range, between a plate and the bar on it
_FLAT = 0.9  # of what is around a bar, to be a plate
_EVEN = 0.3  # of that, by which it changes a plate where nothing is near
_STRAY = 0.001  # most of the image's middle that may be of a bar's level, or near it, to look for thin letters of it
_RIM_PX = 4  # beyond bar and letters, their outline or their shadow


@dataclass(frozen=True)
class Box:
    """Rows and columns, the ends exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    def grown(self, px: int, shape_hw: tuple[int, int]) -> Box:
        """With a margin, within the image."""
        return Box(
            max(0, self.top - px),
            max(0, self.left - px),
            min(shape_hw[0], self.bottom + px),
            min(shape_hw[1], self.right + px),
        )

    def moved(self, down: int, right: int) -> Box:
        """So many pixels on."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def meets(self, other: Box) -> bool:
        """Whether they have pixels in common."""
        in_rows = self.top < other.bottom and other.top < self.bottom
        return in_rows and self.left < other.right and other.left < self.right

    def lies_in(self, window: Box, shape_hw: tuple[int, int]) -> bool:
        """Whether it ends before a window does, or where the image does."""
        return (
            (self.top > window.top or window.top == 0)
            and (self.left > window.left or window.left == 0)
            and (self.bottom < window.bottom or window.bottom == shape_hw[0])
            and (self.right < window.right or window.right == shape_hw[1])
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def find_scale_bar(counts: Counts) -> Box | None:
    """The box around a scale bar, its writing and the plate that they stand on.

    The bar lies near the upper or lower edge, solid, more than four times as long as thick. Either it is of the least
    or the greatest count and stands out on all sides, or it lies within a plate or an outline of that count. Where
    there is more than one such thing, and not side by side, they are the specimen's.

    Args:
        counts: real (H, W).

    Returns:
        The box, or None.
    """
    lowest, highest = float(counts.min()), float(counts.max())
    dark, bright = (float(value) for value in np.percentile(sampled(counts), (0.5, 99.5)))
    contrast = bright - dark
    tolerances = (0.0, _LOSSY * (highest - lowest)) if may_be_lossy(counts) else (0.0,)
    for tolerance in tolerances:
        found = [drawn for level in (lowest, highest) for drawn in _drawn_with(counts, level, tolerance, contrast)]
        if found and tolerance < tolerances[-1] and all(drawn.plate == drawn.bar for drawn in found):
            # A bar may be of one level to the bit where the plate under it is not.
            found += [
                plate for level in (lowest, highest) for plate in _plates(counts, level, tolerances[-1], contrast)
            ]
        if found and (box := _one_group(counts, found, tolerance, contrast)) is not None:
            return box.grown(_RIM_PX, (counts.shape[0], counts.shape[1]))
    return None


@dataclass(frozen=True)
class _Drawn:
    """A bar, the level of it and its writing, and the box of its plate or its outline, or its own without one."""

    bar: Box
    level: float
    plate: Box


def _drawn_with(counts: Counts, level: float, tolerance: float, contrast: float) -> list[_Drawn]:
    """Bars of a level that stand out, and those within plates of that level."""
    at_level = near(counts, level, tolerance)
    bars = _solid_runs(at_level, 1 if tolerance == 0 else 2)
    return [
        *_plates(counts, level, tolerance, contrast),
        *(
            _Drawn(bar, level, _plate_under(counts, bar) or bar)
            for bar in bars
            if _stands_out(counts, bar, level, tolerance, contrast)
        ),
    ]


def _one_group(counts: Counts, found: list[_Drawn], tolerance: float, contrast: float) -> Box | None:
    """The box around all that was found and its writing, if it is one thing."""
    box = _around_all([drawn.plate for drawn in found], (counts.shape[0], counts.shape[1]))
    if box is None:
        return None
    thickest = max(found, key=lambda drawn: drawn.bar.height)
    if box.height - thickest.bar.height > 2 * _RIM_PX:  # a plate with room for writing
        return box
    written = _written_beside(counts, thickest, tolerance)
    # Without its writing, what is not of one level to the bit has to stand out all the more.
    is_plain = (
        tolerance == 0
        or not written == thickest.bar == box
        or _stands_out(counts, thickest.bar, thickest.level, tolerance, 2 * contrast)
    )
    return box.around(written) if is_plain else None


def _around_all(boxes: list[Box], shape_hw: tuple[int, int]) -> Box | None:
    """The box around boxes each of which lies beside another of them."""
    first, *others = boxes
    while others:
        beside = [box for box in others if first.grown(_RIM_PX, shape_hw).meets(box)]
        if not beside:
            return None
        others = [box for box in others if box not in beside]
        first = functools.reduce(Box.around, beside, first)
    return first


def _written_beside(counts: Counts, drawn: _Drawn, tolerance: float) -> Box:
    """The box around a bar and its writing."""
    at_level = near(counts, drawn.level, tolerance)
    if tolerance == 0:
        almost = near(counts, drawn.level, _LOSSY * float(counts.max() - counts.min()))
        for ink in (at_level, almost):
            written = _with_thin_writing(ink, drawn.bar)
            if written != drawn.bar:
                return written
    return _with_writing(at_level, drawn.bar)


def _with_thin_writing(ink: NDArray[np.bool_], bar: Box) -> Box:
    """Likewise where strokes reach the bar's level but here and there; the bar alone where specimen does so too."""
    middle = ink[len(ink) // 3 : -(len(ink) // 3)]
    if middle.mean() > _STRAY:
        return bar
    return _with_writing(ink, bar, gap_px=1)


def _plates(counts: Counts, level: float, tolerance: float, contrast: float) -> list[_Drawn]:
    """Rectangles of a level near the upper or lower edge with a bar of another level within."""
    at_level = near(counts, level, tolerance)
    height, width = at_level.shape
    depth = int(_PLATES_NEAR_THE_EDGE * height)
    shortest = max(_SHORTEST_PX, _SHORTEST * width)
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
                plates.append(_Drawn(bar[0].moved(place.top, place.left), bar[1], place))
    return plates


def _rectangles(at_level: NDArray[np.bool_], shortest: float) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Connected regions that fill a lying rectangle but for what is enclosed in them; and what they fill of it."""
    import cv2
    from scipy import ndimage

    width = at_level.shape[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(at_level.astype(np.uint8), connectivity=4)
    lefts, tops, wides, talls, areas = stats.T
    is_plate = (wides >= shortest) & (wides <= _LONGEST * width) & (talls >= 4) & (talls <= wides)
    is_plate &= areas >= 2 * (wides + talls) - 4  # at least an outline
    for index in np.flatnonzero(is_plate[1:]) + 1:
        box = Box(*(int(at[index]) for at in (tops, lefts, tops + talls, lefts + wides)))
        filled = np.asarray(ndimage.binary_fill_holes(labels[box.slices] == index))
        opened = ndimage.binary_opening(filled, np.ones((_SPUR_PX, _SPUR_PX)))
        if areas[index] < filled.sum() and opened.any():
            within = _box_of(opened)
            if opened[within.slices].mean() > _RECTANGULAR and within.width >= shortest:
                yield within.moved(box.top, box.left), opened[within.slices]


def _box_of(mask: NDArray[np.bool_]) -> Box:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def _bar_within(counts: Counts, filled: NDArray[np.bool_], level: float, tolerance: float) -> tuple[Box, float] | None:
    """The bar of one level within a plate of another, in its coordinates, and that level."""
    ink = filled & ~near(counts, level, tolerance)
    if not ink.any():
        return None
    values, times = np.unique(counts[ink], return_counts=True)
    inked = float(values[times.argmax()])
    shortest = max(_SHORTEST_PX, _LEAST_OF_A_PLATE * filled.shape[1])
    bars = _slender(near(counts, inked, tolerance) & ink, np.arange(len(ink)), shortest, filled.shape[1], 2)
    return (bars[0], inked) if len(bars) == 1 else None


def _plate_under(counts: Counts, bar: Box) -> Box | None:
    """The rectangle of one level that a bar stands on."""
    shape_hw = (counts.shape[0], counts.shape[1])
    ring = counts[bar.grown(_GAP_PX, shape_hw).slices]
    sides = np.concatenate([ring[0], ring[-1], ring[:, 0], ring[:, -1]])
    level = float(np.median(sides))
    reach = bar.grown(int(_NEAR_THE_EDGE * shape_hw[0]), shape_hw)
    part = counts[reach.slices]
    lossy = _LOSSY * float(counts.max() - counts.min())
    for tolerance in (0.0, _EVEN * lossy, lossy) if may_be_lossy(counts) else (0.0,):
        if near(sides, level, tolerance).mean() < _FLAT:
            continue
        for box, _ in _rectangles(near(part, level, tolerance), bar.width):
            place = box.moved(reach.top, reach.left)
            if place.meets(bar) and bar.width >= _LEAST_OF_A_PLATE * place.width and place.lies_in(reach, shape_hw):
                return place
    return None


def _solid_runs(at_level: NDArray[np.bool_], slack_px: int) -> list[Box]:
    """Slender rectangles of nothing else, as long runs that lie one above the other."""
    height, width = at_level.shape
    depth = max(1, int(_NEAR_THE_EDGE * height))
    rows = np.r_[0:depth, max(depth, height - depth) : height]
    return _slender(at_level, rows, max(_SHORTEST_PX, _SHORTEST * width), _LONGEST * width, slack_px)


def _slender(
    at_level: NDArray[np.bool_], rows: NDArray[np.intp], shortest: float, longest: float, slack_px: int
) -> list[Box]:
    """Those in some of the rows."""
    rows = rows[np.count_nonzero(at_level[rows], axis=1) >= shortest]  # few rows of a specimen
    steps = np.diff(np.pad(at_level[rows], ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (y, start), end = np.nonzero(steps == 1), np.nonzero(steps == -1)[1]
    is_long = (end - start >= shortest) & (end - start <= longest)
    runs = list(zip(rows[y[is_long]].tolist(), start[is_long].tolist(), end[is_long].tolist(), strict=True))
    if len(runs) > _MOST_RUNS:
        return []
    boxes: list[Box] = []
    for row, left, right in runs:
        above = next((i for i, box in enumerate(boxes) if _continues(box, row, left, right, slack_px)), None)
        if above is None:
            boxes.append(Box(row, left, row + 1, right))
        else:
            boxes[above] = replace(boxes[above], bottom=row + 1)
    return [box for box in boxes if box.height >= 2 and box.width > _SLENDER * box.height]


def _continues(box: Box, row: int, left: int, right: int, slack_px: int) -> bool:
    return box.bottom == row and max(abs(box.left - left), abs(box.right - right)) <= slack_px


def _stands_out(counts: Counts, bar: Box, level: float, tolerance: float, contrast: float) -> bool:
    """Whether a bar touches no edge of the image and ends on all sides within a few pixels."""
    ring = bar.grown(_GAP_PX, (counts.shape[0], counts.shape[1]))
    if (ring.height, ring.width) != (bar.height + 2 * _GAP_PX, bar.width + 2 * _GAP_PX):
        return False
    around = counts[ring.slices].astype(np.float64) - level
    within = around[_GAP_PX:-_GAP_PX, _GAP_PX:-_GAP_PX]
    is_solid = tolerance == 0 or np.sqrt(np.mean(within**2)) < tolerance / 2
    sides = (around[0], around[-1], around[_GAP_PX:-_GAP_PX, 0], around[_GAP_PX:-_GAP_PX, -1])
    is_apart = all((np.abs(side) <= tolerance).mean() < _TOUCHING for side in sides)
    stands_out = np.median(np.abs(np.concatenate(sides))) > _CONTRAST * contrast
    return bool(is_solid and is_apart and stands_out)


def _reach_of_writing(shape: tuple[int, ...], bar: Box) -> tuple[int, int]:
    """How far from a bar its writing may be, along y and x."""
    return max(10 * bar.height, shape[0] // 12), bar.width // 2


def _with_writing(at_level: NDArray[np.bool_], bar: Box, gap_px: int = 0) -> Box:
    """The box around a bar and the letters of its level near it, that may have gaps."""
    from scipy import ndimage  # `samiam info` need not wait for it where there is no bar

    shape_hw = (at_level.shape[0], at_level.shape[1])
    reach_y, reach_x = _reach_of_writing(shape_hw, bar)
    window = Box(max(0, bar.top - reach_y), max(0, bar.left - reach_x), bar.bottom + reach_y, bar.right + reach_x)
    here = at_level[window.slices]
    joined = ndimage.binary_dilation(here, np.ones((3, 3)), gap_px) if gap_px else here
    labels, _ = ndimage.label(joined, np.ones((3, 3)))
    boxes = [bar]
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        box = Box(rows.start, columns.start, rows.stop, columns.stop).moved(window.top, window.left)
        box = box.grown(-gap_px, shape_hw)
        n_px = np.count_nonzero((labels[rows, columns] == index) & here[rows, columns])
        is_letter = 5 <= box.height <= reach_y and box.width <= bar.width / 2 and n_px >= 6
        has_caps = box.meets(bar) and box.width <= bar.width + 2 * _RIM_PX and box.height <= reach_y
        if is_letter or has_caps:
            boxes.append(box)
    if len(boxes) > _MOST_LETTERS:
        return bar
    return functools.reduce(Box.around, boxes)
