"""One declaration of a setting: type, range, default and meaning, read by the API, the command line and YAML alike.

The annotation of an attribute is its range, the class's docstring its meaning, the assignment its default, as in
`samiam.boosting.settings`. Messages, `--help` and `samiam models info` are made of these three.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from samiam.errors import InputError

T = TypeVar("T")
_MOST_QUOTED = 200
_WORDS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    types.NoneType: "null",
}
_CONFIG = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


def _rising(pair: tuple[Any, ...]) -> tuple[Any, ...]:
    if list(pair) != sorted(pair):
        raise ValueError("not rising")
    return pair


def _alike(numbers: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(numbers)) > 1:
        raise ValueError("not alike")
    return numbers


Rising = AfterValidator(_rising)
"""Of numbers in a list, none may be below the one before."""
Alike = AfterValidator(_alike)
"""Of numbers in a list, all have to be equal."""
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
"""1 or more."""
_Side = Annotated[int, Field(ge=64, le=2**14)]
ShapeHW = tuple[_Side, _Side]
"""Height and width of a made scene in pixels; the largest cameras have 2^14 a side."""
SquareHW = Annotated[ShapeHW, Alike]
"""The same of a scene that is turned by quarters, and then has to be of the shape of the others in its batch."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What numpy, scikit-learn and torch all take as a seed."""
_OF_RUN = "of the run"
RunSeed = Annotated[int, Field(ge=0, lt=2**32), _OF_RUN]
"""A seed that a run sets for all its parts; a config that gives one to a part is refused."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """What there is to say of one setting.

    Attributes:
        name: of the attribute.
        wanted: the values that it takes, in words.
        default: as it would be typed; None where it has to be given.
        meaning: what its class's docstring says of it.
    """

    name: str
    wanted: str
    default: str | None
    meaning: str


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def settings(kind: type[T]) -> type[T]:
    """Make a frozen dataclass of settings, whose values are checked against their annotations when one is made.

    A whole number will do for a real one, a list for a tuple, and a mapping for settings within settings; true and
    false are no numbers, and no number is taken for text. What `__post_init__` refuses by an `InputError` that begins
    with the name of a setting reads as the other messages do.

    Raises:
        InputError: when a value is made, if a setting is unknown, missing or not as its annotation wants it.
    """
    made: Any = dataclass(kind, frozen=True, config=_CONFIG)
    checked = made.__init__

    @wraps(checked)
    def check(self: object, *args: Any, **named: Any) -> None:
        hints = declared(made)
        in_order = [field.name for field in dataclasses.fields(made) if field.init and not field.kw_only]
        given = {**dict(zip(in_order, args, strict=False)), **named}
        for name in given:
            if name not in hints:
                raise InputError(unknown(made.__name__, name, hints))
        plain = {name: _plain(value, hints[name], name) for name, value in given.items()}
        try:
            checked(self, **plain)
        except ValidationError as error:
            raise InputError(_told(error, given, hints)) from error

    made.__init__ = check
    return made  # type: ignore[no-any-return]


def read_settings(kind: type[T], where: str, options: object) -> T:
    """Settings from a mapping, as it stands in YAML or on a command line.

    Args:
        kind: a class of `settings`.
        where: what the user calls the mapping, as `booster.removal`; "" for a whole config.
        options: values by the names of the attributes.

    Raises:
        InputError: if it is no mapping, or a setting is unknown (the message says which known one is nearest), missing
            or not as its annotation wants it.
    """
    if not isinstance(options, Mapping):
        raise InputError(f"{where}={options!r}: give settings by name, as {{name: value}}.")
    known = declared(kind)  # type: ignore[arg-type]
    for name in options:
        if name not in known:
            raise InputError(unknown(where, str(name), known))
        if is_of_run(known[name]):
            raise InputError(f"{where}.{name}: all draws have the seed of the run; give seed={options[name]} instead.")
    try:
        return kind(**options)
    except InputError as error:
        raise InputError(f"{where}.{error}" if where else str(error)) from error


@cache
def declared(kind: type) -> Mapping[str, Any]:
    """The annotation of each setting, by name, in order; those that can be given by name only come last."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = sorted(dataclasses.fields(kind), key=lambda field: bool(field.kw_only))
    return {field.name: hints[field.name] for field in fields if field.init}


def is_of_run(hint: Any) -> bool:  # noqa: ANN401
    """Whether a run sets this setting, not its config."""
    return _OF_RUN in getattr(hint, "__metadata__", ())


def is_settings(kind: object) -> bool:
    """Whether this is a class of `settings`."""
    return isinstance(kind, type) and hasattr(kind, "__pydantic_validator__")


