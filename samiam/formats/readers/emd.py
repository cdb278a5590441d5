"""EMD files, of Berkeley (0.1 to 1.0, py4DSTEM's too) and of Velox: two layouts of HDF5 under one suffix."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py

from samiam.errors import InputError
from samiam.formats.readers.axes import Axis, Pair, frame_of
from samiam.formats.readers.pixel_size import PixelSize, pixel_size
from samiam.formats.readers.raw import Found, RawImage, Request, distinct, of_dataset
from samiam.formats.readers.signals.hdf5 import DAMAGED, check_written, chunk_bytes, plain, step_of
from samiam.formats.readers.signals.heaps import opened
from samiam.formats.readers.signals.labelled import LabelledArray, read_labelled
from samiam.records.arrays import MAX_BYTES

_IMAGES = "Image"
_OF_VELOX = (_IMAGES, "Spectrum", "SpectrumImage", "SpectrumStream", "Line")
_VELOX_PAIR = (0, 1)  # Velox's arrays are (H, W, frames).
_MOST_METADATA = 1 << 22  # bytes of one frame; Velox writes some 50 kB
_ARRAY = (1, "array")  # emd_group_type of images: EMD 0.1 and 0.2, EMD 1.0


def read_emd(path: Path, request: Request) -> RawImage:
    """Either kind of EMD; one of several data sets (detectors) has to be chosen where none is plainly the largest."""
    with opened(path) as file:
        parts = file.get("Data")
        is_velox = isinstance(parts, h5py.Group) and any(isinstance(parts.get(kind), h5py.Group) for kind in _OF_VELOX)
        return _read_velox(parts, request) if is_velox else _read_berkeley(file, request)


def _read_velox(parts: h5py.Group, request: Request) -> RawImage:
    """Velox: the scale stands in a JSON text of which each frame has a column."""
    groups = [group for group in parts.get(_IMAGES, {}).values() if isinstance(group, h5py.Group) and "Data" in group]
    if not groups:
        raise InputError("holds no image of Velox, only spectra or nothing; export the image itself.")
    names = [str(_velox_metadata(group, 0).get("Detector") or f"image {n}") for n, group in enumerate(groups)]
    data = [group["Data"] for group in groups]
    if odd := [one.shape for one in data if len(one.shape) != 3]:
        raise InputError(f"holds an array of shape {odd[0]} where Velox writes (H, W, frames); export it again.")
    found = [Found(name, one.shape[:2], one.shape[2]) for name, one in zip(distinct(names), data, strict=True)]
    chosen, request = request.pick_dataset(found)
    frame = request.pick(found[chosen].n_frames, found[chosen].shape_hw, data[chosen].dtype)
    check_written(data[chosen], _VELOX_PAIR, frame)
    image = frame_of(data[chosen], _VELOX_PAIR, frame)
    metadata = _velox_metadata(groups[chosen], frame)
    detector = metadata.get("Detector")
    return RawImage(
        image,
        frame,
        found[chosen].n_frames,
        _velox_size(metadata),
        **of_dataset(found, chosen),
        not_images=_velox_spectra(parts),
        detector=detector if isinstance(detector, str) and detector else None,
    )


def _velox_spectra(parts: h5py.Group) -> tuple[str, ...]:
    """What there is beside images, by Velox's names, each with how many there are of several."""
    groups = {kind: parts.get(kind) for kind in _OF_VELOX if kind != _IMAGES}
    counts = {kind: len(group) for kind, group in groups.items() if isinstance(group, h5py.Group) and len(group)}
    return tuple(kind if count == 1 else f"{kind} ({count})" for kind, count in counts.items())


def _velox_metadata(group: h5py.Group, frame: int) -> dict[str, Any]:
    """What is said of the pixels of a frame; nothing where it is damaged, for the pixels are good without."""
    with suppress(*DAMAGED):
        texts = group["Metadata"]
        if texts.shape[0] <= _MOST_METADATA and chunk_bytes(texts) <= MAX_BYTES:
            text = texts[:, min(frame, texts.shape[1] - 1)].tobytes().split(b"\x00", 1)[0]
            of_pixels = json.loads(text)["BinaryResult"]
            return dict(of_pixels)
    return {}


def _velox_size(metadata: dict[str, Any]) -> PixelSize:
    with suppress(*DAMAGED):
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
    names = distinct([str(group.name).rsplit("/", 1)[-1] for group in groups])
    arrays = [
        LabelledArray(name, group["data"], axes, _pair(group, axes))
        for name, group in zip(names, groups, strict=True)
        for axes in [tuple(_berkeley_axes(group, len(group["data"].shape)))]
    ]
    if not arrays:
        raise InputError("holds no image in the layout of Berkeley or Velox; export it again.")
    return read_labelled(arrays, request, "EMD dimension", check_written)


def _berkeley_groups(file: h5py.File) -> list[h5py.Group]:
    """The groups that are marked as arrays, wherever in the tree."""
    groups: list[h5py.Group] = []

    def look(_: str, item: object) -> None:
        if isinstance(item, h5py.Group) and isinstance(item.get("data"), h5py.Dataset):
            with suppress(*DAMAGED):
                if plain(item.attrs.get("emd_group_type")) in _ARRAY:
                    groups.append(item)

    file.visititems(look)
    return groups


def _pair(group: h5py.Group, axes: tuple[Axis, ...]) -> Pair | None:
    """hyperspy, which alone notes a type of signal, turns arrays round, so that rows lie along the first axis."""
    is_turned = "signal_type" in group.attrs and len(axes) > 1 and not any(axis.name for axis in axes)
    return (1, 0) if is_turned else None


def _berkeley_axes(group: h5py.Group, n_axes: int) -> list[Axis]:
    first = 0 if "dim0" in group else 1  # EMD 1.0, and before it
    return [_berkeley_axis(group.get(f"dim{first + index}")) for index in range(n_axes)]


def _berkeley_axis(vector: object) -> Axis:
    """What a vector says; nothing where it is left out or damaged, for the pixels are good without."""
    with suppress(*DAMAGED):
        if isinstance(vector, h5py.Dataset):
            name, unit = str(plain(vector.attrs.get("name", ""))), plain(vector.attrs.get("units", ""))
            return Axis(name, step_of(vector), unit)
    return Axis()
