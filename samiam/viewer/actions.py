"""What a screen may ask of a session, in words that any toolkit can send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from samiam.errors import InputError, printable
from samiam.viewer.session import Session

ACTIONS = (
    *("boost", "point", "box", "settle", "paint", "erase", "fill", "grow", "find_all"),
    *("merge", "split", "cut", "part", "rename", "delete", "undo", "redo", "judge"),
)
"""Names of methods of `Session`."""


def perform(session: Session, asked: object) -> None:
    """Do what a screen asks for.

    Args:
        session: that of the image.
        asked: `{"action": NAME, …}` with the arguments of that method of `Session`.

    Raises:
        InputError: if there is no such action, an argument does not fit, or the session refuses it.
    """
    if not isinstance(asked, Mapping) or asked.get("action") not in ACTIONS:
        raise InputError(f"there is no such action; there are {', '.join(ACTIONS)}.")
    name = asked["action"]
    arguments = _checked(name, {key: value for key, value in asked.items() if key != "action"})
    with session.lock:
        getattr(session, name)(**arguments)


def _checked(name: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Arguments as the method takes them."""
    takes = _arguments(name)
    said = f"{name} takes {', '.join(takes) or 'nothing'}"
    for key in given:
        if key not in takes:
            raise InputError(f"{printable(key):.40} is unknown; {said}.")
    for key, (_, is_needed) in takes.items():
        if is_needed and key not in given:
            raise InputError(f"{key} is missing; {said}.")
    read = {}
    for key, value in given.items():
        try:
            read[key] = takes[key][0].validate_python(value)
        except ValidationError as error:
            raise InputError(f"{name}: {key}: {error.errors()[0]['msg']}.") from None
    return read


@lru_cache
def _arguments(name: str) -> dict[str, tuple[TypeAdapter[Any], bool]]:
    """By name of an argument, what reads it and whether it has to be given; as the method declares it."""
    method = getattr(Session, name)
    types = get_type_hints(method)
    declared = [one for one in signature(method).parameters.values() if one.name != "self"]
    return {one.name: (TypeAdapter(types[one.name]), one.default is Parameter.empty) for one in declared}
