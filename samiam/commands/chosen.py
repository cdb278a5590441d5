"""What is chosen on a command line: a result notes it, and another run takes it up."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field

from samiam.commands.files.inputs import ALL, Reading
from samiam.errors import InputError
from samiam.formats.writers.provenance import version_of
from samiam.settings import read_settings, settings
from samiam.storage.strict_json import parse_json

Index = Annotated[int, Field(ge=0)]


@settings
class Chosen:
    """How files are read and what else is written, whatever is looked for in them.

    Attributes:
        frame: which of a stack.
        channel: which of a colour image.
        dataset: which of several images of a file.
        pixel_size_nm: width and height of a pixel over what the file says.
        exports: what else is written.
    """

    frame: Index | None = None
    channel: Index | None = None
    dataset: str | None = None
    pixel_size_nm: tuple[float, float] | None = None
    exports: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """How files are read."""
        return Reading(self.frame, self.channel, self.dataset, self.pixel_size_nm)

    def at(self, frame: int | None) -> Self:
        """The same for one frame of a stack; unchanged where None."""
        return self if frame is None else replace(self, frame=frame)

    def plain(self) -> dict[str, Any]:
        """By name, as JSON holds them."""
        noted: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return noted

    def __str__(self) -> str:
        """Those that are not the defaults."""
        plain, usual = self.plain(), type(self)().plain()
        changed = [f"{name}={value}" for name, value in plain.items() if value != usual[name]]
        return ", ".join(changed) or "the defaults"


Choice = TypeVar("Choice", bound=Chosen)


def base_of(options: argparse.Namespace, kind: str, of: type[Choice]) -> Choice:
    """What an earlier result was made with where `--like` names one, which is said; the defaults where none is named.

    Raises:
        InputError: if `settings_of_run` refuses it.
    """
    like = getattr(options, "like", None)
    if like is None:
        return of()
    base = settings_of_run(like, kind, of)
    print(f"samiam: as {like}: {base}", file=sys.stderr)
    return base


def over(base: Choice, given: Mapping[str, Any]) -> Choice:
    """Settings with what was given, which is not None, in place of theirs; of a frame that is `ALL` none is one."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if chosen.get("frame") == ALL:
        chosen["frame"] = None
    return replace(base, **chosen)


def settings_of_run(path: Path, kind: str, of: type[Choice]) -> Choice:
    """The settings that a result was made with.

    Args:
        path: its `provenance.json`, or the folder in which that is.
        kind: what its provenance calls the command that made it, as "segment".
        of: the class of that command's settings.

    Raises:
        InputError: if it cannot be read, is of another command, of a version that has other defaults, or of one that
            did not note its settings.
    """
    file = path / "provenance.json" if path.is_dir() else path
    try:
        noted: Any = parse_json(file.read_text(encoding="utf-8"))
        theirs, version, found = noted.get("kind", "segment"), noted["samiam"], noted.get("settings")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); give the provenance.json of a result.") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        raise InputError(f"{file}: is no provenance.json of samiam; give that of a result.") from None
    if theirs != kind:
        raise InputError(f"{file}: is of samiam {theirs}; give that of an image by samiam {kind}.")
    if version != version_of("samiam"):
        raise InputError(
            f"{file}: is of samiam {version}, and this is {version_of('samiam')}, whose defaults may be others; "
            "install that version, or give the options themselves."
        )
    if found is None:
        raise InputError(
            f"{file}: does not tell its settings; run samiam {kind} on that image again, or give the options."
        )
    return read_settings(of, f"{file}: settings", found)
