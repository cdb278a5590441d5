"""Where the scenes of a run come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from samiam.benchmark.settings import Layout
from samiam.datasets.annotator_folders import annotator_folders, find_labelled, read_labelled
from samiam.datasets.label_images import find_label_images, has_label_images, read_label_image
from samiam.datasets.label_studio.exports import find_label_studio, has_label_studio, read_annotated
from samiam.errors import InputError
from samiam.records import Scene


@dataclass(frozen=True)
class Source:
    """A scene that is made or read when it is called for.

    Attributes:
        name: of the scene; no two sources under one condition have one name.
        image: of the micrograph that it shows; several annotators of one micrograph give several sources of one image.
        make: gives the scene; it can be sent to another process.
        condition: how the micrograph is taken, for example "half dose"; "" where a run has no conditions.
    """

    name: str
    image: str
    make: Callable[[], Scene]
    condition: str = ""


def labelled_sources(folder: str | Path, layout: Layout | Literal["auto"] = "auto") -> list[Source]:
    """The labelled micrographs in a folder, as sources; none is read yet.

    Args:
        folder: that holds them.
        layout: how it is laid out: "zenodo" as the paper's data set (see `find_labelled`), "label_images" with a label
            image beside each micrograph (see `find_label_images`), "label_studio" as an export of Label Studio (see
            `find_label_studio`), or "auto" for the first of these that fits.

    Raises:
        InputError: if there is no such folder or layout, no layout fits, or the contents cannot be used.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the labelled micrographs.")
    known = get_args(Layout)
    if layout not in ("auto", *known):
        raise InputError(f"layout {layout!r} is unknown; choose auto, {', '.join(known)}.")
    sources = _sources(folder, _layout_of(folder) if layout == "auto" else layout)
    if twice := [name for name, count in Counter(source.name for source in sources).items() if count > 1]:
        raise InputError(f"{folder}: two labelled micrographs would be called {twice[0]}; rename a folder or an image.")
    return sources


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


def _sources(folder: Path, layout: Layout) -> list[Source]:
    if layout == "zenodo":
        return [Source(found.name, found.image.stem, partial(read_labelled, found)) for found in find_labelled(folder)]
    if layout == "label_images":
        return [Source(found.name, found.name, partial(read_label_image, found)) for found in find_label_images(folder)]
    return [Source(found.name, found.image.stem, partial(read_annotated, found)) for found in find_label_studio(folder)]
