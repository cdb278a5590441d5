"""What is asked of HDF5 before its pixels are believed."""

from __future__ import annotations

import itertools
import math

import h5py
import numpy as np

from samiam.errors import InputError
from samiam.formats.readers.axes import Pair, corner_of
from samiam.records.arrays import MAX_BYTES

DAMAGED = (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, RecursionError, OverflowError)
"""What reading a damaged or strange part of a file raises."""
_MOST_PIECES = 1 << 16  # that are looked for; an image in more is a strange one


def plain(attribute: object) -> object:
    """An attribute as a number or a text, whichever of HDF5's ways it is stored in."""
    if isinstance(attribute, np.ndarray) and attribute.size == 1:
        attribute = attribute.item()
    return attribute.decode("utf-8", "replace") if isinstance(attribute, bytes) else attribute


def chunk_bytes(data: h5py.Dataset) -> int:
    """How much is read at once, whatever is asked for."""
    return math.prod(data.chunks or (1,)) * int(data.dtype.itemsize)


def step_of(vector: h5py.Dataset) -> float | None:
    """The distance of the first two places along an axis; None where it has none that can be read."""
    try:
        if chunk_bytes(vector) > MAX_BYTES:
            return None
        start, second = (float(place) for place in vector[:2])  # It may claim any length.
    except DAMAGED:
        return None
    return abs(second - start)


def check_written(data: h5py.Dataset, pair: Pair, frame: int) -> None:
    """Refuse an image that was declared and never written, in whose place HDF5 gives zeros.

    Raises:
        InputError: if so, or if its pieces do not fit into memory.
    """
    if data.is_virtual or not data.chunks:
        n_missing = int(data.id.get_storage_size() == 0 and not data.is_virtual)
    elif chunk_bytes(data) > MAX_BYTES:
        raise InputError(f"is stored in pieces of {data.chunks}, which do not fit into memory; export it again.")
    else:
        corner = corner_of(pair, frame, data.shape)
        places = [range(0, data.shape[axis], data.chunks[axis]) if axis in pair else (at,) for axis, at in corner]
        few = itertools.islice(itertools.product(*places), _MOST_PIECES)
        n_missing = sum(data.id.get_chunk_info_by_coord(place).byte_offset is None for place in few)
    if n_missing:
        raise InputError("ends before its pixels do: some were never written; export it again.")
