"""Micrographs that were labelled with Label Studio."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from samiam.datasets.image_folders import by_name, image_files
from samiam.datasets.label_studio.annotations import Annotation
from samiam.datasets.label_studio.region_pngs import is_region_png, png_annotations
from samiam.datasets.label_studio.tasks_json import Task, read_tasks
from samiam.datasets.painted import paint, scene_of
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.records import Micrograph, Scene


@dataclass(frozen=True, eq=False)
class LabelStudioImage:
    """A micrograph and what one annotator painted on it.

    Attributes:
        name: of the scene; with several annotators the annotator's stands before the image's, and where one annotated
            an image several times the annotation's number behind it.
        image: the micrograph.
        annotation: what was painted.
    """

    name: str
    image: Path
    annotation: Annotation


def has_label_studio(folder: Path) -> bool:
    """Whether a folder holds what `find_label_studio_images` expects.

    Raises:
        InputError: if there is a JSON file that is damaged or not as Label Studio writes it.
    """
    return any(is_region_png(path) for path in folder.iterdir()) or bool(read_tasks(folder))


def find_label_studio_images(folder: Path, faults: list[InputError] | None = None) -> list[LabelStudioImage]:
    """Look for annotations that Label Studio exported; no image is read.

    The micrographs lie in the folder or its `images`, under the names that they were uploaded with or that Label
    Studio gave them. The annotations are in an export as JSON, or as PNGs named
    `task-12-annotation-20-by-2-tag-Ge-0.png`; where there are both, those in JSON count. PNGs need an export as JSON or
    JSON-MIN that tells which image a task is of, unless there are one image and one task, or the images are named as
    the tasks, `12.png` or `task-12.png`. Cancelled annotations are left out.

    Args:
        folder: that holds them.
        faults: where images without an annotation are noted; None to overlook them.

    Returns:
        One entry for each annotation, in the order of annotators and images.

    Raises:
        InputError: if there are no annotations, the image of one is missing or cannot be told, or see `read_tasks`.
    """
    files = [path for place in (folder, folder / "images") if place.is_dir() for path in image_files(place)]
    images = by_name([path for path in files if not is_region_png(path)], folder)
    tasks = read_tasks(folder)
    annotations = [found for task in tasks.values() for found in task.annotations or ()]
    if not any(task.annotations is not None for task in tasks.values()):
        annotations = png_annotations(folder)
    if not annotations:
        raise InputError(f"{folder}: no annotations of Label Studio in it; export them as JSON, or as PNG too.")
    image_of: Callable[[Annotation], Path]
    image_of = partial(_image_in_json, tasks, images) if tasks else partial(_image_by_number, annotations, images)
    pairs = sorted(
        ((image_of(found), found) for found in annotations),
        key=lambda pair: (pair[1].annotator, pair[0].stem, pair[1].number),
    )
    if faults is not None:
        annotated = {image for image, _ in pairs}
        bare = [image for image in images.values() if image not in annotated]
        faults += [InputError(f"{image}: no annotation of it; label it, or remove it.") for image in bare]
    return _named(pairs)


def read_label_studio_image(found: LabelStudioImage) -> Scene:
    """Read a micrograph and paint its regions.

    Regions of one label are united, and of several labels the smaller lies over the larger; `overlapping_px` among the
    parameters counts the pixels. All labels weigh 10, grains are connected regions, the scene is of class 2.

    Raises:
        InputError: if a file cannot be read, a region is of another shape than the image, or a label is empty or
            hidden.
    """
    return painted_scene(replace(read_micrograph(found.image), name=found.name), found.annotation)


def painted_scene(micrograph: Micrograph, annotation: Annotation) -> Scene:
    """A micrograph with the regions of an annotation, see `read_label_studio_image`.

    Raises:
        InputError: if a region is of another shape than the image, or a label is empty or hidden.
    """
    labels, materials, overlapping_px = paint(annotation.regions, micrograph.shape_hw, annotation.source)
    beside = {"overlapping_px": overlapping_px} if overlapping_px else {}
    made = {"annotator": annotation.annotator, "labelling_s": annotation.labelling_s}
    return scene_of(micrograph, labels, materials, made | beside)


def _image_in_json(tasks: Mapping[str, Task], images: Mapping[str, Path], annotation: Annotation) -> Path:
    if annotation.task not in tasks:
        raise InputError(f"{annotation.source}: the task is in no JSON file beside it; export the JSON again.")
    task = tasks[annotation.task]
    if task.annotations is None and task.others:
        raise InputError(f"{annotation.source}: the task has several images; export it as JSON.")
    if (found := uploaded_image(task.file_name, images.values())) is not None:
        return found
    raise InputError(
        f"{task.source}: {task.file_name}, the image of task {task.number}, is missing; put it beside this file."
    )


def uploaded_image(name: str, files: Iterable[Path]) -> Path | None:
    """The file that Label Studio keeps under a name, which may begin with 8 digits that it put before."""
    given = {path.name: path for path in files}
    uploaded = {_as_uploaded(own): path for own, path in given.items()}
    names = (name, re.sub("^[0-9a-f]{8}-", "", name))
    return next((given.get(one) or uploaded[one] for one in names if one in given or one in uploaded), None)


def _as_uploaded(name: str) -> str:
    """What becomes of a file's name when it is uploaded to Label Studio, less the 8 digits that it puts before."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))


def _image_by_number(annotations: list[Annotation], images: Mapping[str, Path], annotation: Annotation) -> Path:
    if len(images) == 1 and len({found.task for found in annotations}) == 1:
        return next(iter(images.values()))
    image = images.get(annotation.task) or images.get(f"task-{annotation.task}")
    if image is None:
        raise InputError(
            f"{annotation.source}: nothing tells which image this is of; put Label Studio's export as JSON-MIN "
            f"beside it, or name the image task-{annotation.task}."
        )
    return image


def _named(pairs: list[tuple[Path, Annotation]]) -> list[LabelStudioImage]:
    several = len({annotation.annotator for _, annotation in pairs}) > 1
    names = [f"{annotation.annotator}-{image.stem}" if several else image.stem for image, annotation in pairs]
    often = Counter(names)
    return [
        LabelStudioImage(name if often[name] == 1 else f"{name}-annotation-{annotation.number}", image, annotation)
        for name, (image, annotation) in zip(names, pairs, strict=True)
    ]
