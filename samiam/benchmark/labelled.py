"""Labelled micrographs from a folder: the paper's data set, and benchmarks that `simulate` wrote."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from samiam.errors import InputError
from samiam.files import sha256_of
from samiam.formats import READABLE_SUFFIXES, read_micrograph
from samiam.records import Micrograph, Scene
from samiam.records.scene import CLASS_OF_LEVEL, EASY_WEIGHT

_IMAGES, _LABELS, _GRAINS, _MANIFEST = "dataset", "labels_merged", "grains", "manifest.json"
_UNKNOWN_CLASS = 2
_LABEL_FILE = re.compile(r"(?:.*-tag-(?P<tag>.+)|(?P<merged>.+)-merged)-(?P<number>\d+)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """Where an image and its labels are, and what is known of them beside.

    Attributes:
        name: of the scene; with several annotators the annotator's folder stands before it.
        root: the annotator's folder, which has `dataset` and `labels_merged`.
        image: the micrograph.
        label_folder: where its labels are, one or more PNGs each.
        level: difficulty from 1 to 5 that the notes give, None where there are no notes.
        record: what the manifest says of it, None where there is no manifest.
    """

    name: str
    root: Path
    image: Path
    label_folder: Path
    level: int | None
    record: Mapping[str, Any] | None = None


def labelled_scenes(folder: str | Path) -> Iterator[Scene]:
    """The labelled micrographs in a folder, read one after the other; see `find_labelled` and `read_labelled`."""
    return (read_labelled(found) for found in find_labelled(folder))


def find_labelled(folder: str | Path) -> list[LabelledImage]:
    """Look for labelled micrographs; no image is read.

    Every folder with both `dataset` and `labels_merged` in it, at any depth, is one annotator's. There are images
    `dataset/<image>.<suffix>` and labels `labels_merged/<image>/…-tag-<label>-<n>.png` or `<label>-merged-<n>.png`.
    A CSV beside `dataset`, or in the next folder above that has one, gives for the file in its second column the
    difficulty (1 to 5) in its third. A `manifest.json` beside `dataset` takes the place of the notes.

    Args:
        folder: the data set, unpacked.

    Returns:
        One entry for each image and annotator, in the order of their names.

    Raises:
        InputError: if there is no such folder; or an image has no labels, labels have no image, two images have one
            name, notes or manifest cannot be used or leave an image out.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the labelled micrographs.")
    roots = sorted(path.parent for path in folder.rglob(_IMAGES) if path.is_dir() and _is_root(path.parent))
    if not roots:
        raise InputError(
            f"{folder}: no folder in it has both {_IMAGES} and {_LABELS}; give the unpacked data set, or write one "
            "with `python -m simulate benchmark`."
        )
    return [found for root in roots for found in _of_annotator(folder, root, prefix=len(roots) > 1)]


def read_labelled(found: LabelledImage) -> Scene:
    """Read a labelled micrograph.

    Several PNGs of one label are united. A pixel in several labels goes to the one with the fewest pixels, which was
    painted over the others; `parameters["overlapping_px"]` counts them. Labels come in the order of the numbers in
    their files' names. With a manifest every file's SHA-256 is compared, and weights, pixel size, difficulty and
    grains are the manifest's; without, all labels weigh 10, grains are the connected regions of each label, and an
    image without notes is of class 2.

    Args:
        found: as `find_labelled` gives it.

    Raises:
        InputError: if a file is missing, unexpected, changed or damaged, or a label is empty or of another shape than
            the image.
    """
    record = found.record
    if record is not None:
        _verify(found, record["files"])
    micrograph = read_micrograph(found.image, pixel_size_nm=None if record is None else record["pixel_size_nm"])
    micrograph = replace(micrograph, name=found.name)
    labels, materials, overlapping_px = _read_labels(found, micrograph)
    if record is None:
        grains = _regions(labels, len(materials))
        difficulty = _UNKNOWN_CLASS if found.level is None else CLASS_OF_LEVEL[found.level]
        weights: Sequence[float] = [EASY_WEIGHT] * len(materials)
        made = {"annotator": found.root.name, "level": found.level}
    else:
        grains = _read_png(found.root / _GRAINS / f"{found.image.stem}.png").astype(np.uint32)
        difficulty, weights, made = record["difficulty"], record["weights"], record["parameters"]
        if materials != record["materials"]:
            raise InputError(f"{found.label_folder}: labels {materials}, but the manifest has {record['materials']}.")
    parameters = {**made, "overlapping_px": overlapping_px} if overlapping_px else made
    return Scene(micrograph, labels, materials, difficulty, weights, grains, parameters)


def _is_root(folder: Path) -> bool:
    return (folder / _LABELS).is_dir() and folder.name != "__MACOSX"


