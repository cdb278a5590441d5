"""Which specimen an image is of, and which split a specimen belongs to: never two, or a test would know its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from samiam.errors import InputError
from samiam.storage.strict_json import parse_json

SPLITS_FILE = "splits.json"
"""In a data set, gives each image by its name the specimen and the split."""
SPLITS = ("train", "val", "test")
"""What images are for; those of specimens of which nothing is said are to learn from."""
_NUMBERED = re.compile(r"(?P<specimen>.*?)[\W_]*\d+\D*")


class Place(NamedTuple):
    """Where an image belongs.

    Attributes:
        specimen: that it shows.
        split: one of `SPLITS`.
    """

    specimen: str
    split: str


def specimen_of(name: str, folder: str, pattern: re.Pattern[str] | None = None) -> str:
    """The specimen that an image shows, as its name says.

    Args:
        name: of the image, without suffix.
        folder: the name of the folder that it lies in.
        pattern: is looked for in the name, and its first group, or all of it where it has none, is the specimen; None
            for what stands before the last number, for the folder where nothing does, and for the whole name where
            there is no number.

    Raises:
        InputError: if the pattern is not in the name.

    Example:
        >>> specimen_of("STO_Ge-2_017", "day 1"), specimen_of("17", "day 1"), specimen_of("gold", "day 1")
        ('STO_Ge-2', 'day 1', 'gold')
        >>> specimen_of("run3-STO-b", "day 1", re.compile("-([A-Z]+)-"))
        'STO'
    """
    if pattern is None:
        found = _NUMBERED.fullmatch(name)
        return name if found is None else found["specimen"] or folder
    found = pattern.search(name)
    specimen = None if found is None else found[1 if pattern.groups else 0]
    if not specimen:
        raise InputError(f"{name}: has no specimen in its name as {pattern.pattern!r} looks for it; give another one.")
    return specimen


def split_of(specimens: Iterable[str], given: Mapping[str, str], earlier: Iterable[Place]) -> dict[str, str]:
    """The split of each specimen.

    Args:
        specimens: all that there are.
        given: splits that somebody chose, by specimen; they count.
        earlier: what the data sets said that images are taken from.

    Raises:
        InputError: if a split is chosen for a specimen that is not there, or earlier ones are not the same.
    """
    names = sorted(set(specimens))
    if unknown := [specimen for specimen in given if specimen not in names]:
        raise InputError(f"--split {unknown[0]}: no such specimen; there are {', '.join(names)}.")
    if contradicting := [name for name in specimens_in_several(earlier) if name not in given]:
        raise InputError(f"specimen {contradicting[0]} is in two splits already; say by --split which it is to be in.")
    return dict.fromkeys(names, SPLITS[0]) | dict(earlier) | dict(given)


def specimens_in_several(places: Iterable[Place]) -> dict[str, list[str]]:
    """The specimens of which images are in several splits, with these."""
    splits: dict[str, set[str]] = {}
    for place in places:
        splits.setdefault(place.specimen, set()).add(place.split)
    return {specimen: sorted(found) for specimen, found in sorted(splits.items()) if len(found) > 1}


def read_splits(folder: Path) -> dict[str, Place]:
    """The place of each image of a data set by its name, nothing where nothing is said of it.

    Raises:
        InputError: if the file is damaged, or has a split that is none.
    """
    path = folder / SPLITS_FILE
    if not path.exists():
        return {}
    try:
        images: dict[str, dict[str, str]] = parse_json(path.read_text(encoding="utf-8"))["images"]
        places = {name: Place(str(entry["specimen"]), entry["split"]) for name, entry in images.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{path}: damaged or of another kind; build the data set again, or remove it.") from None
    for name, place in places.items():
        if place.split not in SPLITS:
            raise InputError(f"{path}: {name} is in split {place.split!r}; choose {', '.join(SPLITS)}.")
    return places
