"""NeXus: HDF5 in which groups of class NXdata name their signal and its axes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from samiam.formats.readers.axes import Axis, Pair
from samiam.formats.readers.raw import RawImage, Request, distinct
from samiam.formats.readers.signals.hdf5 import DAMAGED, check_written, plain, step_of
from samiam.formats.readers.signals.heaps import opened
from samiam.formats.readers.signals.labelled import LabelledArray, read_labelled

_NAMELESS = "."  # in place of an axis that has no vector


def read_nexus(path: Path, request: Request) -> RawImage:
    """An image, or one of a stack; one of several data sets has to be chosen where none is plainly the largest."""
    with opened(path) as file:
        groups = _data_groups(file)
        names = distinct([str(group.name).strip("/") for group in groups])
        arrays = [_labelled(name, group) for name, group in zip(names, groups, strict=True)]
        return read_labelled(arrays, request, "NeXus axes", check_written)


def _data_groups(file: h5py.File) -> list[h5py.Group]:
    """The groups of class NXdata with a signal, wherever in the tree."""
    groups: list[h5py.Group] = []

    def look(_: str, item: object) -> None:
        with suppress(*DAMAGED):
            if isinstance(item, h5py.Group) and _said(item, "NX_class") == "NXdata" and _signal(item) is not None:
                groups.append(item)

    file.visititems(look)
    return groups


def _said(item: h5py.HLObject, name: str) -> str:
    return str(plain(item.attrs.get(name, "")))


def _signal(group: h5py.Group) -> h5py.Dataset | None:
    """The data set that the group names; in files before 2014, the one that calls itself the first signal."""
    named = group.get(_said(group, "signal") or "data")
    if isinstance(named, h5py.Dataset):
        return named
    older = (item for item in group.values() if isinstance(item, h5py.Dataset) and _said(item, "signal") == "1")
    return next(older, None)


def _labelled(name: str, group: h5py.Group) -> LabelledArray:
    array = _signal(group)
    assert array is not None  # or it were none of the groups
    n_axes = len(array.shape)
    axes = _axes(group, n_axes)
    is_image = _said(group, "interpretation") == "image" or _said(array, "interpretation") == "image"
    pair: Pair | None = (n_axes - 2, n_axes - 1) if is_image and n_axes > 1 else None
    return LabelledArray(name, array, axes, pair)


def _axes(group: h5py.Group, n_axes: int) -> tuple[Axis, ...]:
    """What is said of each; nothing where that is left out or damaged, for the pixels are good without."""
    with suppress(*DAMAGED):
        names = [str(plain(name)) for name in np.atleast_1d(group.attrs["axes"])]
        if len(names) == n_axes:
            return tuple(_axis(group, name) for name in names)
    return (Axis(),) * n_axes


def _axis(group: h5py.Group, name: str) -> Axis:
    vector = None if name == _NAMELESS else group.get(name)
    if not isinstance(vector, h5py.Dataset):
        return Axis("" if name == _NAMELESS else name)
    return Axis(name, step_of(vector), _said(vector, "units"))
