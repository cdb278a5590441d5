"""Files that are one and the same image under several names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from samiam.storage.files import is_store

_GLIMPSE = 4096  # bytes: by noise alone, those in the middle of two micrographs differ


def twins_among(paths: Sequence[Path], hash_of: Callable[[Path], str]) -> dict[Path, Path]:
    """Of files that hold the same bytes as one before, that one; only what looks alike at a glimpse is read whole.

    Args:
        paths: the files, of which some may be missing.
        hash_of: gives the SHA-256 of a file.
    """
    alike: dict[object, list[Path]] = {}
    for path in paths:
        with suppress(OSError):  # whoever reads it says so
            alike.setdefault(_glimpse(path, hash_of), []).append(path)
    found: dict[Path, Path] = {}
    for group in alike.values():
        first: dict[str, Path] = {}
        for path in group if len(group) > 1 else ():
            if (twin := first.setdefault(hash_of(path), path)) != path:
                found[path] = twin
    return found


def _glimpse(path: Path, hash_of: Callable[[Path], str]) -> object:
    """What differs between most files: how large one is and what is in the middle of it."""
    if is_store(path):
        return hash_of(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, (size - _GLIMPSE) // 2))
        return size, file.read(_GLIMPSE)