def _of_annotator(folder: Path, root: Path, *, prefix: bool) -> list[LabelledImage]:
    images: dict[str, Path] = {}
    for path in sorted((root / _IMAGES).iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in READABLE_SUFFIXES:
            continue
        if path.stem in images:
            raise InputError(f"{path}: {images[path.stem].name} has the same name; keep one of them.")
        images[path.stem] = path
    if not images:
        raise InputError(f"{root / _IMAGES}: no image in it; known kinds are {', '.join(READABLE_SUFFIXES)}.")
    label_folders = {path.name: path for path in sorted((root / _LABELS).iterdir()) if path.is_dir()}
    records = _manifest(root)
    levels = {} if records else _notes(folder, root)
    result = []
    for stem, image in images.items():
        labels = label_folders.pop(stem, None) or label_folders.pop(image.name, None)
        if labels is None:
            raise InputError(f"{image}: no labels for it; {root / _LABELS / stem} is missing.")
        if records and stem not in records:
            raise InputError(f"{image}: not in {root / _MANIFEST}; remove it, or write the data set again.")
        if levels and stem not in levels:
            raise InputError(f"{image}: the notes in CSV have no difficulty for it; add a line, or remove the notes.")
        name = f"{root.name}-{stem}" if prefix else stem
        result.append(LabelledImage(name, root, image, labels, levels.get(stem), records.get(stem)))
    if label_folders:
        raise InputError(f"{next(iter(label_folders.values()))}: labels without an image in {root / _IMAGES}.")
    if missing := records.keys() - images.keys():
        raise InputError(f"{root / _IMAGES}: {min(missing)}, which the manifest lists, is missing.")
    return result


def _manifest(root: Path) -> dict[str, dict[str, Any]]:
    """The manifest's records by name, none where there is no manifest."""
    path = root / _MANIFEST
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


def _notes(folder: Path, root: Path) -> dict[str, int]:
    """Difficulty, 1 to 5, by the image's name; nothing where there are no notes."""
    place = root
    while not (files := sorted(place.glob("*.csv"))) and place != folder:
        place = place.parent
    return {stem: level for path in files for stem, level in _rows(path)}


def _rows(path: Path) -> Iterator[tuple[str, int]]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error}).") from error
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        level = row[2].strip() if len(row) > 2 else ""
        if re.fullmatch(r"[1-5](\.0*)?", level):
            yield Path(row[1].strip()).stem, int(level[0])
        elif number > 1:  # the first line may be a heading
            raise InputError(f"{path}: line {number} has no difficulty from 1 to 5 in its third column.")


def _verify(found: LabelledImage, files: Mapping[str, str]) -> None:
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


def _read_labels(found: LabelledImage, micrograph: Micrograph) -> tuple[NDArray[np.uint32], list[str], int]:
    """The label image, the labels' names and the number of pixels that had several."""
    masks: dict[str, NDArray[np.bool_]] = {}
    for path in sorted(_label_files(found.label_folder), key=_number):
        name = _label_name(path)
        mask = _read_png(path) > 0
        if mask.shape != micrograph.shape_hw:
            raise InputError(f"{path}: {mask.shape} pixels, but the image has {micrograph.shape_hw}.")
        masks[name] = masks[name] | mask if name in masks else mask
    if not masks:
        raise InputError(f"{found.label_folder}: no labels in it; there should be one PNG for each.")
    areas = {name: int(mask.sum()) for name, mask in masks.items()}
    if empty := [name for name, area in areas.items() if area == 0]:
        raise InputError(f"{found.label_folder}: label {empty[0]} is empty; remove its file.")
    labels = np.zeros(micrograph.shape_hw, np.uint32)
    materials = list(masks)
    for name in sorted(masks, key=lambda name: -areas[name]):
        labels[masks[name]] = materials.index(name) + 1
    if hidden := set(range(1, len(masks) + 1)) - set(np.unique(labels).tolist()):
        raise InputError(
            f"{found.label_folder}: label {materials[min(hidden) - 1]} lies wholly within others; remove or mend it."
        )
    return labels, materials, int((np.sum(list(masks.values()), axis=0) > 1).sum())


def _label_name(path: Path) -> str:
    match = _parsed(path)
    return str(match["tag"] or match["merged"])


def _number(path: Path) -> tuple[int, str]:
    return int(_parsed(path)["number"]), path.name


def _parsed(path: Path) -> re.Match[str]:
    match = _LABEL_FILE.fullmatch(path.stem)
    if match is None or path.suffix.lower() != ".png":
        raise InputError(f"{path}: not named as a label, <label>-merged-<n>.png or …-tag-<label>-<n>.png.")
    return match


def _read_png(path: Path) -> NDArray[Any]:
    """Values of a grey picture (H, W); of a coloured one the largest of its colours."""
    try:
        with Image.open(path) as picture:
            grey = picture.mode in ("1", "L", "I", "I;16", "F")
            array = np.asarray(picture if grey else picture.convert("RGB"))
    except FileNotFoundError:
        raise InputError(f"{path}: missing.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a readable PNG; it is damaged or cut short.") from error
    return array if array.ndim == 2 else array.max(axis=2)


def _regions(labels: NDArray[np.uint32], n_labels: int) -> NDArray[np.uint32]:
    """The connected regions of each label, numbered; corners connect."""
    regions, n = np.zeros(labels.shape, np.uint32), 0
    for label in range(1, n_labels + 1):
        numbered, found = ndimage.label(labels == label, structure=np.ones((3, 3)))
        regions[numbered > 0] = numbered[numbered > 0] + n
        n += found
    return regions
