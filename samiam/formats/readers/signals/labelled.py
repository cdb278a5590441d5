"""One image out of arrays whose axes have names, units and steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, Pair, found_along, frame_of, frames_along, image_axes, interval_along
from samiam.formats.readers.pixel_size import pixel_size
from samiam.formats.readers.raw import Found, RawImage, Request, described, of_dataset

Check = Callable[[Any, Pair, int], None]


@dataclass(frozen=True, eq=False)
class LabelledArray:
    """An array of a file, and what the file says of it.

    Attributes:
        name: as the file calls it; empty where it does not.
        array: has a shape and a dtype and is indexed like one of NumPy; no more is read than is asked for.
        axes: one for each of its dimensions.
        pair: down and along, where the file says which axes are those of an image.
        channels: the axis of its channels, where it has one.
        detector: what recorded it, as `RawImage` tells it.
        is_diffraction: whether the file says that the image is a diffraction pattern.
        is_of_spectra: whether the file says so of an array of two dimensions, which then is no image.
    """

    name: str
    array: Any
    axes: tuple[Axis, ...]
    pair: Pair | None = None
    channels: int | None = None
    detector: str | None = None
    is_diffraction: bool = False
    is_of_spectra: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sides without that of the channels."""
        return _without(tuple(self.array.shape), self.channels)

    @property
    def n_channels(self) -> int:
        """How many there are; 1 without an axis of them."""
        return 1 if self.channels is None else int(self.array.shape[self.channels])

    def pairs(self) -> list[Pair]:
        """The ways in which it may be read as images; none where it has no two dimensions, or is a line of spectra."""
        axes = _without(self.axes, self.channels)
        if len(self.shape) < 2 or 0 in self.shape or (len(self.shape) == 2 and self._holds_spectra(axes)):
            return []
        if self.pair is None:
            return image_axes(axes, self.shape)
        down, along = (axis - (self.channels is not None and axis > self.channels) for axis in self.pair)
        return [(down, along)]

    def _holds_spectra(self, axes: tuple[Axis, ...]) -> bool:
        return self.is_of_spectra or any(axis.is_energy for axis in axes)


class _OneChannel:
    """A channel of an array, which is indexed as if the axis of channels were not there."""

    def __init__(self, array: Any, axis: int, channel: int) -> None:  # noqa: ANN401
        self.shape = _without(tuple(array.shape), axis)
        self._array, self._axis, self._channel = array, axis, channel

    def __getitem__(self, where: tuple[Any, ...]) -> Any:  # noqa: ANN401
        return self._array[(*where[: self._axis], self._channel, *where[self._axis :])]


def read_labelled(arrays: Sequence[LabelledArray], request: Request, source: str, check: Check) -> RawImage:
    """The image that is asked for, of those that arrays hold.

    Args:
        arrays: all that the file holds.
        request: which is wanted.
        source: where pixel sizes and times stand.
        check: called with an array, the axes of the image (without that of channels) and its index before any pixel
            is read.

    Raises:
        InputError: if there is none, one has to be chosen, or it is of no use.
    """
    ways = [(one, pair) for one in arrays for pair in one.pairs()]
    found = [each for one in arrays for each in _found(one)]
    others = [described(one.name, one.array.shape) for one in arrays if not one.pairs()]
    if not found:
        shapes = "; ".join(others[:3]) or "nothing"
        raise InputError(f"holds no image of two dimensions (H, W), but {shapes}; export the image itself.")
    chosen, request = request.pick_dataset(found)
    one, pair = ways[chosen]
    axes = _without(one.axes, one.channels)
    along = frames_along(axes, pair, one.shape)
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, one.array.dtype, one.n_channels, along)
    y, x = (axes[index] for index in pair)
    size = pixel_size(source, (x.step, x.unit), (y.step, y.unit))
    every = interval_along(source, axes, pair, one.shape)
    image = _pixels(one, pair, frame, check)
    return RawImage(
        image,
        frame,
        found[chosen].n_frames,
        size,
        every,
        **of_dataset(found, chosen),
        not_images=tuple(others),
        detector=one.detector,
        is_diffraction=one.is_diffraction,
    )


def _found(one: LabelledArray) -> list[Found]:
    return found_along(one.name, one.pairs(), one.shape)


def _pixels(one: LabelledArray, pair: Pair, frame: int, check: Check) -> NDArray[Any]:
    """(H, W), or (H, W, C)."""
    check(one.array, pair, frame)
    if one.channels is None:
        return frame_of(one.array, pair, frame)
    planes = [_OneChannel(one.array, one.channels, channel) for channel in range(one.n_channels)]
    return np.stack([frame_of(plane, pair, frame) for plane in planes], axis=-1)  # type: ignore[arg-type]


def _without(values: tuple[Any, ...], place: int | None) -> tuple[Any, ...]:
    return values if place is None else values[:place] + values[place + 1 :]
