"""Frames with the points that somebody marked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from samiam.datasets.image_folders import image_files
from samiam.datasets.label_studio.exports import uploaded_image
from samiam.datasets.polar.keypoints import KeypointTask, read_keypoint_tasks
from samiam.datasets.polar.points_csv import read_points_csv
from samiam.errors import InputError
from samiam.formats import VIDEO_SUFFIXES, Frames, open_frames, read_micrograph
from samiam.formats.frames.folder import frame_files
from samiam.formats.frames.numbering import by_number, last_number, natural
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign

POINTS = "points.csv"


class Marked(Protocol):
    """What was marked in a frame, in whatever units."""

    def on(self, micrograph: Micrograph) -> Points:
        """On the pixels of the frame."""
        ...


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """A frame and what was marked in it: a `PolarScene` of which neither period nor stripes are known.

    Attributes:
        micrograph: the frame.
        points: all ends and junctions that the annotator saw.
        sign: of the stripes.
        video: by name; frames of one video belong into one split.
        frame: which of the video, from 0.
        source: the file with the labels.
    """

    micrograph: Micrograph
    points: Points
    sign: Sign
    video: str
    frame: int
    source: Path

    def __repr__(self) -> str:
        return f"LabelledFrame({self.micrograph.name}, {self.points} of {self.sign} stripes)"


def read_labelled_frames(
    labels: str | Path,
    *,
    video: str | Path | None = None,
    sign: Sign | None = None,
    pixel_size_nm: float | None = None,
) -> list[LabelledFrame]:
    """Read the frames of a video that somebody has labelled; no other frame is kept in memory.

    Args:
        labels: a CSV of points (`read_points_csv`), an export of Label Studio's as JSON or JSON-MIN
            (`read_keypoint_tasks`), or a folder with one of them.
        video: a video, a stack or a folder of frames that the labels are of. Where None, it is the only video or stack
            beside the labels, or the images are: those that the labels name, or the frames of a folder in their order.
        sign: of the stripes; what the labels say where None, and bright where they do not.
        pixel_size_nm: in place of what the files say.

    Returns:
        A frame for each that is labelled, in the order of the video, also those with no point in them.

    Raises:
        InputError: if a file cannot be used, a frame is not there, a point lies outside of it, or a sign contradicts.
    """
    path = _labels_in(Path(labels))
    if path.suffix.lower() == ".json":
        tasks, said = read_keypoint_tasks(path), None
        marked: Mapping[int, Marked] = _by_frame(path, tasks) if video is not None else {}
    else:
        tasks, (marked, said) = [], read_points_csv(path)
    if sign is not None and said not in (None, sign):
        raise InputError(f"{path}: labels {said} stripes, not {sign} ones; give the labels of those.")
    sign = sign or said or "bright"
    if tasks and video is None:
        return _of_images(path, tasks, sign, pixel_size_nm)
    frames = open_frames(_video_beside(path) if video is None else video, pixel_size_nm=pixel_size_nm)
    return [
        LabelledFrame(micrograph, _points(path, marked[index], micrograph), sign, frames.name, index, path)
        for index, micrograph in _wanted(path, frames, marked)
    ]


def _by_frame(labels: Path, tasks: Sequence[KeypointTask]) -> dict[int, Marked]:
    """The tasks by the last number in the names of their images, which is that of the frame."""
    found: dict[int, Marked] = {}
    for task in tasks:
        frame = last_number(task.file_name)
        if frame is None or frame in found:
            why = "has no number" if frame is None else f"is the second of frame {frame}"
            raise InputError(f"{labels}: the image {task.file_name} {why}; name each after its frame, as frame_12.png.")
        found[frame] = task
    return found


def _of_images(
    labels: Path, tasks: Sequence[KeypointTask], sign: Sign, pixel_size_nm: float | None
) -> list[LabelledFrame]:
    """The images that tasks name, which lie beside the export or in its `images`."""
    files = [
        path for place in (labels.parent, labels.parent / "images") if place.is_dir() for path in image_files(place)
    ]
    found: dict[Path, KeypointTask] = {}
    for task in tasks:
        file = uploaded_image(task.file_name, files)
        if file is None:
            raise InputError(f"{labels}: {task.file_name}, which is labelled, is missing; put it beside this file.")
        if file in found:
            raise InputError(f"{labels}: {file.name} is in two tasks; keep one of them.")
        found[file] = task
    in_order = sorted(found, key=lambda file: natural(file.name))
    places = by_number([file.name for file in in_order]).places
    made = []
    for file, place in zip(in_order, places, strict=True):
        micrograph = read_micrograph(file, pixel_size_nm=pixel_size_nm)
        points = _points(labels, found[file], micrograph)
        made.append(LabelledFrame(micrograph, points, sign, labels.parent.resolve().name, place, labels))
    return made


def _points(labels: Path, marked: Marked, micrograph: Micrograph) -> Points:
    try:
        points = marked.on(micrograph)
        outside = ((points.positions_px < -0.5) | (points.positions_px > np.array(micrograph.shape_hw) - 0.5)).any(
            axis=1
        )
        if outside.any():
            row, column = points.positions_px[outside][0]
            raise InputError(
                f"a point at row {row:.1f} and column {column:.1f} px lies outside of it; check the units."
            )
    except InputError as error:
        raise InputError(f"{labels}: {micrograph.name}: {error}") from error
    return points


def _labels_in(labels: Path) -> Path:
    """The file with the labels."""
    if not labels.is_dir():
        if not labels.is_file():
            raise InputError(f"{labels}: no such file or folder; check the path.")
        return labels
    found = sorted(path for path in labels.glob("*.json") if not path.name.startswith("."))
    found += [labels / POINTS] if (labels / POINTS).is_file() else []
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "no labels"
        raise InputError(f"{labels}: holds {there}; give a {POINTS} or one export of Label Studio.")
    return found[0]


def _video_beside(labels: Path) -> Path:
    """The only video or stack in the folder of the labels; the folder itself where images are in it."""
    folder = labels.parent
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    if len(videos) > 1:
        raise InputError(f"{labels}: {len(videos)} videos lie beside it; say which is labelled.")
    images = frame_files(folder)
    if videos and not images:
        return videos[0]
    if videos or not images:
        there = "a video and images lie" if videos else "no video, stack or image lies"
        raise InputError(f"{labels}: {there} beside it; say which video is labelled.")
    return images[0] if len(images) == 1 else folder


def _wanted(labels: Path, frames: Frames, marked: Mapping[int, object]) -> list[tuple[int, Micrograph]]:
    """The frames that are labelled.

    Raises:
        InputError: if one is missing or cannot be used.
    """
    found = {frame.index: frame for frame in frames.read(marked)}
    if missing := sorted(set(marked) - set(found)):
        last = (frames.n_frames or 1) - 1
        raise InputError(
            f"{labels}: frame {missing[0]} is not in {frames.path}, which has 0 to {last}; check the labels."
        )
    for frame in found.values():
        if frame.micrograph is None:
            raise InputError(f"{frames.path}: {frame.name}, which is labelled, cannot be used: {frame.fault}")
    return [(index, frame.micrograph) for index, frame in found.items() if frame.micrograph is not None]
