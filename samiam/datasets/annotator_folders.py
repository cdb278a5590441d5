"""Labelled micrographs from a folder: the paper's data set, and benchmarks that `simulate` wrote."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from samiam.datasets.annotator_notes import Note, read_notes
from samiam.datasets.image_folders import by_name, image_files
from samiam.datasets.label_pngs import read_numbers
from samiam.datasets.layout_names import Pixels
from samiam.datasets.painted import Painted, PngRegion, paint, scene_of
from samiam.datasets.stored import as_stored
from samiam.errors import InputError, refuse
from samiam.formats import read_micrograph
from samiam.records import Micrograph, Scene
from samiam.storage.files import sha256_of

IMAGES, LABELS, GRAINS, MANIFEST = "dataset", "labels_merged", "grains", "manifest.json"
"""What the folders and the file of an annotator are called."""
_LABEL_FILE = re.compile(r"(?:.*-tag-(?P<tag>.+)|(?P<merged>.+)-merged)-(?P<number>\d+)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class AnnotatorImage:
    """Where an image and its labels are, and what is known of them beside.

    Attributes:
        name: of the scene; with several annotators the annotator's folder stands before it, or the whole way there
            where two folders have one name.
        root: the annotator's folder, which has `dataset` and `labels_merged`.
        image: the micrograph.
        label_folder: where its labels are, one or more PNGs each.
        note: what the annotator noted, None where there are no notes.
        record: what the manifest says of it, None where there is no manifest.
    """

    name: str
    root: Path
    image: Path
    label_folder: Path
    note: Note | None = None
    record: Mapping[str, Any] | None = None


def annotated_scenes(folder: str | Path) -> Iterator[Scene]:
    """The labelled micrographs of all annotators in a folder, read one after the other."""
    return (read_annotator_image(found) for found in find_annotator_images(folder))


def find_annotator_images(folder: str | Path, faults: list[InputError] | None = None) -> list[AnnotatorImage]:
    """Look for labelled micrographs; no image is read.

    Every folder with both `dataset` and `labels_merged` in it, at any depth, is one annotator's. There are images
    `dataset/<image>.<suffix>` and labels `labels_merged/<image>/…-tag-<label>-<n>.png` or `<label>-merged-<n>.png`.
    A CSV beside `dataset`, or in the next folder above that has one, gives for the file in its second column the
    difficulty (1 to 5) in its third, and in its fourth, if there is one, how long labelling took in s. A
    `manifest.json` beside `dataset` takes the place of the notes.

    Args:
        folder: the data set, unpacked.
        faults: where images that have no labels, and labels that have no image, are noted; None to refuse them.

    Returns:
        One entry for each image and annotator, in the order of their names.

    Raises:
        InputError: if there is no such folder; or an image has no labels, labels have no image, two images have one
            name, notes or manifest cannot be used or leave an image out.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the labelled micrographs.")
    roots = annotator_folders(folder)
    if not roots:
        raise InputError(
            f"{folder}: no folder in it has both {IMAGES} and {LABELS}; give the unpacked data set, or write one "
            "with `python -m simulate benchmark`."
        )
    prefixes = _prefixes(folder, roots)
    return [found for root in roots for found in _of_annotator(folder, root, prefixes[root], faults)]


def annotator_folders(folder: Path) -> list[Path]:
    """The folders with both `dataset` and `labels_merged` in them, at any depth, in order."""
    above = (path.parent for path in folder.rglob(IMAGES) if path.is_dir())
    return sorted(root for root in above if (root / LABELS).is_dir() and root.name != "__MACOSX")


def read_annotator_image(found: AnnotatorImage, *, pixels: Pixels = "stretched") -> Scene:
    """Read a labelled micrograph.

    Several PNGs of one label are united. A pixel in several labels goes to the one with the fewest pixels, which was
    painted over the others; `parameters["overlapping_px"]` counts them. Labels come in the order of the numbers in
    their files' names. With a manifest every file's SHA-256 is compared, and weights, pixel size, difficulty and
    grains are the manifest's; without, all labels weigh 10, grains are the connected regions of each label, and an
    image without notes is of class 2.

    Args:
        found: as `find_annotator_images` gives it.
        pixels: whether the contrast is stretched, as `read_micrograph` does, or pixels stay as they are stored.

    Raises:
        InputError: if a file is missing, unexpected, changed or damaged, or a label is empty or of another shape than
            the image.
    """
    record = found.record
    if record is not None:
        _verify(found, record["files"])
    size_nm = None if record is None else record["pixel_size_nm"]
    if pixels == "stored":
        micrograph = as_stored(read_micrograph(found.image, pixel_size_nm=size_nm, clip_percentiles=(0, 100)))
    else:
        micrograph = read_micrograph(found.image, pixel_size_nm=size_nm)
    micrograph = replace(micrograph, name=found.name)
    labels, materials, overlapping_px = _read_labels(found, micrograph)
    beside = {"overlapping_px": overlapping_px} if overlapping_px else {}
    if record is None:
        level, labelling_s = found.note or (None, None)
        made = {"annotator": found.root.name, "level": level, "labelling_s": labelling_s}
        return scene_of(micrograph, labels, materials, made | beside, level)
    if materials != record["materials"]:
        raise InputError(f"{found.label_folder}: labels {materials}, but the manifest has {record['materials']}.")
    grains = read_numbers(found.root / GRAINS / f"{found.image.stem}.png").astype(np.uint32)
    parameters = {**record["parameters"], **beside}
    return Scene(micrograph, labels, materials, record["difficulty"], record["weights"], grains, parameters)


