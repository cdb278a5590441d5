"""Writing beside a scale bar."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.box import Box

_MOST_LETTERS = 24  # of its level beside it; more are the specimen
_STRAY = 0.001  # most of the image's middle that may be of a bar's level, or near it, to look for thin letters of it
RIM_PX = 4  # beyond bar and letters, their outline or their shadow


def with_writing(at_level: NDArray[np.bool_], bar: Box, gap_px: int = 0) -> Box:
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
        has_caps = box.meets(bar) and box.width <= bar.width + 2 * RIM_PX and box.height <= reach_y
        if is_letter or has_caps:
            boxes.append(box)
    if len(boxes) > _MOST_LETTERS:
        return bar
    return functools.reduce(Box.around, boxes)


def with_thin_writing(ink: NDArray[np.bool_], bar: Box) -> Box:
    """Likewise where strokes reach the bar's level but here and there; the bar alone where specimen does so too."""
    middle = ink[len(ink) // 3 : -(len(ink) // 3)]
    if middle.mean() > _STRAY:
        return bar
    return with_writing(ink, bar, gap_px=1)


def _reach_of_writing(shape: tuple[int, ...], bar: Box) -> tuple[int, int]:
    """How far from a bar its writing may be, along y and x."""
    return max(10 * bar.height, shape[0] // 12), bar.width // 2
