from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from samiam.storage.bounded_folder import BoundedFolder

ARRAY = np.arange(100, dtype=np.float32)  # a file of 528 bytes


def used_at(folder: Path, name: str, second: int) -> None:
    os.utime(folder / f"{name}.npy", (second, second))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    folder = BoundedFolder(tmp_path / "new", 1e6)
    assert folder.recall("a") is None
    folder.keep("a", ARRAY)
    np.testing.assert_array_equal(BoundedFolder(tmp_path / "new", 1e6).recall("a"), ARRAY)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    folder = BoundedFolder(tmp_path, 1200)
    for second, name in enumerate("ab", start=1):
        folder.keep(name, ARRAY)
        used_at(tmp_path, name, second)
    folder.recall("a")
    folder.keep("c", ARRAY)
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == ["a.npy", "c.npy"]


def test_what_is_damaged_is_not_there_and_is_replaced(tmp_path: Path) -> None:
    folder = BoundedFolder(tmp_path, 1e6)
    folder.keep("a", ARRAY)
    content = (tmp_path / "a.npy").read_bytes()
    for damaged in (b"", content[:200], b"nonsense"):
        (tmp_path / "a.npy").write_bytes(damaged)
        assert folder.recall("a") is None
    folder.keep("a", ARRAY)
    np.testing.assert_array_equal(folder.recall("a"), ARRAY)


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    BoundedFolder(tmp_path / "new", 300).keep("a", ARRAY)
    assert not (tmp_path / "new").exists()
