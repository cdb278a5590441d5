"""The files of a Zenodo record, downloaded once, proven by their checksums, and unpacked."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import IO, Any

from samiam.errors import InputError
from samiam.storage.downloads import DOWNLOAD_ERRORS, download, locked, read_url, reason_of, user_cache
from samiam.storage.strict_json import parse_json

PAPERS_RECORD = "10909552"
"""Images and Labels for Segmentation Studies in Microscopy, the paper's data set."""
_SITE = "https://zenodo.org"
_HASHES = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
"""Kinds of checksum and their digits."""
_ANY_ARCHIVE_BYTES, _MOST_TIMES = 10**9, 50
"""An archive may unpack to so many bytes, or to so many times its own; images do not shrink to less than a tenth."""
_UNZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


@dataclass(frozen=True)
class RecordFile:
    """A file of a record.

    Attributes:
        name: of the file.
        url: where it is downloaded from.
        checksum: the kind of hash and its hexadecimal digits, as `md5:d41d8cd9…`.
        size_bytes: its size.
    """

    name: str
    url: str
    checksum: str
    size_bytes: int


def zenodo_folder(record: str | int = PAPERS_RECORD, folder: str | Path | None = None, site: str = _SITE) -> Path:
    """The folder with all files of a record, archives unpacked; downloaded first unless it is already there.

    Downloads and what has been unpacked of them lie beside the folder until all is there, so whatever interrupts this,
    the folder is whole if it exists, and the next call goes on where this one stopped.

    Args:
        record: number of the record.
        folder: where to put the files; by default a place of the record's own in the folder `SAMIAM_CACHE`, or in the
            user's cache folder where that is not set.
        site: address of Zenodo.

    Raises:
        InputError: if the record cannot be reached, what arrives is not what the record lists or cannot be unpacked,
            or the folder holds something else.
    """
    if not str(record).isdecimal():
        raise InputError(f"record {record!r}: give the number of a Zenodo record, as {PAPERS_RECORD}.")
    place = user_cache("data") / f"zenodo-{record}" if folder is None else Path(folder).absolute()
    marker = f".zenodo-{record}.json"
    if (place / marker).is_file():
        return place
    _check_free(place)
    try:
        with locked(place):
            if not (place / marker).is_file():  # another process may have filled it meanwhile
                _fill(place, _listed(f"{site}/api/records/{record}"), marker)
    except (InputError, OSError) as error:
        problem = error if isinstance(error, InputError) else f"{place}: cannot be written ({reason_of(error)})"
        raise InputError(
            f"{problem}; run again, or get {site}/records/{record} by other means, unpack it and give "
            "benchmark.folder=PATH."
        ) from error
    return place


def _check_free(place: Path) -> None:
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise InputError(
            f"{place}: is there already, but not from this record; if it is the data set that you unpacked, give it "
            "as benchmark.folder, else move it away."
        )


def _listed(url: str) -> list[RecordFile]:
    """The files of a record."""
    try:
        content = read_url(url)
    except DOWNLOAD_ERRORS as error:
        raise InputError(f"{url} could not be reached ({reason_of(error)})") from error
    try:
        files = [_record_file(file) for file in parse_json(content)["files"]]
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(f"{url} answered something else than a record with files") from error
    if not files:
        raise InputError(f"{url} lists no files that are open to all")
    if twice := [name for name, count in Counter(file.name for file in files).items() if count > 1]:
        raise InputError(f"{url} lists {twice[0]} twice")
    return files


def _record_file(file: Mapping[str, Any]) -> RecordFile:
    size_bytes = file["size"]
    if not isinstance(size_bytes, int) or size_bytes < 0:
        raise ValueError(size_bytes)
    return RecordFile(str(file["key"]), str(file["links"]["self"]), str(file["checksum"]), size_bytes)


def _fill(place: Path, files: Sequence[RecordFile], marker: str) -> None:
    """Download, unpack, and only then give the folder its name."""
    downloads, unpacking = (place.with_name(f"{place.name}.{state}") for state in ("downloads", "unpacking"))
    paths = [_fetched(file, downloads) for file in files]
    shutil.rmtree(unpacking, ignore_errors=True)
    unpacking.mkdir(parents=True)
    for path in paths:
        _unpack(path, unpacking)
    (unpacking / marker).write_text(json.dumps({file.name: file.checksum for file in files}), encoding="utf-8")
    if place.exists():
        place.rmdir()
    unpacking.rename(place)
    shutil.rmtree(downloads, ignore_errors=True)


def _fetched(file: RecordFile, folder: Path) -> Path:
    """The path of a file, downloaded unless it is there; it has its name only once its checksum was right."""
    path = _within(folder, file.name)
    if path.exists():
        return path
    partial = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        download(file.url, partial, size_bytes=file.size_bytes, title=file.name)
    except DOWNLOAD_ERRORS as error:
        raise InputError(f"{file.url} cannot be downloaded ({reason_of(error)})") from error
    if not _has_checksum(partial, file.checksum):
        partial.unlink()
        raise InputError(f"{file.url} delivered something else than {file.checksum}, which was deleted")
    return partial.rename(path)


def _has_checksum(path: Path, checksum: str) -> bool:
    kind, _, digits = checksum.partition(":")
    if len(digits) != _HASHES.get(kind):
        raise InputError(f"{path}: its checksum {checksum!a:.140} is of an unknown kind")
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False))
    return found.hexdigest() == digits.lower()


def _unpack(path: Path, target: Path) -> None:
    """Bring a file, or all files of an archive, into a folder; what macOS adds to archives is left out."""
    if path.suffix.lower() != ".zip":
        with open(path, "rb") as file:
            _write(file, target, path.name)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive, path)
            for member in archive.infolist():
                parts = PureWindowsPath(member.filename).parts
                if not (member.is_dir() or "__MACOSX" in parts or parts[-1:] == (".DS_Store",)):
                    with archive.open(member) as file:
                        _write(file, target, member.filename)
    except _UNZIP_ERRORS as error:
        raise InputError(f"{path} cannot be unpacked ({reason_of(error)})") from error


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse an archive that would fill the disk; no more is unpacked of a member than it says of its size."""
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > max(_ANY_ARCHIVE_BYTES, _MOST_TIMES * path.stat().st_size):
        raise InputError(f"{path} would unpack to {unpacked:.2g} bytes, {_MOST_TIMES} times its own size or more")


def _write(content: IO[bytes], target: Path, name: str) -> None:
    path = _within(target, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "xb") as file:
        shutil.copyfileobj(content, file)


def _within(folder: Path, name: str) -> Path:
    """The path of a name that comes from elsewhere, in the folder and nowhere else."""
    path = PureWindowsPath(name)  # knows drives, and slashes of both kinds
    if path.anchor or ".." in path.parts or not path.parts or not name.isprintable():
        raise InputError(f"{name!r}: a file of this name would lie outside of {folder}")
    return folder.joinpath(*path.parts)