def described(kind: type) -> list[Setting]:
    """All that there is to say of the settings of a class, in order."""
    meanings = _meanings(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    return [
        Setting(name, in_words(hint), _default(fields[name]), meanings.get(name, ""))
        for name, hint in declared(kind).items()
    ]


def unknown(where: str, name: str, known: Iterable[str]) -> str:
    """The message about a setting that does not exist."""
    names = list(known)
    suggestion = did_you_mean(name, names) or "."
    return f"{where or 'the config'} has no setting {name!r}{suggestion} It has {', '.join(names)}."


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """The message about a name that nothing has.

    Args:
        what: would have it, as "generator".
        name: that was given.
        known: the names that there are.
    """
    names = list(known)
    suggestion = did_you_mean(name, names) or "."
    return f"unknown {what} {name!r}{suggestion} Known are {', '.join(names)}."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known name, nothing where none is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither true nor false, as settings do, where a function takes it.

    Raises:
        InputError: if so.
    """
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name}={shortened(repr(value))}: give {in_words(bool)}.")


def shortened(text: str) -> str:
    """A text from outside, as much of it as a message of one line can quote."""
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…"


def in_words(hint: Any) -> str:  # noqa: ANN401
    """The values that an annotation allows."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _with_range(in_words(arguments[0]), arguments[1:])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(in_words, arguments)))
    if origin is Literal:
        return " or ".join(_typed(value) for value in arguments)
    if origin is tuple and arguments[-1] is ...:
        return f"a list, each {in_words(arguments[0])}"
    if origin is tuple and len(set(map(in_words, arguments))) == 1:
        return f"a list of {len(arguments)}, each {in_words(arguments[0])}"
    if origin is tuple:
        return f"a list of {', '.join(map(in_words, arguments))}"
    if is_settings(hint) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return "settings by name, as {name: value}"
    return _WORDS.get(hint, str(getattr(hint, "__name__", hint)))


def _with_range(words: str, metadata: Sequence[Any]) -> str:
    """The words of a type with what else its annotation asks for; the annotation's own words where it has some."""
    own = [piece.description for piece in metadata if getattr(piece, "description", None)]
    if own:
        return str(own[0])
    facts = [fact for piece in metadata for fact in (piece.metadata if isinstance(piece, FieldInfo) else [piece])]
    ends = {end: getattr(fact, end) for fact in facts for end in ("ge", "gt", "le", "lt") if hasattr(fact, end)}
    low = f"from {_typed(ends['ge'])}" if "ge" in ends else f"above {_typed(ends['gt'])}" if "gt" in ends else ""
    high = f"to {_typed(ends['le'])}" if "le" in ends else f"below {_typed(ends['lt'])}" if "lt" in ends else ""
    if "ge" in ends and not high:
        words = f"{words}, {_typed(ends['ge'])} or more"
    elif low or high:
        joint = " and " if "gt" in ends and "lt" in ends else " to " if low and "lt" in ends else " "
        words = f"{words} {joint.join(filter(None, (low, high)))}"
    if least := max((getattr(fact, "min_length", None) or 0 for fact in facts), default=0):
        words = f"{words}, {'one' if least == 1 else least} at least"
    of_list = {Rising: "none below the one before", Alike: "all of them equal"}
    return ", ".join([words, *(said for rule, said in of_list.items() if rule in facts)])


def _plain(value: object, hint: Any, name: str) -> object:  # noqa: ANN401
    """Lists as tuples, numbers of NumPy as Python's, mappings as the settings that they stand for."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return tuple(_plain(item, None, name) for item in value)
    if value is None and is_settings(hint):  # in YAML, a name with nothing behind it
        return hint()
    if isinstance(value, Mapping):
        kinds = [kind for kind in (hint, *get_args(hint)) if is_settings(kind)]
        return read_settings(_of_name(kinds, name, value), name, value) if kinds else value
    return value


def _of_name(kinds: Sequence[type], where: str, value: Mapping[str, Any]) -> type:
    """Of several classes of settings, the one whose `name` may be that of a mapping."""
    if len(kinds) == 1:
        return kinds[0]
    of_name = {name: kind for kind in kinds for name in get_args(declared(kind)["name"])}
    if value.get("name") not in of_name:
        raise InputError(f"{where}.name={value.get('name')!r}: give {' or '.join(of_name)}.")
    return of_name[str(value["name"])]


def _told(error: ValidationError, given: Mapping[str, Any], hints: Mapping[str, Any]) -> str:
    """The first fault, in one line that begins with the setting's name."""
    first = error.errors()[0]
    if not first["loc"]:  # of __post_init__
        return str(first["ctx"]["error"])
    name = str(first["loc"][0])
    if first["type"] == "missing" and len(first["loc"]) == 1:
        return f"{name} is missing: give {in_words(hints[name])}."
    return f"{name}={shortened(repr(given[name]))}: give {in_words(hints[name])}."


def _default(field: dataclasses.Field[Any]) -> str | None:
    if field.default is not dataclasses.MISSING:
        return _typed(field.default)
    if field.default_factory is dataclasses.MISSING:
        return None
    made = field.default_factory()
    return "{}" if is_settings(type(made)) else _typed(made)


def _typed(value: object) -> str:
    """A value as it would be typed in YAML."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_typed, value))}]"
    return str(value)


def _meanings(kind: type) -> dict[str, str]:
    """What the section "Attributes" of its docstring, and of those of its bases, says of each."""
    meanings = {}
    for base in reversed(kind.__mro__):
        _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        section = re.split(r"\n(?=\S)", section, maxsplit=1)[0]
        entries = re.findall(r"^ {4}(\w+): (.+(?:\n {6,}.+)*)", section, flags=re.MULTILINE)
        meanings.update({name: " ".join(text.split()) for name, text in entries})
    return meanings
