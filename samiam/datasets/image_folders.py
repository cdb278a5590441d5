"""The micrographs in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """The files in a folder that may be micrographs, in the order of their names; hidden ones are overlooked."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith(".")
    ]


def by_name(files: Iterable[Path], folder: Path) -> dict[str, Path]:
    """Micrographs by their names without suffix, in the order given.

    Args:
        files: the micrographs.
        folder: where they were looked for, for the message.

    Raises:
        InputError: if two have one name, or there is none.
    """
    images: dict[str, Path] = {}
    for path in files:
        if path.stem in images:
            raise InputError(f"{path}: {images[path.stem].name} has the same name; keep one of them.")
        images[path.stem] = path
    if not images:
        raise InputError(f"{folder}: no image in it; put the micrographs there, as {', '.join(READABLE_SUFFIXES)}.")
    return images
