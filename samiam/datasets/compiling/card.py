"""What is said of a data set: of what it was made and by what, how much there is, and whose it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from samiam.datasets.compiling.splits import SPLITS, Place
from samiam.errors import InputError
from samiam.formats.writers.provenance import about_software
from samiam.formats.writers.strict_json import write_json
from samiam.records import Scene
from samiam.records.showing import counted
from samiam.storage.files import sha256_of
from samiam.storage.strict_json import parse_json

CARD = "card.json"
"""The file that is written last."""
README = "README.md"


@dataclass
class Counts:
    """How much there is of what.

    Attributes:
        scenes: images with labels, one for each annotator of an image.
        images: how many are in each split.
        specimens: how many are in each split.
        annotators: how many images each labelled.
        materials: in how many scenes each is.
        pixels: how many are labelled as each material.
        difficulties: how many scenes are of each class.
        left_out: how many results are not in it, because somebody rejected them, or nobody accepted them.
        without_material: how many images are not in it because nothing is labelled in them.
    """

    scenes: int = 0
    images: Counter[str] = field(default_factory=Counter)
    specimens: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    materials: Counter[str] = field(default_factory=Counter)
    pixels: Counter[str] = field(default_factory=Counter)
    difficulties: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    without_material: int = 0

    def place(self, places: Iterable[Place]) -> None:
        """Count images, given where each belongs, and their specimens."""
        each = list(places)
        self.images += Counter(place.split for place in each)
        self.specimens += Counter(place.split for place in set(each))

    def add(self, annotator: str, scene: Scene) -> None:
        """Count an image that somebody labelled."""
        self.scenes += 1
        self.annotators[annotator] += 1
        self.difficulties[str(scene.difficulty)] += 1
        self.materials.update(scene.materials)
        areas = np.bincount(scene.labels.ravel())[1:].tolist()
        self.pixels.update(dict(zip(scene.materials, areas, strict=True)))

    def words(self) -> str:
        """How many micrographs of how many specimens, in which splits."""
        splits = ", ".join(
            f"{name} {self.images[name]} of {counted(self.specimens[name], 'specimen')}"
            for name in SPLITS
            if self.images[name]
        )
        images, who = counted(self.images.total(), "image"), counted(len(self.annotators), "annotator")
        left_out = f", {counted(self.left_out, 'result')} left out" if self.left_out else ""
        if self.without_material:
            left_out += f", {counted(self.without_material, 'image')} without a material left out"
        return f"{images} by {who}, {counted(len(self.materials), 'material')} ({splits}){left_out}"


def write_card(folder: Path, title: str, counts: Counts, origins: Mapping[str, Any], licence: str | None) -> Path:
    """Write `README.md`, and `card.json` with the hashes of all that the manifests do not list.

    Args:
        folder: in which all else is written already.
        title: of the data set.
        counts: how much there is.
        origins: for each image where it and its labels come from.
        licence: under which the data may be used, None where nobody said.

    Returns:
        The card.
    """
    (folder / README).write_text(_readme(title, counts, licence), encoding="utf-8")
    files = sorted(path for pattern in ("*", "*/*.json") for path in folder.glob(pattern) if path.is_file())
    content = {
        "format": "samiam labelled data set",
        "title": title,
        "licence": licence,
        **about_software(),
        "counts": vars(counts),
        "images": origins,
        "files": {path.relative_to(folder).as_posix(): sha256_of(path) for path in files},
    }
    return write_json(folder / CARD, content)


def changed_files(folder: Path) -> list[str]:
    """The files of a data set that are missing or not as its card says, with which it is; none where it has no card.

    Raises:
        InputError: if the card is damaged.
    """
    path = folder / CARD
    if not path.exists():
        return []
    try:
        listed: dict[str, str] = dict(parse_json(path.read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, LookupError, TypeError):
        raise InputError(f"{path}: damaged or of another kind; build the data set again, or remove it.") from None
    missing = [f"{folder / name}: missing, but the card lists it." for name in listed if not (folder / name).is_file()]
    return missing + [
        f"{folder / name}: changed since the card was written (its SHA-256 is another)."
        for name, sha256 in listed.items()
        if (folder / name).is_file() and sha256_of(folder / name) != sha256
    ]


def _readme(title: str, counts: Counts, licence: str | None) -> str:
    splits = [name for name in SPLITS if counts.images[name]]
    lines = [
        f"# {title}",
        "",
        f"{counted(counts.images.total(), 'micrograph')} of {counted(counts.specimens.total(), 'specimen')}, labelled.",
        "",
        f"Licence: {licence or 'none is given; ask before using the data.'}",
        "",
        "## What is in it",
        "",
        *(
            f"- split `{name}`: {counted(counts.images[name], 'image')} "
            f"of {counted(counts.specimens[name], 'specimen')}"
            for name in splits
        ),
        *(f"- annotator `{name}`: {counted(n, 'image')}" for name, n in sorted(counts.annotators.items())),
        *(
            f"- material `{name}`: in {counted(n, 'labelled image')}, {counts.pixels[name]} pixels"
            for name, n in sorted(counts.materials.items())
        ),
        *(
            f"- difficulty {name} of 3: {counted(n, 'labelled image')}"
            for name, n in sorted(counts.difficulties.items())
        ),
        *([f"- left out: {counted(counts.left_out, 'result')}, not accepted"] if counts.left_out else []),
        *(
            [f"- left out: {counted(counts.without_material, 'image')} without a material"]
            * bool(counts.without_material)
        ),
        "",
        "## How it is laid out",
        "",
        "For each annotator a folder with `dataset/<image>.<suffix>`, a PNG for each material in",
        "`labels_merged/<image>/<material>-merged-<n>.png` (255 where it lies), `grains/<image>.png` (16 bits, a",
        "number for each crystal or region) and `manifest.json` (pixel sizes, difficulty, weights, SHA-256 of files).",
        "`splits.json` says which specimen an image shows and which split that is in; `card.json` where images and",
        "labels come from, and what wrote them.",
        "",
        "```sh",
        "python evaluate.py benchmark=labelled benchmark.folder=.",
        "samiam dataset check .",
        "```",
        "",
    ]
    return "\n".join(lines)
