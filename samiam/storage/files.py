"""Files on disk: the hash that one has or must have, replacing one or some so that nothing half-written is seen."""

from __future__ import annotations

import argparse
import errno
import glob
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from samiam.errors import InputError

_UMASK = os.umask(0)  # can only be read by changing it: of two threads that do so one would put back the other's 0
os.umask(_UMASK)
_HOST = f".{platform.node()[:40]}-"  # in temporary names: on a shared disk, processes of other machines have their own


def path_text(text: str) -> str:
    """What a path may be as it was typed, as the type of an option: not empty, which `Path` takes for this folder.

    An empty one is mostly of a variable of the shell that is not set.

    Raises:
        argparse.ArgumentTypeError: if it is.
    """
    if not text:
        raise argparse.ArgumentTypeError("is empty; give a path, or . for this folder")
    return text


def given_path(text: str) -> Path:
    """The same as a path."""
    return Path(path_text(text))


STORES = (".zarr", ".zspy")
"""Suffixes of what users name like one file and may be a folder."""
_MARKS = ("zarr.json", ".zgroup", ".zarray")  # of Zarr 3 and 2


def is_store(path: str | Path) -> bool:
    """Whether a path is a folder that holds Zarr, and so is one thing, as a file is."""
    path = Path(path)
    return path.suffix.lower() in STORES and path.is_dir() and any((path / mark).is_file() for mark in _MARKS)


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, as 64 lower-case hexadecimal digits.

    That of a folder (`is_store`) is of the names and the hashes of the files in it, in their order.
    """
    if is_store(path):
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        listed = (f"{file.relative_to(path).as_posix()}\0{sha256_of(file)}\n" for file in files)
        return hashlib.sha256("".join(listed).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: str | Path, sha256: str, remedy: str = "delete it and get it again") -> None:
    """Make sure that a file is the expected one.

    Args:
        path: the file.
        sha256: what its bytes must hash to, in hexadecimal digits of either case.
        remedy: what the message tells the user to do; "{found}" in it becomes the file's own hash.

    Raises:
        InputError: if the file is missing, unreadable or another.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    if found != sha256.strip().lower():
        told = remedy.replace("{found}", found)
        raise InputError(f"{path}: its sha256 is {found}, but {sha256} was expected; {told}.")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` (same suffix) and move it there once the block has succeeded.

    Missing parent folders are created. If the block raises, the temporary file is deleted and `path` stays as it was;
    what killed processes have left beside it is deleted too.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_own_prefix(path), suffix=path.suffix, dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_UMASK)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_together(path: str | Path, last: str, optional: Collection[str] = ()) -> Iterator[Path]:
    """Give a temporary folder beside `path`; once the block has succeeded, the files in it are in `path`, all at once.

    A folder that is not there yet is moved there in one step. In one that is, files of the same names are replaced and
    others stay: `last` is removed first and comes back last, so that a folder without it is one that was interrupted,
    see `was_interrupted`. If the block raises, or a file cannot be replaced, `path` stays as it was.

    Args:
        path: the folder; missing parents are created.
        last: the name of one of the files.
        optional: names of files that are not always made; where `path` holds `last`, or was interrupted, those in it
            that the block has not made are of an earlier run, and go.
    """
    path = Path(path).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=_own_prefix(path), dir=path.parent))
    try:
        yield partial
        partial.chmod(0o777 & ~_UMASK)
        if path.is_dir():
            _move_into(path, partial, last, optional)
        else:
            partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _move_into(folder: Path, partial: Path, last: str, optional: Collection[str]) -> None:
    names = sorted((file.name for file in partial.iterdir()), key=lambda name: (name == last, name))
    for name in names:
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, f"{folder / name} is a folder, where a file is to go")
    sign = _sign(folder, last)
    outdated = set(optional).difference(names) if (folder / last).is_file() or sign.exists() else ()
    sign.touch()
    for name in (last, *sorted(outdated)):
        (folder / name).unlink(missing_ok=True)
    for name in names:
        (partial / name).replace(folder / name)
    sign.unlink()


def was_interrupted(folder: Path, last: str) -> bool:
    """Whether files were being replaced together in a folder when that was cut short, `last` the last of them."""
    return _sign(folder, last).exists()


def _sign(folder: Path, last: str) -> Path:
    return folder / f".{last}.interrupted"


def _own_prefix(path: Path) -> str:
    """How the temporary names begin that this process makes for a path."""
    _clear(path.parent)
    return f".{path.stem[:80]}{_HOST}{os.getpid()}-"  # long names leave room for the rest


@cache
def _clear(folder: Path) -> None:
    """Delete what processes of this machine that have ended have left half-written in a folder, once."""
    for left in folder.glob(f".*{glob.escape(_HOST)}*"):
        pid = left.name.rpartition(_HOST)[2].partition("-")[0]
        if pid.isdecimal() and not _is_running(int(pid)):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    import psutil  # only where something was left

    return bool(psutil.pid_exists(pid))


def made_folder(path: str | Path) -> Path:
    """A folder that can be written to, made if need be, before anything is worked out for it.

    Raises:
        InputError: if it cannot be made or written to.
    """
    folder = Path(path)
    check_writable(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder


def check_writable(folder: Path) -> None:
    """Refuse a folder into which nothing can be written, or which cannot be made; nothing is left of the trial.

    Raises:
        InputError: if so.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{folder}: cannot be written to ({error.strerror}); choose another folder.")
