"""Arrays on disk that need not be worked out again, within a bound."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.storage.files import replacing


class BoundedFolder:
    """Arrays by name, in a folder of files that together stay below a size; what was not used for longest goes first.

    Several processes may share the folder, and it may be deleted at any time. An array that is larger than the bound is
    not kept.

    Args:
        folder: made once there is something to keep.
        most_bytes: the bound.
    """

    def __init__(self, folder: Path, most_bytes: float) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def recall(self, name: str) -> NDArray[Any] | None:
        """The array of a name; None where there is none, or what is there cannot be read."""
        path = self._path(name)
        with suppress(OSError, ValueError, EOFError):
            found: NDArray[Any] = np.load(path, allow_pickle=False)
            os.utime(path)
            return found
        return None

    def keep(self, name: str, array: NDArray[Any]) -> None:
        """Keep an array, and drop what then is too much.

        Raises:
            OSError: if the folder cannot be written to.
        """
        if array.nbytes > self._most_bytes:
            return
        with replacing(self._path(name)) as partial:
            np.save(partial, array)
        self._drop_the_oldest()

    def _drop_the_oldest(self) -> None:
        found = []
        for path in self._folder.glob("[!.]*.npy"):
            with suppress(OSError):  # another process has dropped it
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._most_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"
