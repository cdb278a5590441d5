"""EMD files, of Berkeley (0.1 to 1.0, py4DSTEM's too) and of Velox: two layouts of HDF5 under one suffix."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, Pair, corner_of, found_along, frame_of, image_axes, interval_along
from samiam.formats.readers.pixel_size import PixelSize, pixel_size
from samiam.formats.readers.raw import Found, RawImage, Request, distinct, of_dataset
from samiam.records.arrays import MAX_BYTES

_OF_VELOX = ("Image", "Spectrum", "SpectrumImage", "SpectrumStream", "Line")
_VELOX_PAIR = (0, 1)  # Velox's arrays are (H, W, frames).
_MOST_METADATA = 1 << 22  # bytes of one frame; Velox writes some 50 kB
_MOST_PIECES = 1 << 16  # that are looked for; an image in more is a strange one
_ARRAY = (1, "array")  # emd_group_type of images: EMD 0.1 and 0.2, EMD 1.0
_DAMAGED = (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, RecursionError, OverflowError)


def read_emd(path: Path, request: Request) -> RawImage:
    """Either kind of EMD; one of several data sets (detectors) has to be chosen where none is plainly the largest."""
    with h5py.File(path, "r") as file:
        parts = file.get("Data")
        is_velox = isinstance(parts, h5py.Group) and any(isinstance(parts.get(kind), h5py.Group) for kind in _OF_VELOX)
        return _read_velox(parts.get("Image", {}), request) if is_velox else _read_berkeley(file, request)


def _read_velox(images: Mapping[str, object], request: Request) -> RawImage:
    """Velox: the scale stands in a JSON text of which each frame has a column."""
    groups = [group for group in images.values() if isinstance(group, h5py.Group) and "Data" in group]
    if not groups:
        raise InputError("holds no image of Velox, only spectra or nothing; export the image itself.")
    names = [str(_velox_metadata(group, 0).get("Detector") or f"image {n}") for n, group in enumerate(groups)]
    data = [group["Data"] for group in groups]
    if odd := [one.shape for one in data if len(one.shape) != 3]:
        raise InputError(f"holds an array of shape {odd[0]} where Velox writes (H, W, frames); export it again.")
    found = [Found(name, one.shape[:2], one.shape[2]) for name, one in zip(distinct(names), data, strict=True)]
    chosen, request = request.pick_dataset(found)
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, data[chosen].dtype)
    _check_written(data[chosen], _VELOX_PAIR, frame)
    image = frame_of(data[chosen], _VELOX_PAIR, frame)
    size = _velox_size(_velox_metadata(groups[chosen], frame))
    return RawImage(image, frame, found[chosen].n_frames, size, **of_dataset(found, chosen))


def _velox_metadata(group: h5py.Group, frame: int) -> dict[str, Any]:
    """What is said of the pixels of a frame; nothing where it is damaged, for the pixels are good without."""
    with suppress(*_DAMAGED):
        texts = group["Metadata"]
        if texts.shape[0] <= _MOST_METADATA and _chunk_bytes(texts) <= MAX_BYTES:
            text = texts[:, min(frame, texts.shape[1] - 1)].tobytes().split(b"\x00", 1)[0]
            of_pixels = json.loads(text)["BinaryResult"]
            return dict(of_pixels)
    return {}


def _velox_size(metadata: dict[str, Any]) -> PixelSize:
    with suppress(*_DAMAGED):
        size = metadata["PixelSize"]
        along_x, along_y = (
            (size.get("width"), metadata.get("PixelUnitX")),
            (size.get("height"), metadata.get("PixelUnitY")),
        )
        return pixel_size("Velox metadata", along_x, along_y)
    return PixelSize()


def _read_berkeley(file: h5py.File, request: Request) -> RawImage:
    """Berkeley: a vector for each axis says what it is and where its pixels lie."""
    groups = _berkeley_groups(file)
    arrays = [group["data"] for group in groups]
    if arrays and not any(len(array.shape) > 1 for array in arrays):
        raise InputError(f"holds an array of shape {arrays[0].shape}; an image has two dimensions (H, W).")
    ways: list[tuple[h5py.Dataset, list[Axis], Pair]] = []
    found: list[Found] = []
    names = distinct([str(group.name).rsplit("/", 1)[-1] for group in groups])
    for group, name, array in zip(groups, names, arrays, strict=True):
        if len(array.shape) > 1:
            axes = _berkeley_axes(group, len(array.shape))
            pairs = image_axes(axes, array.shape)
            found += found_along(name, pairs, array.shape)
            ways += [(array, axes, pair) for pair in pairs]
    if not found:
        raise InputError("holds no image in the layout of Berkeley or Velox; export it again.")
    chosen, request = request.pick_dataset(found)
    array, axes, pair = ways[chosen]
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, array.dtype)
    _check_written(array, pair, frame)
    along_y, along_x = ((axes[index].step, axes[index].unit) for index in pair)
    size = pixel_size("EMD dimension", along_x, along_y)
    every = interval_along("EMD dimension", axes, pair, array.shape)
    image = frame_of(array, pair, frame)
    return RawImage(image, frame, found[chosen].n_frames, size, every, **of_dataset(found, chosen))


def _berkeley_groups(file: h5py.File) -> list[h5py.Group]:
    """The groups that are marked as arrays, wherever in the tree."""
    groups: list[h5py.Group] = []

    def look(_: str, item: object) -> None:
        if isinstance(item, h5py.Group) and isinstance(item.get("data"), h5py.Dataset):
            with suppress(*_DAMAGED):
                if _plain(item.attrs.get("emd_group_type")) in _ARRAY:
                    groups.append(item)

    file.visititems(look)
    return groups


def _berkeley_axes(group: h5py.Group, n_axes: int) -> list[Axis]:
    first = 0 if "dim0" in group else 1  # EMD 1.0, and before it
    return [_berkeley_axis(group.get(f"dim{first + index}")) for index in range(n_axes)]


def _berkeley_axis(vector: object) -> Axis:
    """What a vector says; nothing where it is left out or damaged, for the pixels are good without."""
    with suppress(*_DAMAGED):
        if isinstance(vector, h5py.Dataset):
            name, unit = str(_plain(vector.attrs.get("name", ""))), _plain(vector.attrs.get("units", ""))
            step = None
            with suppress(*_DAMAGED):
                if _chunk_bytes(vector) <= MAX_BYTES:
                    start, second = (float(place) for place in vector[:2])  # It may claim any length.
                    step = abs(second - start)
            return Axis(name, step, unit)
    return Axis()


def _plain(attribute: object) -> object:
    """An attribute as a number or a text, whichever of HDF5's ways it is stored in."""
    if isinstance(attribute, np.ndarray) and attribute.size == 1:
        attribute = attribute.item()
    return attribute.decode("utf-8", "replace") if isinstance(attribute, bytes) else attribute


def _chunk_bytes(data: h5py.Dataset) -> int:
    """How much is read at once, whatever is asked for."""
    return math.prod(data.chunks or (1,)) * int(data.dtype.itemsize)


def _check_written(data: h5py.Dataset, pair: Pair, frame: int) -> None:
    """Refuse an image that was declared and never written, in whose place HDF5 gives zeros."""
    if data.is_virtual or not data.chunks:
        n_missing = int(data.id.get_storage_size() == 0 and not data.is_virtual)
    elif _chunk_bytes(data) > MAX_BYTES:
        raise InputError(f"is stored in pieces of {data.chunks}, which do not fit into memory; export it again.")
    else:
        corner = corner_of(pair, frame, data.shape)
        places = [range(0, data.shape[axis], data.chunks[axis]) if axis in pair else (at,) for axis, at in corner]
        few = itertools.islice(itertools.product(*places), _MOST_PIECES)
        n_missing = sum(data.id.get_chunk_info_by_coord(place).byte_offset is None for place in few)
    if n_missing:
        raise InputError("ends before its pixels do: some were never written; export it again.")
