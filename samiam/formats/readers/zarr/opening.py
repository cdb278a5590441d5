"""Zarr opened, and which images are in it."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import zarr
from zarr.storage import LocalStore, ZipStore

from samiam.errors import InputError
from samiam.formats.readers.axes import Pair
from samiam.formats.readers.raw import RawImage, Request
from samiam.formats.readers.signals import hyperspy
from samiam.formats.readers.signals.labelled import LabelledArray, read_labelled
from samiam.formats.readers.zarr import arrays, ome
from samiam.records.arrays import MAX_BYTES
from samiam.storage.files import is_store

_MOST_PIECES = 1 << 16  # that are counted
_MOST_ENTRIES = 10_000  # of a tree that are looked at


def read_zarr(path: Path, request: Request) -> RawImage:
    """An image, or one of a stack; of a pyramid the finest level.

    Which of several images, and which frame along channels, time and depth, has to be chosen.
    """
    with _opened(path) as root:
        if isinstance(root, zarr.Array):
            return _checked([arrays.labelled("", root, {})], request, arrays.SOURCE)
        experiments = root.get(hyperspy.EXPERIMENTS)
        if isinstance(experiments, zarr.Group):
            return _checked(hyperspy.signals(dict(experiments.groups()), zarr.Array), request, hyperspy.SOURCE)
        members = _members(root)
        if ome.is_there(root, members):
            return _checked(ome.images(root, members), request, ome.SOURCE)
        return _checked(arrays.of_group(members), request, arrays.SOURCE)


@contextmanager
def _opened(path: Path) -> Iterator[zarr.Group | zarr.Array]:
    if not is_store(path) and not zipfile.is_zipfile(path):
        raise InputError("is neither a folder of Zarr nor a ZIP file of one; copy or export it again.")
    store = LocalStore(path, read_only=True) if path.is_dir() else ZipStore(path, mode="r")
    with closing(store):
        yield zarr.open(store, mode="r")


def _members(root: zarr.Group) -> dict[str, Any]:
    """All groups and arrays of the tree by their path."""
    members: dict[str, Any] = {}
    for name, member in root.members(max_depth=None):
        if len(members) == _MOST_ENTRIES:
            raise InputError(f"holds more than {_MOST_ENTRIES} arrays and groups; give the folder of one image in it.")
        members[name] = member
    return dict(sorted(members.items()))


def _checked(found: list[LabelledArray], request: Request, source: str) -> RawImage:
    chosen: list[zarr.Array] = []

    def check(array: zarr.Array, _: Pair, __: int) -> None:
        chosen.append(array)
        if math.prod(array.chunks) * array.dtype.itemsize > MAX_BYTES:
            raise InputError(f"is stored in pieces of {array.chunks}, which do not fit into memory; export it again.")

    raw = read_labelled(found, request, source, check)
    return replace(raw, unwritten=_unwritten(chosen[0]))


def _unwritten(array: zarr.Array) -> str | None:
    """Zarr leaves out pieces of one value, and pieces that are lost look like those."""
    if array.nchunks > _MOST_PIECES:
        return None
    n_missing = array.nchunks - array.nchunks_initialized
    if not n_missing:
        return None
    return f"{n_missing} of the {array.nchunks} pieces of the array are not there and count as {array.fill_value}"