def _prefixes(folder: Path, roots: Sequence[Path]) -> dict[Path, str]:
    """What stands before the names of each annotator's scenes."""
    if len(roots) == 1:
        return {roots[0]: ""}
    often = Counter(root.name for root in roots)
    return {
        root: f"{root.name if often[root.name] == 1 else '-'.join(root.relative_to(folder).parts)}-" for root in roots
    }


def _of_annotator(folder: Path, root: Path, prefix: str, faults: list[InputError] | None) -> list[AnnotatorImage]:
    images = by_name(image_files(root / IMAGES), root / IMAGES)
    label_folders = {path.name: path for path in sorted((root / LABELS).iterdir()) if path.is_dir()}
    records = _manifest(root)
    notes = {} if records else _notes(folder, root)
    result = []
    for stem, image in images.items():
        labels = label_folders.pop(stem, None) or label_folders.pop(image.name, None)
        if labels is None:
            refuse(InputError(f"{image}: no labels for it; {root / LABELS / stem} is missing."), faults)
            continue
        if records and stem not in records:
            raise InputError(f"{image}: not in {root / MANIFEST}; remove it, or write the data set again.")
        if notes and stem not in notes:
            raise InputError(f"{image}: the notes in CSV have no difficulty for it; add a line, or remove the notes.")
        result.append(AnnotatorImage(prefix + stem, root, image, labels, notes.get(stem), records.get(stem)))
    for left in label_folders.values():
        refuse(InputError(f"{left}: labels without an image in {root / IMAGES}."), faults)
    for missing in sorted(records.keys() - images.keys()):
        refuse(InputError(f"{root / IMAGES}: {missing}, which the manifest lists, is missing."), faults)
    return result


def _manifest(root: Path) -> dict[str, dict[str, Any]]:
    """The manifest's records by name, none where there is no manifest."""
    path = root / MANIFEST
    if not path.exists():
        return {}
    needed = {"name", "difficulty", "materials", "weights", "pixel_size_nm", "parameters", "files"}
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["scenes"]
        if all(needed <= record.keys() for record in records):
            return {record["name"]: record for record in records}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path}: damaged or of another kind; write the data set again, or remove the manifest.")


def _notes(folder: Path, root: Path) -> dict[str, Note]:
    """The nearest notes by the image's name; nothing where there are none."""
    place = root
    while not (files := sorted(place.glob("*.csv"))) and place != folder:
        place = place.parent
    notes: dict[str, Note] = {}
    for path in files:
        for stem, note in read_notes(path):
            if notes.setdefault(stem, note) != note:
                raise InputError(f"{path}: {stem} is noted twice, differently; keep one of the lines.")
    return notes


def _verify(found: AnnotatorImage, files: Mapping[str, str]) -> None:
    """Every file that the manifest lists is there unchanged, and no label that it does not list."""
    listed = {found.root / PurePosixPath(path): sha256 for path, sha256 in files.items()}
    for path, sha256 in listed.items():
        if not path.is_file():
            raise InputError(f"{path}: missing, but the manifest lists it; write the data set again.")
        if sha256_of(path) != sha256:
            raise InputError(f"{path}: changed since it was written (its SHA-256 is not the manifest's).")
    for path in _label_files(found.label_folder):
        if path not in listed:
            raise InputError(f"{path}: the manifest does not list it; remove it.")


def _label_files(label_folder: Path) -> list[Path]:
    return sorted(path for path in label_folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _read_labels(found: AnnotatorImage, micrograph: Micrograph) -> Painted:
    files = sorted(_label_files(found.label_folder), key=lambda path: (int(_parsed(path)["number"]), path.name))
    if not files:
        raise InputError(f"{found.label_folder}: no labels in it; there should be one PNG for each.")
    regions = (PngRegion(label_name(path), path) for path in files)
    return paint(regions, micrograph.shape_hw, found.label_folder)


def label_name(path: Path) -> str:
    """The material of which a PNG is a mask, as its name says.

    Raises:
        InputError: if the name is none of a label.
    """
    match = _parsed(path)
    return str(match["tag"] or match["merged"])


def _parsed(path: Path) -> re.Match[str]:
    match = _LABEL_FILE.fullmatch(path.stem)
    if match is None or path.suffix.lower() != ".png":
        raise InputError(f"{path}: not named as a label, <label>-merged-<n>.png or …-tag-<label>-<n>.png.")
    return match
