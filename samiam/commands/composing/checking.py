"""Words as they were typed, answered in one line where they are mistyped: no network has been imported yet."""

from __future__ import annotations

import pkgutil
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from samiam.commands.composing.program import EVALUATE, TRAIN, Program
from samiam.errors import InputError
from samiam.settings import declared, did_you_mean, is_settings, shortened, unknown, unknown_name


def checked(program: Program, word: str, beside: Path | None = None) -> str:
    """A word as Hydra takes it; a setting need not stand in a file to be changed.

    Args:
        program: whose setting it may be.
        word: as it was typed.
        beside: a user's own folder of configs, whose choices count as well.

    Raises:
        InputError: if it names no group, choice or setting; the message says which is nearest, or which program an
            experiment belongs to.
    """
    if word.startswith("-"):
        return word
    try:
        override = OverridesParser.create().parse_override(word)
    except (HydraException, ValueError, RecursionError):  # some values make the parser of Hydra stumble
        raise InputError(_not_understood(word)) from None
    key = override.key_or_group
    if key.startswith("hydra"):
        return word
    if key in program.groups:
        if not override.is_delete() and override.value() is None:
            raise InputError(f"{key}=null: give {' or '.join(program.choices(key, beside))}, or leave it out.")
        for choice in _choices_of(override):
            _check_choice(program, key, choice, beside)
        return word if override.is_delete() else f"{key}={word.partition('=')[2]}"
    _check_key(program, key)
    if not override.is_delete() and override.value() is None:
        _check_not_null(program, key)
    return word if override.is_delete() else f"++{key}={word.partition('=')[2]}"


def _not_understood(word: str) -> str:
    """That Hydra cannot read a word; what to type instead where its value is a text that has to be quoted."""
    key, _, value = word.partition("=")
    if not value or value.startswith(("[", "{", "'", '"')) or shortened(word) != word:
        return f"{shortened(word)!r} is not of the form KEY=VALUE."
    inner = re.sub(r'(\\*)("|$)', lambda end: 2 * end[1] + end[2].replace('"', '\\"'), value)
    quoted = shlex.quote(f'{key}="{inner}"')
    return f"{word!r} has signs in its value that Hydra reads otherwise; quote it, once more for the shell: {quoted}."


def _choices_of(override: Override) -> list[str]:
    """What an override chooses in a group, several in a sweep; nothing where it is deleted, null or no name."""
    if override.is_delete():
        return []
    values = list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.value()]
    return [value for value in values if isinstance(value, str)]


def _check_choice(program: Program, group: str, choice: str, beside: Path | None) -> None:
    known = program.choices(group, beside)
    if choice in known:
        return
    other = TRAIN if program is EVALUATE else EVALUATE
    if group == "experiment" and choice in other.choices(group):
        raise InputError(
            f"experiment={choice} belongs to {other.script}: `python {other.script} experiment={choice}`; "
            f"{program.script} has {', '.join(known)}."
        )
    raise InputError(unknown_name(group, choice, known))


def _check_key(program: Program, key: str) -> None:
    """Refuse a key whose first part nobody reads; what stands below it is looked at once all is composed."""
    first = key.partition(".")[0]
    known = declared(pkgutil.resolve_name(program.settings))
    if first in known:
        return
    if near := did_you_mean(first, [*known, *program.groups]):
        raise InputError(f"there is no setting {first!r}{near} There are {', '.join(known)}.")
    whole = [path for path in _paths(pkgutil.resolve_name(program.settings)) if path.rpartition(".")[2] == first]
    if whole:
        raise InputError(f"there is no setting {first!r}; did you mean {whole[0]!r}?")
    raise InputError(unknown("", first, known))


def _check_not_null(program: Program, key: str) -> None:
    """Refuse null for settings by name: their defaults would be taken, whatever the experiment says."""
    hints = _hints_of(pkgutil.resolve_name(program.settings), key.split("."))
    if hints and all(map(is_settings, hints)):
        first = next(iter(declared(hints[0])))
        raise InputError(f"{key}=null: give its settings by name, as {key}.{first}=VALUE, or leave it out.")


def _hints_of(kind: type, names: Sequence[str]) -> list[Any]:
    """What a setting within others may be, one for each of the kinds that have it."""
    hint = declared(kind).get(names[0])
    if hint is None or len(names) == 1:
        return [] if hint is None else [hint]
    inner = (part for part in (hint, *get_args(hint)) if is_settings(part))
    return [found for part in inner for found in _hints_of(part, names[1:])]


def _paths(kind: type, prefix: str = "") -> Iterator[str]:
    """The settings of a class and those within them, dotted."""
    for name, hint in declared(kind).items():
        yield prefix + name
        for inner in (hint, *get_args(hint)):
            if is_settings(inner):
                yield from _paths(inner, f"{prefix}{name}.")
