"""What goes wrong because of what the user gave, as opposed to a fault of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")
_OF_EXTRA = {
    **dict.fromkeys(("torch", "torchvision", "segment_anything"), "sam"),
    "distributed": "research",
    "zarr": "zarr",
    "rsciio": "rosettasciio",
    **dict.fromkeys(("starlette", "uvicorn"), "viewer"),
}
"""Packages that only some methods need, and the extra that installs each."""


class InputError(ValueError):
    """A file, value or option that cannot be used.

    The message is one line that names the file or value and says what to do about it. Command-line programs
    print it without a traceback and exit with code 2.
    """


def refuse(error: InputError, faults: list[InputError] | None) -> None:
    """Raise an error, or go on and keep it where faults are gathered."""
    if faults is None:
        raise error
    faults.append(error)


def printable(text: str) -> str:
    """A text from outside without line breaks and other control characters: a space stands for each."""
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def extras() -> Iterator[None]:
    """Around what may need an extra that is not installed.

    Raises:
        InputError: if it does; the message says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in _OF_EXTRA:
            raise
        raise InputError(f"this needs {package}; pip install 'samiam[{_OF_EXTRA[package]}]'.") from error


def in_one_line(error: Exception) -> str:
    """What a user can do something about; of a path that cannot be used, which one and why.

    Raises:
        OSError: what is of no path.
    """
    if not isinstance(error, OSError):
        return " ".join(str(error).split())
    if error.filename is None:
        raise error
    return f"{printable(str(error.filename)):.200}: cannot be used ({error.strerror}); give another path."


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """What two things give; where neither can be had, one refusal that names both, so that nobody comes back for more.

    Where both are refused for the same reason, it stands there once.

    Raises:
        InputError: if one of them, or both, raise it.

    >>> both(lambda: 1, lambda: 2)
    (1, 2)
    """
    try:
        found = first()
    except InputError as error:
        try:
            second()
        except InputError as other:
            if str(other) != str(error):
                raise InputError(f"{str(error).rstrip('.')}; and {other}") from error
        raise
    return found, second()
