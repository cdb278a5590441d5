"""A folder of micrographs with a label image for each, in which every material has a number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from samiam.datasets.csv_rows import csv_rows
from samiam.datasets.image_folders import by_name, image_files
from samiam.datasets.label_pngs import read_numbers
from samiam.datasets.material_names import check_apart, tidy
from samiam.datasets.painted import scene_of
from samiam.errors import InputError, refuse
from samiam.formats import read_micrograph
from samiam.records import Scene

_IMAGES, _LABELS, _NAMES = "images", "labels", "materials.csv"
_OFTEN_IGNORED = (255, 65535)  # what PASCAL VOC and its kin give to pixels that do not count


@dataclass(frozen=True)
class LabelImage:
    """A micrograph and its label image.

    Attributes:
        name: of the scene.
        image: the micrograph.
        labels: the label image, a PNG.
        names: of the materials, by their numbers; those without one are called `label <number>`.
    """

    name: str
    image: Path
    labels: Path
    names: Mapping[int, str] = field(default_factory=dict)


def has_label_images(folder: Path) -> bool:
    """Whether a folder is laid out as `find_label_images` expects."""
    return (folder / _IMAGES).is_dir() and (folder / _LABELS).is_dir()


def find_label_images(folder: Path, faults: list[InputError] | None = None) -> list[LabelImage]:
    """Look for micrographs with label images; none is read.

    They are `images/<name>.<suffix>` and `labels/<name>.png`. A `materials.csv` beside these two folders may name the
    materials, a number and a name in each line.

    Args:
        folder: that holds both.
        faults: where images that have no label image, and label images that have no image, are noted; None to refuse
            them.

    Returns:
        One entry for each image, in the order of their names.

    Raises:
        InputError: if a folder is missing, an image has no label image or a label image no image, two images have one
            name, or the names cannot be used.
    """
    if not has_label_images(folder):
        raise InputError(f"{folder}: has no folders {_IMAGES} and {_LABELS}; give the folder that holds both.")
    images = by_name(image_files(folder / _IMAGES), folder / _IMAGES)
    labels = _label_files(folder / _LABELS)
    for name in sorted(images.keys() - labels.keys()):
        missing = folder / _LABELS / f"{name}.png"
        refuse(InputError(f"{images[name]}: no label image for it; {missing} is missing."), faults)
    for name in sorted(labels.keys() - images.keys()):
        refuse(InputError(f"{labels[name]}: a label image without an image in {folder / _IMAGES}; remove it."), faults)
    names = _names(folder / _NAMES)
    return [LabelImage(name, image, labels[name], names) for name, image in images.items() if name in labels]


def read_label_image(found: LabelImage) -> Scene:
    """Read a micrograph and its label image.

    The numbers become 1 … M in rising order, 0 stays what is not labelled. All labels weigh 10, grains are the
    connected regions of each label, and the scene is of class 2.

    Raises:
        InputError: if a file cannot be read, they differ in shape, nothing is labelled, or 255 or 65535 stands beside
            other numbers and has no name: elsewhere it is what is to be ignored.
    """
    micrograph = replace(read_micrograph(found.image), name=found.name)
    numbers = read_numbers(found.labels)
    if numbers.shape != micrograph.shape_hw:
        raise InputError(
            f"{found.labels}: {numbers.shape} pixels, but the image has {micrograph.shape_hw}; export both again."
        )
    used = np.unique(numbers[numbers > 0])
    if not used.size:
        raise InputError(f"{found.labels}: no number above 0, so nothing is labelled; label it, or remove both files.")
    _check_none_is_ignored(found, used.tolist())
    labels = np.where(numbers > 0, np.searchsorted(used, numbers) + 1, 0).astype(np.uint32)
    materials = [found.names.get(number, f"label {number}") for number in used.tolist()]
    return scene_of(micrograph, labels, materials, {"numbers": used.tolist()})


def _check_none_is_ignored(found: LabelImage, used: Sequence[int]) -> None:
    last = used[-1]
    if len(used) > 1 and last in _OFTEN_IGNORED and last not in found.names:
        raise InputError(
            f"{found.labels}: {last} beside other numbers is often what is to be ignored; make it 0 for that, or name "
            f"it in {_NAMES}."
        )


def _label_files(folder: Path) -> dict[str, Path]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    if others := [path for path in files if path.suffix.lower() != ".png"]:
        raise InputError(f"{others[0]}: no PNG; save the label image as <image>.png, or remove it.")
    return {path.stem: path for path in files}


def _names(path: Path) -> dict[int, str]:
    """The materials' names by number; nothing where there is no such file."""
    names: dict[int, str] = {}
    if not path.exists():
        return names
    for line, row in enumerate(csv_rows(path), start=1):
        if not any(cell.strip() for cell in row):
            continue
        first, name = row[0].strip(), tidy(row[1]) if len(row) > 1 else ""
        if not (re.fullmatch(r"[0-9]{1,5}", first) and name):
            if line > 1 or first[:1].isdecimal() or first[:1] in ("-", "+"):  # the first line may be a heading
                raise InputError(f"{path}: line {line} is not a number and a name, as 1,Ge.")
            continue
        if int(first) == 0:
            raise InputError(f"{path}: line {line} names 0, which is what is not labelled; leave it out.")
        if names.setdefault(int(first), name) != name:
            raise InputError(f"{path}: {int(first)} is both {names[int(first)]} and {name}; keep one of the lines.")
    if twice := [name for name, count in Counter(names.values()).items() if count > 1]:
        raise InputError(f"{path}: two numbers are called {twice[0]}; give each material one number.")
    check_apart(names.values(), path)
    return names
