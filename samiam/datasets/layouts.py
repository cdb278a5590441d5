"""Labelled micrographs of any layout, as what networks learn from and benchmarks take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from samiam.datasets.annotator_folders import annotator_folders, find_annotator_images, read_annotator_image
from samiam.datasets.label_images import find_label_images, has_label_images, read_label_image
from samiam.datasets.label_studio.exports import (
    find_label_studio_images,
    has_label_studio,
    read_label_studio_image,
)
from samiam.datasets.layout_names import Layout, Pixels
from samiam.errors import InputError
from samiam.records import Scene


@dataclass(frozen=True)
class Labelled:
    """A labelled micrograph that is read when it is called for.

    Attributes:
        name: of the scene; no two of one folder have one name.
        image: of the micrograph; several annotators of one micrograph give several of one image.
        read: gives the scene; it can be sent to another process.
    """

    name: str
    image: str
    read: Callable[[], Scene]


def find_labelled(
    folder: str | Path,
    layout: Layout | Literal["auto"] = "auto",
    pixels: Pixels = "stretched",
    *,
    faults: list[InputError] | None = None,
) -> list[Labelled]:
    """The labelled micrographs in a folder; none is read yet.

    Args:
        folder: that holds them.
        layout: how it is laid out: "zenodo" as the paper's data set (`find_annotator_images`), "label_images" with a
            label image beside each micrograph (`find_label_images`), "label_studio" as an export of Label Studio
            (`find_label_studio_images`), or "auto" for the first of these that fits.
        pixels: "stored" as the released code has them, of the paper's layout alone.
        faults: where images without labels, and labels without an image, are noted; None to refuse them.

    Raises:
        InputError: if there is no such folder or layout, no layout fits, the contents cannot be used, or pixels are not
            to be had so.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the labelled micrographs.")
    known = get_args(Layout)
    if layout not in ("auto", *known):
        raise InputError(f"layout {layout!r} is unknown; choose auto, {', '.join(known)}.")
    found = _found(folder, _layout_of(folder) if layout == "auto" else layout, pixels, faults)
    if twice := [name for name, count in Counter(one.name for one in found).items() if count > 1]:
        raise InputError(f"{folder}: two labelled micrographs would be called {twice[0]}; rename a folder or an image.")
    return found


def _layout_of(folder: Path) -> Layout:
    if annotator_folders(folder):
        return "zenodo"
    if has_label_images(folder):
        return "label_images"
    if has_label_studio(folder):
        return "label_studio"
    raise InputError(
        f"{folder}: no layout of labelled micrographs fits; looked for folders dataset and labels_merged at any depth, "
        "images and labels in it, and Label Studio's *.json or task-*-annotation-*.png in it; see docs/data.md."
    )


def _found(folder: Path, layout: Layout, pixels: Pixels, faults: list[InputError] | None) -> list[Labelled]:
    if layout == "zenodo":
        return [
            Labelled(one.name, one.image.stem, partial(read_annotator_image, one, pixels=pixels))
            for one in find_annotator_images(folder, faults)
        ]
    if pixels == "stored":
        raise InputError(
            f"{folder}: pixels as stored are of the layout zenodo, this is {layout}; set pixels=stretched."
        )
    if layout == "label_images":
        return [
            Labelled(one.name, one.name, partial(read_label_image, one)) for one in find_label_images(folder, faults)
        ]
    return [
        Labelled(one.name, one.image.stem, partial(read_label_studio_image, one))
        for one in find_label_studio_images(folder, faults)
    ]
