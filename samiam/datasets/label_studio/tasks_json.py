"""Tasks that Label Studio exported as JSON or JSON-MIN."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from samiam.datasets.label_studio.annotations import Annotation, annotator_name
from samiam.datasets.label_studio.regions import StudioRegion, shape_of
from samiam.datasets.material_names import tidy
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES
from samiam.storage.strict_json import parse_json

_NO_REGIONS = ("keypoint", "keypointlabels")
"""The points where a model was asked for a mask; the mask is a region of its own."""
FILE_NAME = "file_name"
"""In the data of a task, the name of the micrograph that its picture shows, where this program has made the picture."""
_SHAPES = ("bitmask", "brush", "cuboid", "ellipse", "polygon", "rectangle", "vector")
"""What regions are called by themselves; their labels are in a result of the same id, of the kind `labels`."""


@dataclass(frozen=True, eq=False)
class Task:
    """An image to annotate.

    Attributes:
        number: by which annotations refer to it.
        file_name: of the image, as Label Studio keeps it.
        others: of further images of the task.
        source: the file that has the task.
        annotations: the finished ones; None in JSON-MIN, which holds no masks that could be relied on.
    """

    number: str
    file_name: str
    others: Sequence[str]
    source: Path
    annotations: list[Annotation] | None


def read_tasks(folder: Path) -> dict[str, Task]:
    """The tasks in all JSON files of a folder, by number; files that hold something else are overlooked.

    Raises:
        InputError: if a file is damaged or not as Label Studio writes it, a task stands in several, or an annotation
            cannot be used: nothing in it, regions that are no brush, polygon, rectangle or ellipse or that have not one
            label, a turned image, or another one than the task's first.
    """
    tasks: dict[str, Task] = {}
    for path in sorted(folder.glob("*.json")):
        for entry in [] if path.name.startswith(".") else task_entries(path):
            task = task_of(path, entry)
            before = tasks.get(task.number)
            if before is None or before.annotations is None:
                tasks[task.number] = task
            elif task.annotations is not None:
                raise InputError(f"{path}: task {task.number} is in {before.source.name} too; keep one of the exports.")
    return tasks


def task_entries(path: Path) -> list[Any]:
    """The tasks of an export; none where the file holds something else.

    Raises:
        InputError: if it is no JSON.
    """
    content = _json_in(path)
    is_export = isinstance(content, list) and all(isinstance(entry, dict) and "id" in entry for entry in content)
    return content if is_export else []


def tasks_or_refusal(path: Path) -> list[dict[str, Any]]:
    """The tasks of what has to be an export, or tasks to be imported, which have no numbers yet: they are counted.

    Raises:
        InputError: if it is neither.
    """
    content = _json_in(path)
    if not isinstance(content, list) or not content or not all(_is_task(entry) for entry in content):
        raise InputError(f"{path}: holds no tasks of Label Studio; export the project as JSON.")
    return [{"id": number, **entry} for number, entry in enumerate(content, start=1)]


def _is_task(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("data"), dict)


def _json_in(path: Path) -> Any:  # noqa: ANN401
    try:
        return parse_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: damaged or cut short, not readable as JSON; export it again.") from error


def task_of(path: Path, entry: Mapping[str, Any]) -> Task:
    """An entry of an export.

    Args:
        path: of the export.
        entry: one of `task_entries`.

    Raises:
        InputError: if it is not as Label Studio writes it, or see `read_tasks`.
    """
    number = str(entry["id"])
    try:
        found = entry.get("annotations", entry.get("completions"))
        images = image_names(entry.get("data", entry))
        (key, file_name), *others = images.items()
        shown = None if not others else key
        return Task(
            number=identifier(entry["id"]),
            file_name=file_name,
            others=[name for _, name in others],
            source=path,
            annotations=None if found is None else _annotations(f"{path}: task {number}", number, found, shown),
        )
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(f"{path}: task {number:.40} is not as Label Studio writes it; export it again.") from error


def identifier(given: object) -> str:
    """The number of a task or an annotation, which names files later on."""
    if not isinstance(given, int | str) or not re.fullmatch(r"[\w-]{1,40}", str(given)):
        raise ValueError(given)
    return str(given)


def image_names(data: Mapping[str, Any]) -> dict[str, str]:
    """The names in the addresses of images by their keys, that of `image` before all others."""
    in_order = {"image": data.get("image"), **data}
    in_order.pop(FILE_NAME, None)
    names: dict[str, str] = {}
    for key, addresses in in_order.items():
        for place, address in enumerate(addresses if isinstance(addresses, list) else [addresses]):
            name = _name(address, data.get(FILE_NAME)) if isinstance(address, str) else ""
            if PurePosixPath(name).suffix.lower() in READABLE_SUFFIXES and name not in names.values():
                names[key if place == 0 else f"{key}[{place}]"] = name
    return names


def _name(address: str, file_name: object) -> str:
    """The name of an image; of one that is in the address itself, that of the file that it shows."""
    if address.startswith("data:"):
        return PurePosixPath(file_name).name if isinstance(file_name, str) else ""
    parts = urlsplit(address)
    # Files that Label Studio serves from a folder of its machine: /data/local-files/?d=folder/name.png
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(local[0] if local else unquote(parts.path)).name


def _annotations(source: str, task: str, found: list[Mapping[str, Any]], shown: str | None) -> list[Annotation]:
    finished = (entry for entry in found if not entry.get("was_cancelled") and not entry.get("skipped"))
    return [_annotation(source, task, entry, shown) for entry in finished]


def _annotation(source: str, task: str, entry: Mapping[str, Any], shown: str | None) -> Annotation:
    """What was painted on the image that the interface calls `shown`, on the only one where None."""
    number = identifier(entry["id"])
    source = f"{source}, annotation {number}"
    labelled = {result.get("id") for result in entry["result"] if result["type"] == "labels"} - {None}
    painted = [result for result in entry["result"] if _is_region(result, labelled)]
    if not painted:
        raise InputError(f"{source}: nothing is painted in it; paint or delete it in Label Studio and export again.")
    for result in painted:
        if (shown is not None and result.get("to_name") != shown) or result.get("item_index"):
            raise InputError(f"{source}: the task has several images, and only its first is read; make a task of each.")
    regions = [_region(source, result) for result in painted]
    seconds = entry.get("lead_time")
    who = annotator_name(entry.get("completed_by"))
    return Annotation(task, number, who, regions, source, None if seconds is None else float(seconds))


def _is_region(result: Mapping[str, Any], labelled: Set[object]) -> bool:
    """Whether a result is a region, other than the shape of one whose labels are in another result.

    A choice, a text and the like are none.
    """
    kind = result["type"]
    if kind in _NO_REGIONS:
        return False
    return kind.endswith("labels") or (kind in _SHAPES and result.get("id") not in labelled)


def _region(source: str, result: Mapping[str, Any]) -> StudioRegion:
    kind, value = result["type"], result.get("value", {})
    try:
        shape = shape_of(value)
    except InputError as error:
        raise InputError(f"{source}: {error} in Label Studio and export again.") from None
    if shape is None:
        raise InputError(
            f"{source}: {kind} cannot be read, only brush, polygon, rectangle and ellipse; "
            "draw it with one of them and export again."
        )
    labels = {tidy(label) for label in value.get(kind, [])}
    if len(labels) != 1 or "" in labels:
        found = f"the labels {', '.join(sorted(labels))}" if len(labels) > 1 else "no label"
        raise InputError(f"{source}: a region with {found}; give each one in Label Studio and export again.")
    if result.get("image_rotation", 0) % 360:
        raise InputError(f"{source}: labelled on a turned image; turn the file instead and label it again.")
    return StudioRegion(
        label=labels.pop(),
        source=source,
        shape=shape,
        shape_hw=(_whole(result["original_height"]), _whole(result["original_width"])),
    )


def _whole(number: float) -> int:
    if isinstance(number, bool) or int(number) != number:
        raise ValueError(number)
    return int(number)
