"""HDF5's global heaps, in which texts of any length are kept: damaged ones that the library never comes back from."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import h5py

from samiam.errors import InputError

_HEAP = b"GCOL\x01\x00\x00\x00"  # signature, version, nothing: HDF5 File Format Specification 3.0, section III.E
_SIZE = struct.Struct("<Q")
_OBJECT = struct.Struct("<HHIQ")  # index, references, nothing, bytes
_ALIGNED = 8
_MOST_SEARCHED = 1 << 28  # bytes of a file


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file to read.

    Heaps in its first 256 MB are looked through before: where an object leads back to itself, HDF5 2.0 reads for ever.

    Raises:
        InputError: if one does.
        OSError: if it is no HDF5, or cannot be read.
    """
    status = path.stat()
    _check_heaps(path, status.st_size, status.st_mtime_ns)
    with h5py.File(path, "r") as file:
        yield file


@lru_cache
def _check_heaps(path: Path, n_bytes: int, changed_ns: int) -> None:  # noqa: ARG001 it tells contents apart
    """Look through a file once for all of its frames, each of which opens it."""
    searched = min(n_bytes, _MOST_SEARCHED)
    if not searched:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), searched, access=mmap.ACCESS_READ) as content:
        heap = content.find(_HEAP)
        while heap >= 0:
            if not _ends(content, heap):
                raise InputError("is damaged: a heap of HDF5 leads back to itself; copy the file again.")
            heap = content.find(_HEAP, heap + len(_HEAP))


def _ends(content: mmap.mmap, heap: int) -> bool:
    """Whether one comes to the end of a heap by going from object to object."""
    place = heap + len(_HEAP) + _SIZE.size
    if place > len(content):
        return True
    end = min(heap + _SIZE.unpack_from(content, heap + len(_HEAP))[0], len(content))
    while place + _OBJECT.size <= end:
        index, _, _, n_bytes = _OBJECT.unpack_from(content, place)
        padded = -(-n_bytes // _ALIGNED) * _ALIGNED
        step = _OBJECT.size + padded if index else n_bytes  # free space counts its own header
        if step % 2**64 == 0:
            return False
        place += step
    return True
