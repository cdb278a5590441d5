"""Results and labelled micrographs as tasks of Label Studio: predictions to be corrected, annotations to go on with."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from PIL import Image

from samiam.colours import colour_of
from samiam.datasets.compiling.labellings import RESULT, Labelling, labellings_of
from samiam.datasets.label_studio.tasks_json import FILE_NAME
from samiam.errors import InputError
from samiam.formats.writers.earlier import OF_THE_IMAGE
from samiam.formats.writers.exports.label_studio import (
    ADDRESS,
    IMAGE,
    brush_result,
    interface_of,
    picture_of,
    prediction_of,
)
from samiam.formats.writers.strict_json import write_json
from samiam.records import Micrograph
from samiam.storage.files import replacing_together

INTERFACE = "interface.xml"
"""The code of the labelling interface, beside the pictures."""


class Exported(NamedTuple):
    """How much was exported, and what beside the tasks.

    Attributes:
        n_tasks: images.
        n_predictions: of the program.
        n_annotations: of people.
        folder: with the pictures and the labelling interface.
    """

    n_tasks: int
    n_predictions: int
    n_annotations: int
    folder: Path


@dataclass
class _Tasks:
    """Tasks so far, one for each image whoever labelled it, and the labels that they need."""

    by_image: dict[tuple[object, ...], dict[str, Any]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)


def export_tasks(sources: Sequence[Path], path: Path, *, embed: bool = False, annotator: str | None = None) -> Exported:
    """Write tasks to be imported into a project, and beside them a folder with their pictures and the interface.

    Results of `samiam segment` become predictions, labelled micrographs annotations; of one image there is one task.

    Args:
        sources: folders, see `labellings_of`.
        path: of the tasks, .json; the folder beside is called so without the suffix.
        embed: whether pictures are in the tasks, instead of in the folder, of which Label Studio has to be told.
        annotator: who answers for labels that do not say whose they are.

    Returns:
        How much there is.

    Raises:
        InputError: if a source or the path cannot be used.
    """
    if path.suffix != ".json" or path.is_dir():
        raise InputError(f"{path}: tasks go into a file of JSON; give -o TASKS.json.")
    folder = path.with_suffix("")
    if any(folder.resolve() == source.resolve() for source in sources):
        raise InputError(f"{path}: its pictures would go into {folder}, of which it is made; choose another -o.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, where the folder of pictures is to be; choose another -o.")
    tasks = _Tasks()
    with replacing_together(folder, INTERFACE) as partial:
        for source in sources:
            for labelling in labellings_of(source, annotator or "unknown"):
                _add(tasks, labelling, partial, None if embed else folder.name)
        colours = [(label, colour_of(number)) for number, label in enumerate(tasks.labels, start=1)]
        (partial / INTERFACE).write_text(interface_of(colours, asking=True), encoding="utf-8")
    write_json(path, list(tasks.by_image.values()))
    made = list(tasks.by_image.values())
    n_predictions, n_annotations = (sum(len(task[kind]) for task in made) for kind in ("predictions", "annotations"))
    return Exported(len(made), n_predictions, n_annotations, folder)


def _add(tasks: _Tasks, labelling: Labelling, pictures: Path, place: str | None) -> None:
    """Take one more labelling up; the picture, where it is the first of an image, goes into a folder or the task."""
    micrograph = labelling.scene.micrograph
    identity = tuple(micrograph.metadata.get(key) for key in OF_THE_IMAGE)
    if identity not in tasks.by_image:
        picture = picture_of(micrograph)
        data = {"image": _embedded(picture) if place is None else _saved(picture, micrograph, pictures, place)}
        tasks.by_image[identity] = {"data": data | _facts(micrograph), "predictions": [], "annotations": []}
    task = tasks.by_image[identity]
    results = list(_results(labelling, len(task["predictions"]) + len(task["annotations"])))
    tasks.labels += [label for label in labelling.scene.materials if label not in tasks.labels]
    if labelling.source == RESULT:
        task["predictions"].append(prediction_of(results))
    else:
        seconds = labelling.scene.parameters.get("labelling_s")
        task["data"].setdefault("annotators", []).append(labelling.annotator)
        task["annotations"].append({"result": results} | ({} if seconds is None else {"lead_time": seconds}))


def _results(labelling: Labelling, number: int) -> Iterator[dict[str, Any]]:
    """A brush for each material; an annotation, unlike a prediction, is a person's."""
    scene = labelling.scene
    for label, material in enumerate(scene.materials, start=1):
        score = labelling.confidences.get(material)
        result = brush_result(f"region{number}-{label}", scene.labels == label, material, score)
        yield result if labelling.source == RESULT else result | {"origin": "manual"}


def _facts(micrograph: Micrograph) -> dict[str, Any]:
    """By which an import finds the micrograph again, with its bits and its scale."""
    facts = {FILE_NAME: micrograph.file_name, **{key: micrograph.metadata.get(key) for key in OF_THE_IMAGE}}
    return {key: value for key, value in facts.items() if value is not None}


def _embedded(picture: Image.Image) -> str:
    content = io.BytesIO()
    picture.save(content, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def _saved(picture: Image.Image, micrograph: Micrograph, pictures: Path, place: str) -> str:
    """The address of a picture that is saved under a name of its own."""
    facts = micrograph.metadata
    frame = "" if facts.get("frame") is None else f"-{facts['frame']}"
    stem = (Path(facts["path"]).stem.lstrip(".") or IMAGE) + frame
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.png" for number in range(1, 1_000_000))
    name = next(name for name in names if not (pictures / name).exists())
    picture.save(pictures / name)
    return f"{ADDRESS}{quote(f'{place}/{name}')}"
