"""Objects made from named options that a user gave."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, TypeVar, Union

from samiam.errors import InputError

T = TypeVar("T")


def from_options(kind: type[T], what: str, options: Mapping[str, Any]) -> T:
    """Make a dataclass from keyword options.

    Args:
        kind: the dataclass.
        what: what the user calls it, for the message.
        options: values by the names of the dataclass's fields; a list will do for a tuple.

    Raises:
        InputError: if an option is not one of the fields (the message lists those there are), or not of its type.
    """
    known = [field.name for field in fields(kind) if field.init]  # type: ignore[arg-type]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f"{what} has no option {', '.join(unknown)}; its options are {', '.join(known)}.")
    hints = typing.get_type_hints(kind)
    for name, value in options.items():
        if not _fits(value, hints[name]):
            raise InputError(f"{name}={value!r}: {what} needs {_described(hints[name])} here.")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in options.items()})


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401
    """Whether a value is of an annotated type; a whole number will do for a real one, but true and false do not."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, choice) for choice in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            return False
        kinds = arguments[:1] * len(value) if arguments[-1] is ... else arguments
        return len(value) == len(kinds) and all(_fits(item, kind) for item, kind in zip(value, kinds, strict=True))
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint)


def _described(hint: Any) -> str:  # noqa: ANN401
    """A type in words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_described(choice) for choice in arguments)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple and arguments[-1] is ...:
        return f"a list, each {_described(arguments[0]).rstrip(',')},"
    if origin is tuple and len(set(arguments)) == 1:
        return f"a list of {len(arguments)}, each {_described(arguments[0]).rstrip(',')},"
    if origin is tuple:
        return f"a list of {', '.join(map(_described, arguments))},"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", types.NoneType: "null"}
    return words.get(hint, str(hint))
