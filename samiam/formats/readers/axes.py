"""Which two axes of an array are the rows and the columns of an image."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.formats.readers.interval import Interval, interval
from samiam.formats.readers.raw import Found
from samiam.formats.readers.units import is_energy, to_nm, unit_text
from samiam.records.arrays import MIN_SIDE_PX

Pair = tuple[int, int]
"""The axis that runs down the image and the one that runs along its rows."""

# Down and along. py4DSTEM's Rx is the slow axis of the scan, and it shows it running down.
_NAMES = (("y", "x"), ("height", "width"), ("row", "column"), ("rows", "columns"), ("rx", "ry"))
_FEWER = 4  # times fewer frames than pixels along either side: a stack of images, whichever way it lies
_SLENDER = 4  # times longer than wide, no image where the same numbers may be square ones
_MOST_LETTERS = 40  # of a name, or of a unit
LABELS = "_labels_"  # EMD 1.0's name of an axis along which images are stacked


@dataclass(frozen=True)
class Axis:
    """What a file says of one axis: its name, and the step from one pixel to the next with its unit."""

    name: str = ""
    step: object = None
    unit: object = None

    def __str__(self) -> str:
        """Its name and its unit, as far as there are any: "Energy loss in eV", "an axis in eV"."""
        name = "" if self.name == LABELS else self.name.strip()[:_MOST_LETTERS]
        unit = unit_text(self.unit).replace("_", "").strip(" []\x00")[:_MOST_LETTERS]
        return f"{name or 'an axis'} in {unit}" if unit else name

    @property
    def is_length(self) -> bool:
        """Whether its pixels lie along a length."""
        return to_nm(self.step, self.unit) is not None

    @property
    def is_energy(self) -> bool:
        """Whether its pixels lie along an energy, as those of a spectrum do."""
        return is_energy(self.unit)


def image_axes(axes: Sequence[Axis], shape: Sequence[int]) -> list[Pair]:
    """The pairs of axes that may be an image; several where neither names, nor units, nor shape tell.

    Args:
        axes: what is known of each; all empty where nothing is.
        shape: of the array, with at least two axes.

    Returns:
        At least one pair, those of the first axes first.
    """
    names = [axis.name.strip().lower() for axis in axes]
    for down, along in _NAMES:
        if names.count(down) == names.count(along) == 1:
            return [(names.index(down), names.index(along))]
    lengths = [index for index, axis in enumerate(axes) if axis.is_length]
    if len(lengths) == 2:
        return [(lengths[0], lengths[1])]
    images = [index for index, name in enumerate(names) if name != LABELS]
    pairs = [(first, second) for first, second in itertools.pairwise(images) if second == first + 1]
    return _plausible(pairs, shape) or [(len(shape) - 2, len(shape) - 1)]


def _plausible(pairs: Sequence[Pair], shape: Sequence[int]) -> list[Pair]:
    """Neighbouring axes that are long enough for an image; the only one that is plainly a stack of images."""
    long = [pair for pair in pairs if min(shape[pair[0]], shape[pair[1]]) >= MIN_SIDE_PX]
    wide = [pair for pair in long if 1 / _SLENDER < shape[pair[0]] / shape[pair[1]] < _SLENDER]
    plain = [pair for pair in long if _is_plain(pair, shape)]
    if len(plain) != 1 and len(wide) == 1 and shape[wide[0][0]] == shape[wide[0][1]]:
        return wide
    return plain if len(plain) == 1 else long


def _is_plain(pair: Pair, shape: Sequence[int]) -> bool:
    sides = [shape[index] for index in pair]
    frames = n_frames(pair, shape)
    return frames * _FEWER <= min(sides) or (sides[0] == sides[1] and frames < sides[0])


def found_along(name: str, pairs: Sequence[Pair], shape: Sequence[int]) -> list[Found]:
    """An entry for each way in which an array may be read, told apart by the axes of the image."""
    return [
        Found(
            name if len(pairs) == 1 else f"{name} axes {pair[0]} and {pair[1]}".strip(),
            (shape[pair[0]], shape[pair[1]]),
            n_frames(pair, shape),
            has_other_axes=len(pairs) > 1,
        )
        for pair in pairs
    ]


def n_frames(pair: Pair, shape: Sequence[int]) -> int:
    """How many images there are along the other axes."""
    return math.prod(side for index, side in enumerate(shape) if index not in pair)


def interval_along(source: str, axes: Sequence[Axis], pair: Pair, shape: Sequence[int]) -> Interval:
    """The time between images, where there is one axis along which they are stacked, and it is one of time."""
    others = _others(axes, pair, shape)
    return interval(source, others[0].step, others[0].unit) if len(others) == 1 else Interval()


def frames_along(axes: Sequence[Axis], pair: Pair, shape: Sequence[int]) -> str:
    """What images are stacked along, in words: "along Energy loss in eV"; empty where no axis has name or unit."""
    said = [str(axis) for axis in _others(axes, pair, shape)]
    return f"along {' and '.join(one or 'another axis' for one in said)}" if any(said) else ""


def _others(axes: Sequence[Axis], pair: Pair, shape: Sequence[int]) -> list[Axis]:
    """The axes along which there are several images."""
    return [axis for index, axis in enumerate(axes) if index not in pair and shape[index] > 1]


def corner_of(pair: Pair, frame: int, shape: Sequence[int]) -> list[tuple[int, int]]:
    """Each axis with the place of an image along it, 0 for the axes of the image itself."""
    others = [index for index in range(len(shape)) if index not in pair]
    places = dict(zip(others, np.unravel_index(frame, [shape[index] for index in others]), strict=True))
    return [(index, int(places.get(index, 0))) for index in range(len(shape))]


def frame_of(array: NDArray[Any], pair: Pair, frame: int) -> NDArray[Any]:
    """One image of an array, or of anything that is indexed like one, of which no more is read."""
    where = tuple(slice(None) if index in pair else at for index, at in corner_of(pair, frame, array.shape))
    image = np.array(array[where])
    return image if pair[0] < pair[1] else image.T
