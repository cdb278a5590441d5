"""Reading back the .npz files in which records are kept."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError, printable

# What numpy, zipfile and zlib raise on a file with a few bytes missing or changed; a bare .npy is a TypeError, and an
# array that is said to be vast a MemoryError.
_UNREADABLE = (
    *(OSError, ValueError, EOFError, TypeError, RuntimeError, LookupError, MemoryError, AttributeError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


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
        raise InputError(
            f"{archive_path(path)}: no {kind} as it was saved ({_reason(error)}); save it again."
        ) from error


def open_archive(path: str | Path, kind: str, axes: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    """The arrays of a saved record.

    Args:
        path: the file, with or without its .npz.
        kind: what record it should hold.
        axes: how many each array has that the record is made from; looked at before it is unpacked.

    Raises:
        InputError: if the file is missing, damaged, or holds a record of another kind.
    """
    path = archive_path(path)
    try:
        # numpy leaves a damaged file open, unless it is handed one to read from.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            shapes = _shapes(archive.zip)
            is_named = "kind" in shapes and math.prod(shapes["kind"]) == 1
            found = ascii(str(archive["kind"]) if is_named else "something else")[1:-1]
            if found != kind:
                raise InputError(f"{path}: holds {found:.40}, not a saved {kind}.")
            if missing := [name for name in axes if name not in shapes]:
                raise InputError(f"{path}: the saved {kind} lacks {', '.join(missing)}; it is damaged, save it again.")
            for name, n_axes in axes.items():
                if len(shapes[name]) != n_axes:
                    raise InputError(
                        f"{path}: no {kind} as it was saved ({name} has the shape {shapes[name]}); save it again."
                    )
            return dict(archive)
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a saved {kind} ({_reason(error)}); save it again.") from error


def _shapes(archive: zipfile.ZipFile) -> dict[str, tuple[int, ...]]:
    """The shape of each array by its name, which costs no memory as the array may."""
    shapes = {}
    for name in archive.namelist():
        with archive.open(name) as member:
            np.lib.format.read_magic(member)  # no record has a header so long that it needs the second version
            shapes[name.removesuffix(".npy")], *_ = np.lib.format.read_array_header_1_0(member)
    return shapes


def _reason(error: BaseException) -> str:
    """What libraries say, on one line of bearable length."""
    return f"{printable(str(error)) or type(error).__name__:.200}"
