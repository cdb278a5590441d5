"""What an offline run of W&B has written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

_BLOCK, _HEADER = 32768, 7


def record_of(run: Path, patience_s: float = 20) -> Path:
    """The file of a run's folder, which another process writes: there, and no longer growing."""
    until, size = time.monotonic() + patience_s, -1
    while time.monotonic() < until:
        found = list(run.glob("*.wandb"))
        now = found[0].stat().st_size if found else -1
        if now == size > 0:
            return found[0]
        size = now
        time.sleep(0.25)
    raise AssertionError(f"{run}: no record of W&B in it, or one that still grows")


def contents(written: Path) -> bytes:
    """The bytes of a `.wandb` file without the headers that cut records in two at the borders of blocks.

    After a header of its own the file is a log of LevelDB: chunks of 4 bytes of CRC, 2 of length, 1 of kind and the
    data, none of them across a border.
    """
    data = written.read_bytes()
    found, at = [], _HEADER
    while at + _HEADER <= len(data):
        left = _BLOCK - at % _BLOCK
        if left < _HEADER:
            at += left
            continue
        end = at + _HEADER + int.from_bytes(data[at + 4 : at + 6], "little")
        found.append(data[at + _HEADER : end])
        at = end
    return b"".join(found)


def missing(written: Path, parts: Sequence[bytes], patience_s: float = 20) -> list[bytes]:
    """The parts that are not in the file, which another process closes, even after a while."""
    until = time.monotonic() + patience_s
    while (lacking := [part for part in parts if part not in contents(written)]) and time.monotonic() < until:
        time.sleep(0.05)
    return lacking
