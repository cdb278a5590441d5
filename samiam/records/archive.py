"""Reading back the .npz files in which records are kept."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError

# What numpy, zipfile and zlib raise on a file with a few bytes missing or changed; a bare .npy is a TypeError, and an
# array that is said to be vast a MemoryError.
_UNREADABLE = (OSError, ValueError, EOFError, TypeError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def archive_path(path: str | Path) -> Path:
    """The path with .npz added unless it ends so; a dot in a name such as `STO_0.5nm` does not begin a suffix."""
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")


@contextmanager
def as_saved(path: str | Path, kind: str) -> Iterator[None]:
    """Around the making of a record from what `open_archive` gave: what does not fit together is refused.

    Raises:
        InputError: for whatever is raised within.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{archive_path(path)}: no {kind} as it was saved ({reason:.200}); save it again.") from error


def open_archive(path: str | Path, kind: str, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The arrays of a saved record.

    Args:
        path: the file, with or without its .npz.
        kind: what record it should hold.
        names: the arrays that the record is made from.

    Raises:
        InputError: if the file is missing, damaged, or holds a record of another kind.
    """
    path = archive_path(path)
    try:
        # numpy leaves a damaged file open, unless it is handed one to read from.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            fields = dict(archive)
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a saved {kind} ({error}).") from error
    found = str(fields.get("kind", "something else"))
    if found != kind:
        raise InputError(f"{path}: holds {found}, not a saved {kind}.")
    missing = [name for name in names if name not in fields]
    if missing:
        raise InputError(f"{path}: the saved {kind} lacks {', '.join(missing)}; it is damaged, save it again.")
    return fields
