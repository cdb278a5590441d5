"""Where the numbers of labels are written on a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.formats.writers.captions import MOST_NUMBERED
from samiam.geometry import pole_of_inaccessibility
from samiam.records.showing import nearest

_MOST_PX = 512  # of the longer side: places need not be exact, and distances take seconds at full size
_ROOM = 0.02  # of the longer side, from a number's middle to the edge of its part: as much as two digits need


def label_places(labels: NDArray[np.uint32]) -> list[tuple[str, tuple[float, float]]]:
    """The number of each label, at the place (x, y) of its parts that is farthest from their edges.

    A part with no room for a number has none, unless it is the roomiest of its label. There are none at all where
    labels are too many to be told apart.

    Args:
        labels: (H, W), 0 for nothing.
    """
    if int(labels.max(initial=0)) > MOST_NUMBERED:
        return []
    factor = max(1.0, max(labels.shape) / _MOST_PX)
    small = nearest(labels, (max(1, round(labels.shape[0] / factor)), max(1, round(labels.shape[1] / factor))))
    places = []
    for label, box in enumerate(ndimage.find_objects(small.astype(np.int64)), start=1):
        if box is not None:  # of what is so thin that it vanished
            poles = _poles(small[box] == label)
            least = min(_ROOM * max(small.shape), max(depth for _, depth in poles))
            roomy = [pole for pole, depth in poles if depth >= least]
            places += [(str(label), _middle(pole, box, factor)) for pole in roomy]
    return places if len(places) <= MOST_NUMBERED else []


def _poles(mask: NDArray[np.bool_]) -> list[tuple[tuple[int, int], float]]:
    """The pole (row, column) and its depth of each part of a mask."""
    parts, _ = ndimage.label(mask)
    found = []
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        (row, column), depth = pole_of_inaccessibility(parts[box] == number)
        found.append(((row + box[0].start, column + box[1].start), depth))
    return found


def _middle(pole: tuple[int, int], box: tuple[slice, slice], factor: float) -> tuple[float, float]:
    """The place (x, y) in the picture of a pixel in a box of the reduced one."""
    row, column = pole
    return (column + box[1].start + 0.5) * factor, (row + box[0].start + 0.5) * factor
