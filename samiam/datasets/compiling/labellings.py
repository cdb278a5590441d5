"""What a data set is compiled of: results of `samiam segment`, and labelled micrographs of any layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray

from samiam.datasets.compiling.named_labels import united
from samiam.datasets.compiling.splits import Place, read_splits
from samiam.datasets.layouts import find_labelled
from samiam.datasets.material_names import check_apart, tidy
from samiam.datasets.painted import scene_of
from samiam.errors import InputError
from samiam.formats.readers.results_folder import about_image, image_of_result
from samiam.formats.writers.earlier import PROVENANCE, Verdict, kind_of, verdict_in
from samiam.records import Scene
from samiam.storage.csv_cells import read_back

_LABELS, _GRAINS, _TABLE = "labels.tif", "grains.tif", "materials.csv"
RESULT = "samiam segment"
"""The source of a labelling that is a result of this program."""
_THE_PROGRAM = "samiam"  # the annotator of results that nobody answers for


class Labelling(NamedTuple):
    """A micrograph as one annotator labelled it.

    Attributes:
        scene: read from files, so that its metadata have `path` and `sha256`.
        annotator: who.
        source: what it was read from, for the card.
        place: the specimen and split that an earlier data set gave it, None where none did.
        confidences: of the materials of a result, 0 to 1, by their names; those that nothing predicts are missing.
        stands_for: where the micrograph would lie, where the file read is only a picture of it, or there only for a
            while; None where it is the micrograph.
    """

    scene: Scene
    annotator: str
    source: str
    place: Place | None = None
    confidences: Mapping[str, float] = MappingProxyType({})
    stands_for: Path | None = None

    @property
    def path(self) -> Path:
        """Of the micrograph: that of its file, or where this would be."""
        return self.stands_for or Path(self.scene.micrograph.metadata["path"])


@dataclass
class Verdicts:
    """Which results are taken, by what somebody thought of them in the viewer; a rejected one never is.

    Attributes:
        only_accepted: whether those are left out about which nobody said anything.
        left_out: how many have been.
    """

    only_accepted: bool = False
    left_out: int = 0

    def takes(self, verdict: Verdict | None) -> bool:
        """Whether a result is taken, of which nobody said anything where None; counts those that are not."""
        taken = not self.only_accepted if verdict is None else verdict.accepted
        self.left_out += not taken
        return taken


def labellings_of(path: Path, annotator: str | None, verdicts: Verdicts | None = None) -> Iterator[Labelling]:
    """What a folder holds, read one after the other.

    Args:
        path: a folder of one result, one with a folder for each of several, or labelled micrographs of any layout that
            `find_labelled` knows.
        annotator: who answers for results, and for labels that do not say whose they are; None for who accepted or
            rejected a result, the program where nobody did, and nobody.
        verdicts: which results are taken; all where None.

    Raises:
        InputError: if it is none of these, or something in it cannot be used.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; give results of samiam segment, or labelled micrographs.")
    results = _results_in(path)
    if results:
        for folder in results:
            verdict = verdict_in(folder)
            if verdicts is None or verdicts.takes(verdict):
                scene, confidences = _scene_of_result(folder), _confidences(folder / _TABLE)
                answers = _THE_PROGRAM if verdict is None else verdict.who
                yield Labelling(scene, annotator or answers, RESULT, confidences=confidences)
        return
    places = read_splits(path)
    for found in find_labelled(path):
        scene = found.read()
        who = scene.parameters.get("annotator") or annotator
        if who is None:
            raise InputError(f"{path}: its labels do not say whose they are; give --annotator NAME.")
        yield Labelling(scene, str(who), "labels", places.get(found.image))


def _results_in(path: Path) -> list[Path]:
    """The folders of results: this one or those in it, none where it holds no results."""
    folders = [path, *sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith("."))]
    results = [folder for folder in folders if (folder / PROVENANCE).is_file()]
    for folder in results:
        if (kind := kind_of(folder)) != "segment":
            raise InputError(f"{folder}: holds results of samiam {kind}, which have no materials; leave it out.")
    cut_short = [folder for folder in folders if (folder / _LABELS).is_file() and folder not in results]
    if cut_short:
        raise InputError(f"{cut_short[0]}: has no {PROVENANCE}, so it was interrupted; segment the image again.")
    return results


def _scene_of_result(folder: Path) -> Scene:
    """The micrograph of a result with its materials; grains are those that were found."""
    try:
        micrograph = image_of_result(about_image(folder))
    except InputError as error:
        raise InputError(f"{folder}: {error}") from None
    numbers, names = _array(folder / _LABELS), _names(folder / _TABLE)
    if numbers.shape != micrograph.shape_hw:
        raise InputError(f"{folder / _LABELS}: {numbers.shape} pixels, the image {micrograph.shape_hw}; segment again.")
    used = np.unique(numbers[numbers > 0]).tolist()
    if unnamed := set(used) - names.keys():
        raise InputError(f"{folder / _TABLE}: has no line for label {min(unnamed)}; segment the image again.")
    labels, materials = united(numbers, names)
    check_apart(materials, folder / _TABLE)
    scene = scene_of(micrograph, labels, materials, {})
    return replace(scene, grains=_array(folder / _GRAINS))


def _array(path: Path) -> NDArray[np.uint32]:
    try:
        return np.asarray(tifffile.imread(path)).astype(np.uint32)
    except (OSError, ValueError) as error:  # of which what tifffile raises is one
        raise InputError(f"{path}: cannot be read ({error}); segment the image again.") from None


def _names(path: Path) -> dict[int, str]:
    """What the material of each label is called; parts and grains of one material have one name."""
    with _as_a_table(path):
        table: Any = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows = zip(table["label"].astype(int), table["name"], table["material"], strict=True)
        return {label: tidy(read_back(name)) or f"material {number}" for label, name, number in rows}


def _confidences(path: Path) -> dict[str, float]:
    """How sure each material is: as its least sure part."""
    names = _names(path)
    with _as_a_table(path):
        table = pd.read_csv(path)
        if "confidence" not in table:
            return {}
        of = table["label"].astype(int).map(names)
        return {str(name): float(least) for name, least in table.groupby(of)["confidence"].min().dropna().items()}


@contextmanager
def _as_a_table(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: is no table of materials ({error}); segment the image again.") from None
