"""Slender rectangles of one level: what scale bars are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.box import Box

SHORTEST_PX, SHORTEST, LONGEST = 24, 0.04, 0.8
"""Of a bar: in pixels, and as a share of the width of the image."""
_SLENDER = 4.0  # length over thickness, at least
_MOST_RUNS = 400  # of one level; where there are more, they are the specimen


def slender(
    at_level: NDArray[np.bool_], rows: NDArray[np.intp], shortest: float, longest: float, slack_px: int
) -> list[Box]:
    """Rectangles of nothing else than a level, as long runs that lie one above the other.

    Args:
        at_level: bool (H, W), where the image is of it.
        rows: that are looked at.
        shortest: of their lengths.
        longest: likewise.
        slack_px: by which the ends of runs of one bar may differ.
    """
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
