"""Scale bars that were drawn into an image, with the length written beside them."""

from __future__ import annotations

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

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def find_scale_bar(counts: Counts) -> Box | None:
    """The box around a scale bar and its writing.

    The bar lies near the upper or lower edge, of the least or the greatest count, solid, more than four times as
    long as thick, and stands out on all sides. Where there is more than one such thing, they are the specimen's.

    Args:
        counts: real (H, W).

    Returns:
        The box, or None.
    """
    lowest, highest = float(counts.min()), float(counts.max())
    dark, bright = (float(value) for value in np.percentile(sampled(counts), (0.5, 99.5)))
    tolerances = (0.0, _LOSSY * (highest - lowest)) if may_be_lossy(counts) else (0.0,)
    for tolerance in tolerances:
        found: list[tuple[Box, float]] = []
        for level in (lowest, highest):
            bars = _solid_runs(near(counts, level, tolerance), 1 if tolerance == 0 else 2)
            found += [(bar, level) for bar in bars if _stands_out(counts, bar, level, tolerance, bright - dark)]
        if len(found) == 1:
            bar, level = found[0]
            box = _with_writing(near(counts, level, tolerance), bar)
            # Without its writing, what is not of one level to the bit has to stand out all the more.
            if tolerance == 0 or box != bar or _stands_out(counts, bar, level, tolerance, 2 * (bright - dark)):
                return box.grown(_RIM_PX, (counts.shape[0], counts.shape[1]))
    return None


def _solid_runs(at_level: NDArray[np.bool_], slack_px: int) -> list[Box]:
    """Slender rectangles of nothing else, as long runs that lie one above the other."""
    height, width = at_level.shape
    depth = max(1, int(_NEAR_THE_EDGE * height))
    rows = np.r_[0:depth, max(depth, height - depth) : height]
    shortest = max(_SHORTEST_PX, _SHORTEST * width)
    rows = rows[np.count_nonzero(at_level[rows], axis=1) >= shortest]  # few rows of a specimen
    steps = np.diff(np.pad(at_level[rows], ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (y, start), end = np.nonzero(steps == 1), np.nonzero(steps == -1)[1]
    is_long = (end - start >= shortest) & (end - start <= _LONGEST * width)
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


def _with_writing(at_level: NDArray[np.bool_], bar: Box) -> Box:
    """The box around a bar and the letters of its level near it."""
    from scipy import ndimage  # `samiam info` need not wait for it where there is no bar

    shape_hw = (at_level.shape[0], at_level.shape[1])
    reach_y, reach_x = max(10 * bar.height, shape_hw[0] // 12), bar.width // 2
    window = Box(max(0, bar.top - reach_y), max(0, bar.left - reach_x), bar.bottom + reach_y, bar.right + reach_x)
    labels, _ = ndimage.label(at_level[window.slices], np.ones((3, 3)))
    boxes = [bar]
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        n_px = np.count_nonzero(labels[rows, columns] == index)
        if 5 <= tall <= reach_y and wide <= bar.width / 2 and n_px >= 6:
            boxes.append(
                Box(
                    window.top + rows.start,
                    window.left + columns.start,
                    window.top + rows.stop,
                    window.left + columns.stop,
                )
            )
    if len(boxes) > _MOST_LETTERS:
        return bar
    return Box(
        min(box.top for box in boxes),
        min(box.left for box in boxes),
        max(box.bottom for box in boxes),
        max(box.right for box in boxes),
    )
