"""Reading back the .npz files in which records are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError


def open_archive(path: str | Path, kind: str) -> dict[str, NDArray[Any]]:
    """The arrays of a saved record.

    Raises:
        InputError: if the file is missing, damaged, or holds a record of another kind.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            fields = dict(archive)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as a saved {kind} ({error}).") from error
    found = str(fields.get("kind", "something else"))
    if found != kind:
        raise InputError(f"{path}: holds {found}, not a saved {kind}.")
    return fields
