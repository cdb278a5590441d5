"""What tells whether a file has changed, or a folder that is one thing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class State:
    """A file as it is, or a folder that is one thing, as Zarr: whoever writes to it changes this.

    Attributes:
        size: in bytes, of all files in a folder together.
        mtime_ns: when it was last written to, as the file system has it; of a folder the newest of all files in it.
    """

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, file: Path) -> State | None:
        """That of a file; None where it was moved away."""
        try:
            status = file.stat()
        except OSError:
            return None
        if not stat.S_ISDIR(status.st_mode):
            return cls(status.st_size, status.st_mtime_ns)
        within = [*_statuses_within(file)]
        newest = max((one.st_mtime_ns for one in within), default=status.st_mtime_ns)
        return cls(sum(one.st_size for one in within), newest)


def _statuses_within(folder: Path) -> Iterator[os.stat_result]:
    """Those of all files in a folder and the folders in it, but for what is moved away meanwhile."""
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                yield os.stat(os.path.join(place, name))  # noqa: PTH116, PTH118 - a store may hold 100,000 files
