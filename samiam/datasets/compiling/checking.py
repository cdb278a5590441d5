"""What may be wrong with labelled micrographs, whatever their layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage

from samiam.datasets.compiling.card import changed_files
from samiam.datasets.compiling.named_labels import digest_of_labels
from samiam.datasets.compiling.splits import Place, read_splits, specimens_in_several
from samiam.datasets.layouts import Labelled, find_labelled
from samiam.datasets.material_names import tidy
from samiam.errors import InputError
from samiam.records import Scene
from samiam.records.showing import counted

COLUMNS = ("problem", "where", "what")
"""Columns of `check_dataset`."""
LEAST_SHARE = 0.0005
"""Connected parts of a label that are a smaller share of the image are tiny: specks left over, mostly."""
_NUMBERED = re.compile(r"(material|label) \d+")  # what materials are called that nobody has named


class Fault(NamedTuple):
    """Something that may be wrong.

    Attributes:
        problem: of which kind it is, in a word.
        where: in which image, specimen or data set.
        what: it is, in words.
    """

    problem: str
    where: str
    what: str


class _Seen(NamedTuple):
    """What is kept of a scene once its pixels are gone."""

    name: str
    image: str
    annotator: str
    sha256: str
    digest: str
    materials: tuple[str, ...]


def check_dataset(folder: str | Path) -> pd.DataFrame:
    """Look for what may be wrong in a data set.

    Args:
        folder: of any layout that `find_labelled` knows.

    Returns:
        A row for each fault, none where nothing is wrong. The problems are

        - "unlabelled": an image without labels, or labels without an image
        - "unreadable": refused by the loader, or changed since its manifest was written
        - "changed": a file is not as the card says
        - "overlapping": pixels with several labels
        - "tiny": connected parts below 0.05 % of the image
        - "unnamed": materials with a number for a name
        - "contradictory": one annotator labelled the same image twice, differently
        - "repeated": the same image twice, labelled in the same way or under two names
        - "spelling": names that differ in nothing but case and spaces
        - "splits": images of one specimen in two, or an image without a place where others have one

    Raises:
        InputError: if there is no such folder, no layout fits, or splits or card are damaged.
    """
    folder, unlabelled = Path(folder), list[InputError]()
    labelled = find_labelled(folder, faults=unlabelled)
    faults = [Fault("unlabelled", str(folder), str(error)) for error in unlabelled]
    faults += [Fault("changed", str(folder), words) for words in changed_files(folder)]
    seen: list[_Seen] = []
    for found in labelled:
        try:
            scene = found.read()
        except InputError as error:
            faults.append(Fault("unreadable", found.name, str(error)))
            continue
        faults += [*_overlapping(scene), *_tiny(scene), *_unnamed(scene)]
        seen.append(_summary(found, scene))
    faults += [*_twice(seen), *_spelling(seen), *_splits(read_splits(folder), labelled)]
    return pd.DataFrame(faults, columns=list(COLUMNS))


def _summary(found: Labelled, scene: Scene) -> _Seen:
    annotator, sha256 = str(scene.parameters.get("annotator", "")), str(scene.micrograph.metadata["sha256"])
    return _Seen(found.name, found.image, annotator, sha256, digest_of_labels(scene), tuple(scene.materials))


def _overlapping(scene: Scene) -> Iterator[Fault]:
    if n_px := scene.parameters.get("overlapping_px", 0):
        yield Fault("overlapping", scene.micrograph.name, f"{n_px} px have several labels; the smaller one counts.")


def _tiny(scene: Scene) -> Iterator[Fault]:
    least_px = LEAST_SHARE * scene.labels.size
    for label, material in enumerate(scene.materials, start=1):
        parts, _ = ndimage.label(scene.labels == label, structure=np.ones((3, 3)))
        areas = np.bincount(parts.ravel())[1:]
        if n_tiny := int((areas < least_px).sum()):
            words = f"{material}: {counted(n_tiny, 'part')} below {least_px:.4g} px, the smallest of {areas.min()} px."
            yield Fault("tiny", scene.micrograph.name, words)


def _unnamed(scene: Scene) -> Iterator[Fault]:
    if numbered := [material for material in scene.materials if _NUMBERED.fullmatch(material)]:
        yield Fault("unnamed", scene.micrograph.name, f"{', '.join(numbered)}: may be anything in another image.")


def _twice(seen: Iterable[_Seen]) -> Iterator[Fault]:
    by_image: dict[str, list[_Seen]] = {}
    for one in seen:
        by_image.setdefault(one.sha256, []).append(one)
    for same in by_image.values():
        for first, second in combinations(same, 2):
            if first.annotator == second.annotator:
                is_alike = first.digest == second.digest
                problem, how = ("repeated", "in the same way") if is_alike else ("contradictory", "differently")
                yield Fault(problem, second.name, f"shows the same image as {first.name}, labelled {how}.")
            elif first.image != second.image:
                yield Fault("repeated", second.name, f"shows the same image as {first.name}, under another name.")


def _spelling(seen: Iterable[_Seen]) -> Iterator[Fault]:
    spellings: dict[str, Counter[str]] = {}
    for one in seen:
        for material in one.materials:
            spellings.setdefault("".join(tidy(material).casefold().split()), Counter())[material] += 1
    for counts in spellings.values():
        if len(counts) > 1:
            each = ", ".join(f"{name!r} in {counted(n, 'image')}" for name, n in counts.most_common())
            yield Fault("spelling", counts.most_common(1)[0][0], f"one name or several? {each}.")


def _splits(places: dict[str, Place], labelled: Iterable[Labelled]) -> Iterator[Fault]:
    for specimen, splits in specimens_in_several(places.values()).items():
        yield Fault("splits", specimen, f"has images in {' and '.join(splits)}.")
    if places:
        for image in sorted({found.image for found in labelled} - places.keys()):
            yield Fault("splits", image, "is in no split, though others are.")
