"""Tasks that Label Studio exported as JSON or JSON-MIN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from samiam.datasets.label_studio.annotations import Annotation, annotator_name
from samiam.datasets.label_studio.brush_rle import decode_mask
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES

# The points where a model was asked for a mask; the mask is a region of its own.
_NO_REGIONS = ("keypointlabels",)


@dataclass(frozen=True)
class BrushRegion:
    """A region painted with the brush.

    Attributes:
        label: the material.
        source: where it is from, for messages.
        rle: its run lengths, see `samiam.datasets.label_studio.brush_rle`.
        shape_hw: of the image, in pixels.
    """

    label: str
    source: str
    rle: bytes
    shape_hw: tuple[int, int]

    def mask(self) -> NDArray[np.bool_]:
        """Where it lies, (H, W).

        Raises:
            InputError: if the run lengths are damaged.
        """
        try:
            return decode_mask(self.rle, self.shape_hw)
        except InputError as error:
            raise InputError(f"{self.source}: {error}") from error


@dataclass(frozen=True, eq=False)
class Task:
    """An image to annotate.

    Attributes:
        number: by which annotations refer to it.
        file_name: of the image, as Label Studio keeps it.
        source: the file that has the task.
        annotations: the finished ones; None in JSON-MIN, which holds no masks that could be relied on.
    """

    number: str
    file_name: str
    source: Path
    annotations: list[Annotation] | None


def read_tasks(folder: Path) -> dict[str, Task]:
    """The tasks in all JSON files of a folder, by number; files that hold something else are overlooked.

    Raises:
        InputError: if a file is damaged or not as Label Studio writes it, a task stands in several, or an annotation
            cannot be used: nothing in it, regions that no brush painted, or a turned image.
    """
    tasks: dict[str, Task] = {}
    for path in sorted(folder.glob("*.json")):
        for entry in [] if path.name.startswith(".") else _entries(path):
            task = _task(path, entry)
            before = tasks.get(task.number)
            if before is None or before.annotations is None:
                tasks[task.number] = task
            elif task.annotations is not None:
                raise InputError(f"{path}: task {task.number} is in {before.source.name} too; keep one of the exports.")
    return tasks


def _entries(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: damaged or cut short, not readable as JSON; export it again.") from error
    is_export = isinstance(content, list) and all(isinstance(entry, dict) and "id" in entry for entry in content)
    return content if is_export else []


def _task(path: Path, entry: Mapping[str, Any]) -> Task:
    number = str(entry["id"])
    try:
        found = entry.get("annotations", entry.get("completions"))
        return Task(
            number=number,
            file_name=_file_name(entry.get("data", entry)),
            source=path,
            annotations=None if found is None else _annotations(f"{path}: task {number}", number, found),
        )
    except InputError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"{path}: task {number} is not as Label Studio writes it; export it again.") from error


def _file_name(data: Mapping[str, Any]) -> str:
    """The name in the first address of an image, `image` before all others."""
    addresses = [data.get("image"), *data.values()]
    names = [_last_part(address) for address in addresses if isinstance(address, str)]
    images = [name for name in names if PurePosixPath(name).suffix.lower() in READABLE_SUFFIXES]
    return images[0]


def _last_part(address: str) -> str:
    parts = urlsplit(address)
    # Files that Label Studio serves from a folder of its machine: /data/local-files/?d=folder/name.png
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(local[0] if local else unquote(parts.path)).name


def _annotations(source: str, task: str, found: list[Mapping[str, Any]]) -> list[Annotation]:
    finished = (entry for entry in found if not entry.get("was_cancelled") and not entry.get("skipped"))
    return [_annotation(source, task, entry) for entry in finished]


def _annotation(source: str, task: str, entry: Mapping[str, Any]) -> Annotation:
    number = str(entry["id"])
    source = f"{source}, annotation {number}"
    regions = [region for result in entry["result"] if (region := _region(source, result)) is not None]
    if not regions:
        raise InputError(f"{source}: nothing is painted in it; paint or delete it in Label Studio and export again.")
    seconds = entry.get("lead_time")
    who = annotator_name(entry.get("completed_by"))
    return Annotation(task, number, who, regions, source, None if seconds is None else float(seconds))


def _region(source: str, result: Mapping[str, Any]) -> BrushRegion | None:
    """What a result paints; None for one that labels no region, as a choice or a text."""
    kind, value = result["type"], result.get("value", {})
    if not kind.endswith("labels") or kind in _NO_REGIONS:
        return None
    if "rle" not in value:
        raise InputError(f"{source}: {kind} cannot be read, only what the brush painted; paint it and export again.")
    if result.get("image_rotation", 0) % 360:
        raise InputError(f"{source}: labelled on a turned image; turn the file instead and label it again.")
    return BrushRegion(
        label="-".join(value[kind]),
        source=source,
        rle=bytes(value["rle"]),
        shape_hw=(int(result["original_height"]), int(result["original_width"])),
    )
