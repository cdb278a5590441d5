"""Nothing half-written is ever seen, and nothing is left lying about."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from samiam.errors import InputError
from samiam.storage import files
from samiam.storage.files import check_writable, made_folder, replacing, replacing_together, was_interrupted


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


class TestReplacingTogether:
    def test_a_new_folder(self, tmp_path: Path) -> None:
        with replacing_together(tmp_path / "deep" / "new", "z") as partial:
            write(partial, a="1", z="2")
            assert not (tmp_path / "deep" / "new").exists()
        assert content(tmp_path / "deep" / "new") == {"a": "1", "z": "2"}
        assert [path.name for path in (tmp_path / "deep").iterdir()] == ["new"]
        assert (tmp_path / "deep" / "new").stat().st_mode & 0o777 == 0o777 & ~files._UMASK

    def test_others_stay(self, tmp_path: Path) -> None:
        write(tmp_path / "old", a="0", mine="kept")
        (tmp_path / "old" / "deep").mkdir()
        with replacing_together(tmp_path / "old", "z") as partial:
            write(partial, a="1", z="2")
        (tmp_path / "old" / "deep").rmdir()
        assert content(tmp_path / "old") == {"a": "1", "z": "2", "mine": "kept"}

    def test_all_or_nothing(self, tmp_path: Path) -> None:
        before = {"a": "0", "z": "0"}
        write(tmp_path / "old", **before)
        with pytest.raises(FileNotFoundError), replacing_together(tmp_path / "old", "z") as partial:
            (write(partial, a="1") / "missing").read_text()
        assert content(tmp_path / "old") == before
        (tmp_path / "old" / "b").mkdir()
        with pytest.raises(IsADirectoryError), replacing_together(tmp_path / "old", "z") as partial:
            write(partial, a="1", b="1", z="1")
        (tmp_path / "old" / "b").rmdir()
        assert content(tmp_path / "old") == before
        assert [path.name for path in tmp_path.iterdir()] == ["old"]

    def test_what_was_interrupted_lacks_the_last(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path / "old", a="0", b="0", z="0")
        replace, moved = Path.replace, list[str]()

        def killed(self: Path, target: Path) -> Path:
            if moved:
                raise KeyboardInterrupt
            moved.append(self.name)
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt), replacing_together(tmp_path / "old", "z") as partial:
            write(partial, a="1", b="1", z="1")
        assert content(tmp_path / "old") == {"a": "1", "b": "0", ".z.interrupted": ""}
        assert was_interrupted(tmp_path / "old", "z")
        monkeypatch.undo()
        with replacing_together(tmp_path / "old", "z", ("b",)) as partial:
            write(partial, a="2", z="2")
        assert content(tmp_path / "old") == {"a": "2", "z": "2"}


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_killed_processes_have_left_is_deleted(tmp_path: Path, ended: int) -> None:
    host = platform.node()[:40]
    write(tmp_path / f".a.{host}-{ended}-x1", b="half")
    stay = (f".a.{host}-{os.getppid()}-x2.csv", f".a.elsewhere-{ended}-x3.csv", f"a.{host}-{ended}-x4.csv", ".hidden")
    write(tmp_path, **{f".a.{host}-{ended}-x5.csv": "half", **dict.fromkeys(stay, "")})
    with replacing(tmp_path / "a.csv") as partial:
        partial.write_text("whole")
    assert content(tmp_path) == {"a.csv": "whole", **dict.fromkeys(stay, "")}


def test_files_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.csv") as partial:
        partial.write_text("whole")
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o666 & ~files._UMASK


def test_the_umask_of_the_process_is_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may be making a file meanwhile, or reading the mask as well."""
    monkeypatch.delattr(os, "umask")
    with replacing(tmp_path / "a.csv") as partial:
        partial.write_text("1")
    with replacing_together(tmp_path / "new", last="a") as folder:
        (folder / "a").write_text("1")
    assert (tmp_path / "new" / "a").is_file()


def test_names_as_long_as_they_may_be(tmp_path: Path) -> None:
    with replacing(tmp_path / ("a" * 251 + ".csv")) as partial:
        partial.write_text("whole")
    assert content(tmp_path) == {"a" * 251 + ".csv": "whole"}


@pytest.mark.parametrize("trial", [check_writable, made_folder])
def test_a_file_is_no_folder(trial: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below" / "deep"):
        with pytest.raises(InputError, match=r"file.*: cannot be written to \(Not a directory\); choose"):
            trial(place)  # type: ignore[operator]


def test_a_trial_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "deep")
    assert not list(tmp_path.iterdir())
    assert made_folder(tmp_path / "new").is_dir()
