"""Names of materials as people type them: one spelling for each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from samiam.errors import InputError


def tidy(name: str) -> str:
    """A name without the spaces that cannot be seen."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def check_apart(names: Iterable[str], source: str | Path) -> None:
    """Refuse tidy names that differ in nothing but case.

    Raises:
        InputError: if two do.
    """
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(name.casefold(), name)
        if other != name:
            raise InputError(f"{source}: {other!r} beside {name!r}; give one material one name.")
