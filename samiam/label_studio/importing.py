"""What people made of tasks in Label Studio, or programs predicted, as a labelled data set."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from samiam.datasets.compiling.building import BuildOptions, check_new, compile_labellings
from samiam.datasets.compiling.card import Counts
from samiam.datasets.compiling.labellings import Labelling
from samiam.datasets.image_folders import image_files
from samiam.datasets.label_studio.exports import painted_scene, uploaded_image
from samiam.datasets.label_studio.tasks_json import FILE_NAME, Task, task_of, tasks_or_refusal
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.label_studio.addresses import Images, name_in
from samiam.records import Micrograph
from samiam.records.showing import counted
from samiam.storage.files import sha256_of

_CHOICE = ("frame", "channel", "dataset")
"""What of a file is the micrograph."""


@dataclass
class Imported:
    """What was imported, and what there is to say of it.

    Attributes:
        counts: how much there is; None while it is being counted.
        noted: how often what happened.
    """

    counts: Counts | None = None
    noted: Counter[str] = field(default_factory=Counter)

    def words(self) -> list[str]:
        """Lines for people."""
        said = {
            "unlabelled": "{} without an annotation, left out",
            "cancelled": "{} cancelled, left out",
            "pictures": "{} known only by the picture of 8 bits that was labelled; give the files by --images",
            "overlapping_px": "{} in several labels, given to the smaller one",
        }
        nouns = {"unlabelled": "task", "cancelled": "annotation", "pictures": "micrograph", "overlapping_px": "pixel"}
        lines = [said[kind].format(counted(self.noted[kind], nouns[kind])) for kind in said if self.noted[kind]]
        return [*([] if self.counts is None else [self.counts.words()]), *lines]


def import_export(
    export: Path, folder: Path, images: Images, options: BuildOptions | None = None, *, predictions: bool = False
) -> Imported:
    """Compile a data set of an export of Label Studio as JSON, see `build_dataset`.

    Args:
        export: the file.
        folder: where to; it may not be there yet, or has to be empty.
        images: where micrographs and pictures may be taken from. A micrograph of the name that a task gives, and of its
            SHA-256, outranks the picture that was labelled.
        options: what is chosen.
        predictions: whether what programs predicted is taken, instead of what people made of it.

    Returns:
        How much there is.

    Raises:
        InputError: if the file is no export, an image is missing, an annotation cannot be used (see `read_tasks`), or
            one annotator labelled an image twice and differently.
    """
    check_new(folder)
    imported = Imported()
    tasks = [
        (task_of(export, entry), entry)
        for entry in (_predicted(one) if predictions else one for one in tasks_or_refusal(export))
    ]
    if not any(task.annotations for task, _ in tasks):
        what = "predictions" if predictions else "annotations; label, or take what was predicted by --predictions"
        raise InputError(f"{export}: holds no {what}.")
    each = (found for task, entry in tasks for found in _labellings(task, entry, images, imported.noted))
    imported.counts = compile_labellings(each, folder, options or BuildOptions())
    return imported


def _predicted(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A task whose predictions stand for annotations; those of models have their names."""
    found = entry.get("predictions")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        found = []
    made = [
        {"id": number, "result": one.get("result"), "completed_by": one.get("model_version")}
        for number, one in enumerate(found, start=1)
    ]
    return {**entry, "annotations": made}


def _labellings(task: Task, entry: Mapping[str, Any], images: Images, noted: Counter[str]) -> Iterator[Labelling]:
    """What all annotators made of a task; its image is read once, and there until the next task."""
    given = entry.get("annotations", entry.get("completions")) or []
    noted["cancelled"] += len(given) - len(task.annotations or ())
    if not task.annotations:
        noted["unlabelled"] += 1
        return
    with _micrograph(task, entry.get("data", entry), images, noted) as (micrograph, stands_for):
        for annotation in task.annotations:
            scene = painted_scene(micrograph, annotation)
            noted["overlapping_px"] += scene.parameters.get("overlapping_px", 0)
            yield Labelling(scene, annotation.annotator, "Label Studio", stands_for=stands_for)


@contextmanager
def _micrograph(
    task: Task, data: Mapping[str, Any], images: Images, noted: Counter[str]
) -> Iterator[tuple[Micrograph, Path | None]]:
    """The image of a task, and where the micrograph would lie where only a picture is at hand.

    The folder of pictures that are on no disk is called as the export is.
    """
    given, source = data.get(FILE_NAME), f"{task.source}: task {task.number}"
    file_name = (PurePosixPath(given).name or None) if isinstance(given, str) else None
    original = None if file_name is None else _original(source, file_name, data, images)
    if original is not None:
        yield original, None
        return
    address = _address(data, task.file_name)
    on_disk = images.local(address) or _in_folders(task.file_name, images)
    noted["pictures"] += file_name is not None
    name = f"task-{task.number}" if file_name is None else PurePosixPath(file_name).stem
    with ExitStack() as there:
        try:
            path = there.enter_context(images.file(address, name)) if on_disk is None else on_disk
            picture = read_micrograph(path)
        except InputError as error:
            raise InputError(f"{source}: {error}") from error
        frame = data.get("frame")
        if file_name is not None and isinstance(frame, int):  # that of the micrograph, as our export notes it
            picture = replace(picture, metadata={**picture.metadata, "frame": frame})
        folder = task.source.with_suffix("") if on_disk is None else path.parent
        yield picture, folder / (file_name or path.name)


def _original(source: str, name: str, data: Mapping[str, Any], images: Images) -> Micrograph | None:
    """The micrograph that a picture was made of: of its name, and of the SHA-256 that the task has; None without it."""
    sha256, given = data.get("sha256"), _in_folders(name, images)
    for path in (given, *(_below(name, images) if isinstance(sha256, str) else ())):
        if path is not None and sha256 in (None, sha256_of(path)):
            return read_micrograph(path, **{key: data[key] for key in _CHOICE if key in data})
    if given is not None:
        raise InputError(
            f"{source}: {given} is not the file that was exported (its SHA-256 is another); give that one."
        )
    return None


def _below(name: str, images: Images) -> Iterator[Path]:
    """The files of a name anywhere in the folders that may be searched, but for what is hidden."""
    for folder in images.folders:
        for path in sorted(folder.rglob(glob.escape(name))):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
                yield path


def _in_folders(name: str, images: Images) -> Path | None:
    """The first file of a name, or of the name that an upload had before, that lies in one of the folders itself."""
    found = (uploaded_image(name, image_files(folder)) for folder in images.roots)
    return next((path for path in found if path is not None), None)


def _address(data: Mapping[str, Any], file_name: str) -> str:
    """The address of the image that a task shows first."""
    for value in (data.get("image"), *data.values()):
        for address in value if isinstance(value, list) else [value]:
            if isinstance(address, str) and (name_in(address) == file_name or address.startswith("data:")):
                return address
    return file_name
