"""A text file to which lines are added, one at a time, and of which no line is ever half there for who reads it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from samiam.errors import InputError
from samiam.storage.files import replacing


def whole_lines(path: Path) -> list[str]:
    """The lines of a log; one that was being written when a process was killed is none, nor is an empty one.

    Returns:
        None of them where there is no such file.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.split("\n")[:-1] if line]


class LineLog:
    """A log that this process writes to, and no other.

    Args:
        path: the file, made with its folder.
        lines: what is in it to begin with, in place of what there is.
    """

    def __init__(self, path: Path, lines: Sequence[str] = ()) -> None:
        self.path = path
        with replacing(path) as partial:
            partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self._size = path.stat().st_size

    def add(self, line: str) -> None:
        """Add a line; it is on disk when this returns.

        Raises:
            InputError: if somebody else has written to the log meanwhile.
        """
        if not self.path.is_file() or self.path.stat().st_size != self._size:
            raise InputError(f"{self.path}: another run writes to it; choose another folder with -o.")
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
            self._size = file.tell()
