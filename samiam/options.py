"""Objects made from named options that a user gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from samiam.errors import InputError

T = TypeVar("T")


def from_options(kind: type[T], what: str, options: Mapping[str, Any]) -> T:
    """Make a dataclass from keyword options.

    Args:
        kind: the dataclass.
        what: what the user calls it, for the message.
        options: values by the names of the dataclass's fields.

    Raises:
        InputError: if an option is not one of the fields; the message lists those there are.
    """
    known = [field.name for field in fields(kind) if field.init]  # type: ignore[arg-type]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f"{what} has no option {', '.join(unknown)}; its options are {', '.join(known)}.")
    return kind(**options)
