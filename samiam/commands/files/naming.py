"""The folders that results of several images go to, one for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from samiam.commands.files.every_frame import Image
from samiam.formats.writers.earlier import input_of

_NOTHING: Mapping[int, str] = MappingProxyType({})


class Source(NamedTuple):
    """What results are of.

    Attributes:
        path: the file.
        alias: what the file would be called if it held this image alone.
        frame: which one of a stack, None where nobody said.
    """

    path: Path
    alias: Path
    frame: int | None = None


def places_of(sources: Sequence[Source], output: Path, hash_of: Callable[[Path], str]) -> list[Path]:
    """A folder for each source: that which a run has given it before, else the one that `folder_names` gives it.

    Folders that somebody has renamed or copied are left alone.

    Args:
        sources: what is looked at.
        output: the folder in which each has one.
        hash_of: gives the SHA-256 of a file, asked for those of whose name there are results.
    """
    earlier: dict[str, list[_Earlier]] = {}
    for one in _earlier_in(output):
        earlier.setdefault(one.file_name, []).append(one)
    kept: dict[int, str] = {}
    for number, source in enumerate(sources):
        alike = [one for one in earlier.get(source.path.name, ()) if one.is_of(source, hash_of)]
        if (own := min(alike, key=lambda one: len(one.folder), default=None)) is not None:
            kept[number] = own.folder
            earlier[source.path.name].remove(own)
    return [output / name for name in folder_names([source.alias for source in sources], kept)]


class _Earlier(NamedTuple):
    """Results of an earlier run, and what they are of; the only image of a file is no frame, whatever was asked for."""

    folder: str
    file_name: str
    sha256: str
    frame: int | None

    def is_of(self, source: Source, hash_of: Callable[[Path], str]) -> bool:
        if self.frame not in (None, source.frame) or not self._is_named_after(source):
            return False
        try:
            return self.sha256 == hash_of(source.path)
        except OSError:  # which whoever reads it will say
            return False

    def _is_named_after(self, source: Source) -> bool:
        """Whether the folder has a name that `folder_names` gives, be the frame one of all or asked for alone."""
        paths = (source.path, Image(source.path, self.frame).alias)
        names = [_folder_name(name) for path in paths for name in (path.stem, path.name)]
        return any(re.fullmatch(rf"{re.escape(name)}(-\d+)?", self.folder) for name in names)


def _earlier_in(output: Path) -> Iterator[_Earlier]:
    for folder in sorted(output.iterdir()) if output.is_dir() else []:
        noted = None if folder.name.startswith(".") else input_of(folder)
        if noted is not None:
            yield _Earlier(folder.name, Path(str(noted["path"])).name, str(noted["sha256"]), noted["frame"])


def folder_names(paths: Sequence[Path], kept: Mapping[int, str] = _NOTHING) -> list[str]:
    """A folder name for each file: its stem, or its whole name where stems clash, numbered where those clash too.

    Dots at the beginning are left out, of which a name may be that of a folder above, or hidden.

    Args:
        paths: the files.
        kept: names that some of them have, by their places among the files; no other gets one of these.
    """
    stems = Counter(_folder_name(path.stem) for path in paths)
    stems.update(kept.values())
    each = ((_folder_name(path.stem), _folder_name(path.name)) for path in paths)
    names = [stem if stems[stem] == 1 else name for stem, name in each]
    times = Counter(name for number, name in enumerate(names) if number not in kept)
    times.update(kept.values())
    taken = {name for name, n in times.items() if n == 1} | set(kept.values())
    return [
        kept[number] if number in kept else name if times[name] == 1 else _numbered(name, taken)
        for number, name in enumerate(names)
    ]


def _folder_name(name: str) -> str:
    return name.lstrip(".") or "image"


def _numbered(name: str, taken: set[str]) -> str:
    """The name with the first number that is free, which is then taken."""
    free = next(f"{name}-{number}" for number in count(1) if f"{name}-{number}" not in taken)
    taken.add(free)
    return free
