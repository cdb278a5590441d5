"""The image that an address of Label Studio's means: a file of given folders, an upload, or data in the address."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from samiam.errors import InputError, printable
from samiam.label_studio.host import Host

_LOCAL = "/data/local-files/"
_DATA = re.compile(r"data:image/([a-z0-9.+-]+);base64,", re.IGNORECASE)
_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "jpg": ".jpg", "tiff": ".tif", "bmp": ".bmp"}
_MOST_BYTES = 256 * 1024 * 1024
"""Of an image in an address: several times what browsers open."""


@dataclass(frozen=True)
class Images:
    """Where images may be taken from, and nowhere else.

    Attributes:
        folders: that files are looked for in, first come first served; what Label Studio calls the root of its local
            files is one of them.
        host: the Label Studio that uploads are fetched from, None for none.
        beside: further folders, after these; of what lies deeper in them only what an address names is taken, and
            nothing is searched for.
    """

    folders: Sequence[Path]
    host: Host | None = None
    beside: Sequence[Path] = ()

    @property
    def roots(self) -> list[Path]:
        """All folders, first come first served."""
        return [*self.folders, *self.beside]

    @contextmanager
    def file(self, address: str, name: str | None = None) -> Iterator[Path]:
        """A file with the image, for as long as it is needed.

        Args:
            address: of it.
            name: that a file should have, without suffix, which is made only for the while; as the address has it
                where None.

        Raises:
            InputError: if the address means no file of the folders and no image that may be fetched.
        """
        found = self.local(address)
        if found is not None:
            yield found
            return
        if match := _DATA.match(address):
            content = _decoded(address[match.end() :])
        elif self.host is not None:
            content = self.host.fetched(address)
        else:
            raise InputError(f"{shown(address)}: {self._why}")
        own = PurePosixPath(name_in(address))
        with tempfile.TemporaryDirectory(prefix="samiam-") as folder:
            path = Path(folder) / (re.sub(r"[^\w.-]", "_", name or own.stem)[:100].lstrip(".") + own.suffix)
            path.write_bytes(content)
            yield path

    @property
    def _why(self) -> str:
        where = ", ".join(map(str, self.roots))
        remedy = "give --images DIR, or --label-studio URL to fetch what was uploaded"
        return f"is not in {where}; {remedy}." if where else f"no folder of images is known; {remedy}."

    def local(self, address: str) -> Path | None:
        """The file of the folders that an address means; None if there is none."""
        inside = _path_in(address)
        if inside is None:
            return None
        for folder in self.roots:
            root = folder.resolve()
            try:
                path = (root / inside).resolve()
                is_there = path.is_relative_to(root) and path.is_file()
            except (OSError, ValueError):  # of names that no disk can have
                continue
            if is_there:
                return path
        return None


def _path_in(address: str) -> str | None:
    """The path below a folder that an address may mean."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise InputError(f"{shown(address)}: is no address ({error}); import the task again.") from None
    if parts.path.startswith(_LOCAL):
        return next(iter(parse_qs(parts.query).get("d", [])), None)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return None
    return unquote(parts.path) or None


def name_in(address: str) -> str:
    """The name of the file that an address means; of data in the address, the name that its kind would have."""
    if match := _DATA.match(address):
        return f"image{_suffix_of(match[1])}"
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(local[0] if local else unquote(parts.path)).name


def shown(address: str) -> str:
    """An address in a message: one line, and not all of an image."""
    return f"{printable(address):.120}"


def _suffix_of(kind: str) -> str:
    if kind.lower() not in _SUFFIXES:
        raise InputError(f"data:image/{kind}: of that kind no image is read; give {', '.join(_SUFFIXES)}.")
    return _SUFFIXES[kind.lower()]


def _decoded(text: str) -> bytes:
    if len(text) * 3 / 4 > _MOST_BYTES:
        raise InputError(f"data:image: of {len(text)} characters, the most is {_MOST_BYTES * 4 // 3}; give a file.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("data:image: damaged or cut short, no base64; import the task again.") from None
