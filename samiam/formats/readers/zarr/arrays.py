"""Plain arrays of Zarr, whose dimensions may be named, by version 3 or by xarray, and have places along them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import zarr

from samiam.formats.readers.axes import Axis
from samiam.formats.readers.signals.hdf5 import DAMAGED
from samiam.formats.readers.signals.labelled import LabelledArray

SOURCE = "Zarr axes"
CHANNEL_NAMES = ("c", "channel", "channels", "band", "rgb")
_OF_XARRAY = "_ARRAY_DIMENSIONS"
_MOST_CHANNELS = 4  # of a last axis without a name: colours, and opacity


def of_group(members: Mapping[str, Any]) -> list[LabelledArray]:
    """All arrays below a group, but for those that tell the places along the axes of others."""
    arrays = {path: member for path, member in members.items() if isinstance(member, zarr.Array)}
    places = {path for path, array in arrays.items() if names_of(array) == [path.rpartition("/")[2]]}
    return [labelled(path, array, arrays) for path, array in arrays.items() if path not in places]


def labelled(path: str, array: zarr.Array, arrays: Mapping[str, zarr.Array]) -> LabelledArray:
    """An array with what is known of its axes.

    Args:
        path: of it.
        array: itself.
        arrays: all of the file, by path; one that is called like a dimension tells the places along it.
    """
    names = names_of(array)
    folder = path.rpartition("/")[0]
    axes = tuple(_axis(name, arrays.get(f"{folder}/{name}".lstrip("/"))) for name in names)
    return LabelledArray(path, array, axes, channels=_channels(names, array.shape))


def names_of(array: zarr.Array) -> list[str]:
    """Of its dimensions; each empty where they have none."""
    named = getattr(array.metadata, "dimension_names", None) or array.attrs.get(_OF_XARRAY)
    if not isinstance(named, list | tuple) or len(named) != array.ndim:
        return [""] * array.ndim
    return [name if isinstance(name, str) else "" for name in named]


def _axis(name: str, places: zarr.Array | None) -> Axis:
    with suppress(*DAMAGED):
        if name and places is not None and places.ndim == 1:
            first, second = (float(place) for place in places[:2])
            return Axis(name, abs(second - first), places.attrs.get("units"))
    return Axis(name)


def _channels(names: list[str], shape: tuple[int, ...]) -> int | None:
    """The axis of channels by its name; of arrays without names the last, where it is as short as colours are."""
    named = [index for index, name in enumerate(names) if name.lower() in CHANNEL_NAMES]
    if named and len(shape) > 2:
        return named[0]
    is_colours = not any(names) and len(shape) > 2 and shape[-1] <= _MOST_CHANNELS
    return len(shape) - 1 if is_colours else None
