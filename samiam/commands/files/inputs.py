"""The files and values that were named on a command line."""

from __future__ import annotations

import argparse
import glob
import json
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES, check_readable
from samiam.formats.readers.read import given_size
from samiam.formats.writers.earlier import is_result
from samiam.formats.writers.exports.kinds import EXPORTS
from samiam.records.showing import counted
from samiam.storage.files import is_store

ALL = "all"
"""What is given in place of the number of a frame."""


@dataclass(frozen=True)
class Reading:
    """How files are read; the attributes are arguments of `read_micrograph`."""

    frame: int | None = None
    channel: int | None = None
    dataset: str | None = None
    pixel_size_nm: float | tuple[float, float] | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for `read_micrograph`."""
        return asdict(self)


def add_reading(parser: argparse.ArgumentParser, *, one_frame: bool = True, or_all: bool = False) -> None:
    """The options that say how files are read; that of the frame, unless all are, which may be one that says so."""
    if or_all:
        words = "which frame of a stack, from 0, or `all`: each one an image of its own"
        parser.add_argument("--frame", type=_frame, metavar="I|all", help=words)
    elif one_frame:
        parser.add_argument("--frame", type=_place, metavar="I", help="which frame of a stack, from 0")
    parser.add_argument("--channel", type=_place, metavar="I", help="which channel of a colour image, from 0")
    parser.add_argument("--dataset", metavar="NAME", help="which of several images or stacks in a file")
    parser.add_argument(
        "--pixel-size-nm",
        type=_sides,
        metavar="NM",
        help="side of a pixel, or its width and height as X,Y, over what the file says",
    )


def add_exports(parser: argparse.ArgumentParser) -> None:
    """The option that says what else is written, for other programs."""
    parser.add_argument(
        "--export",
        type=lambda text: tuple(filter(None, text.split(","))),
        metavar="NAME,NAME,…",
        help=f"write for other programs too: {', '.join(EXPORTS)}",
    )


def given_of(options: argparse.Namespace) -> dict[str, Any]:
    """What the options of reading and exports were, by the names of settings; None for those that were not given.

    Raises:
        InputError: if no pixel can be as large as they say.
    """
    sides = size_of(options)
    return {
        **{name: getattr(options, name, None) for name in ("frame", "channel", "dataset")},
        "pixel_size_nm": (sides, sides) if isinstance(sides, float) else sides,
        "exports": getattr(options, "export", None),
    }


def reading_of(options: argparse.Namespace) -> Reading:
    """What those options were.

    Raises:
        InputError: if no pixel can be as large as they say.
    """
    return Reading(options.frame, options.channel, options.dataset, size_of(options))


def size_of(options: argparse.Namespace) -> float | tuple[float, float] | None:
    """The size of a pixel that was given, None where none was.

    Raises:
        InputError: if no pixel can be so large.
    """
    sides: float | tuple[float, float] | None = options.pixel_size_nm
    if sides is not None:
        given_size(sides)
    return sides


def _frame(text: str) -> int | str:
    if text == ALL:
        return text
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither the number of a frame, 0 or more, nor `{ALL}`")
    return int(text)


def _place(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def _sides(text: str) -> float | tuple[float, float]:
    try:
        sides = [float(part) for part in text.split(",")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NM or X,Y")
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def expand(names: Sequence[str]) -> list[Path]:
    """Files that the names stand for, each once, in order: a folder is its readable files, a pattern what it matches.

    Results of earlier runs are left out, and said to be, unless nothing but such files is named one by one.

    Raises:
        InputError: if a folder holds no readable file or may not be read, or a pattern matches nothing.
    """
    found: dict[Path, Path] = {}
    results: set[Path] = set()
    for name in names:
        try:
            files, remedy = _files_of(name)
            whole = [file.resolve() for file in files]
        except OSError as error:
            raise InputError(f"{name:.200}: cannot be looked at ({error.strerror}); check the path.") from None
        except RuntimeError:  # what Python before 3.13 says of links
            raise InputError(f"{name:.200}: is a link that leads back to itself; check the path.") from None
        is_named = files == [Path(name)]
        own = {path for path, file in zip(whole, files, strict=True) if is_result(file)}
        if not files or (len(own) == len(files) and not is_named):
            raise InputError(f"{name}: {remedy + (' but results of earlier runs' if own else '')}.")
        results |= own
        for path, file in zip(whole, files, strict=True):
            found.setdefault(path, file)
    if results and len(results) < len(found):
        print(f"samiam: left out {counted(len(results), 'file')} of earlier results.", file=sys.stderr)
        return [file for path, file in found.items() if path not in results]
    return list(found.values())


def _files_of(name: str) -> tuple[list[Path], str]:
    """The files that a name stands for, and what is wrong with it if there are none."""
    path = Path(name)
    if path.is_dir() and not is_store(path):
        files = sorted(file for file in path.iterdir() if _is_micrograph(file))
        return files, f"holds no micrograph ({' '.join(READABLE_SUFFIXES)})"
    if not path.exists() and glob.has_magic(name):
        found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207
        return [file for file in map(Path, found) if _is_whole(file)], "matches no file"
    return [path], ""


def _is_whole(file: Path) -> bool:
    """Whether it is a file, or a folder that counts as one, and no part of such a folder."""
    return (file.is_file() or is_store(file)) and not any(map(is_store, file.parents))


def _is_micrograph(file: Path) -> bool:
    """Whether a file of a folder is meant; hidden ones are other programs' notes on it."""
    is_named_so = file.suffix.lower() in READABLE_SUFFIXES and not file.name.startswith(".")
    return is_named_so and (file.is_file() or is_store(file))


def is_readable(path: Path, check: Callable[[Path], object] = check_readable) -> bool:
    """Whether a file is not refused at first sight."""
    with suppress(InputError):
        check(path)
        return True
    return False


def refused(path: Path, check: Callable[[Path], object] = check_readable) -> str:
    """Refuse a file that is refused at first sight; nothing where it is not."""
    check(path)
    return ""


def positive(text: str) -> float:
    """A number above 0, as the type of an option."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def count_of(text: str, of: str) -> int:
    """A number from 1 up of something, as the type of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {of}; give 1 or more")
    return int(text)


def value_of(text: str) -> object:
    """A number, list, true, false or null as JSON writes it; anything else is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
