"""Frames with the points that somebody marked in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from samiam.datasets.image_folders import image_files
from samiam.datasets.label_studio.exports import uploaded_image
from samiam.datasets.label_studio.tasks_json import task_entries
from samiam.datasets.polar.keypoints import KeypointTask, read_keypoint_tasks
from samiam.datasets.polar.points_csv import read_points_csv
from samiam.errors import InputError
from samiam.formats import VIDEO_SUFFIXES, Frames, open_frames, read_micrograph
from samiam.formats.frames.folder import frame_files
from samiam.formats.frames.numbering import by_number, last_number, natural
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign

TABLES = ("points.csv", "truth.csv")
"""What a table of points in a folder may be called: as results have it, or as simulated videos."""
_FRAMES = "frames"


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
        video: a video, a stack or a folder of frames that the labels are of; frames count from 0, and an image of a
            Label Studio task is the frame of the number at the end of its name. Where None, it is the only video or
            stack beside a CSV, or the images there or in `frames` by their numbers; of tasks, the images beside the
            export or in its `images`.
        sign: of the stripes; what the labels say where None, and bright where they do not.
        pixel_size_nm: in place of what the files say.

    Returns:
        A frame for each that is labelled, in the order of the video, also those with no point in them.

    Raises:
        InputError: if a file cannot be used, a frame is not there, a point lies outside of it, or a sign contradicts.
    """
    path = _labels_in(Path(labels))
    if path.suffix.lower() != ".json":
        marked, said = read_points_csv(path)
        if sign is not None and said not in (None, sign):
            raise InputError(f"{path}: labels {said} stripes, not {sign} ones; give the labels of those.")
        frames = open_frames(_video_beside(path) if video is None else video, pixel_size_nm=pixel_size_nm)
        return _of_frames(path, frames, marked, sign or said or "bright")
    tasks = read_keypoint_tasks(path)
    if video is not None and not Path(video).is_dir():
        frames = open_frames(video, pixel_size_nm=pixel_size_nm)
        return _of_frames(path, frames, _by_frame(path, tasks), sign or "bright")
    folders = [path.parent, path.parent / "images"] if video is None else [Path(video)]
    return _of_images(path, tasks, folders, sign or "bright", pixel_size_nm)


def _of_frames(labels: Path, frames: Frames, marked: Mapping[int, Marked], sign: Sign) -> list[LabelledFrame]:
    """The frames of a sequence by their places in it.

    Raises:
        InputError: if one is missing or cannot be used.
    """
    found = []
    for frame in frames.read(marked):
        if frame.micrograph is None:
            raise InputError(f"{frames.path}: {frame.name}, which is labelled, cannot be used: {frame.fault}")
        points = _points(labels, marked[frame.index], frame.micrograph)
        found.append(LabelledFrame(frame.micrograph, points, sign, frames.name, frame.index, labels))
    if missing := sorted(set(marked) - {one.frame for one in found}):
        last = (frames.n_frames or 1) - 1
        raise InputError(f"{labels}: frame {missing[0]} is not in {frames.path}, which has 0 to {last}; check them.")
    return found


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
    labels: Path, tasks: Sequence[KeypointTask], folders: Sequence[Path], sign: Sign, pixel_size_nm: float | None
) -> list[LabelledFrame]:
    """The images that tasks name, each a frame; in the order of their names."""
    files = [path for folder in folders if folder.is_dir() for path in image_files(folder)]
    found: dict[Path, KeypointTask] = {}
    for task in tasks:
        file = uploaded_image(task.file_name, files)
        if file is None:
            raise InputError(f"{labels}: {task.file_name}, which is labelled, is not in {folders[0]}; put it there.")
        if file in found:
            raise InputError(f"{labels}: {file.name} is in two tasks; keep one of them.")
        found[file] = task
    in_order = sorted(found, key=lambda file: natural(file.name))
    numbers = by_number([file.name for file in in_order]).places
    made = []
    for file, number in zip(in_order, numbers, strict=True):
        micrograph = read_micrograph(file, pixel_size_nm=pixel_size_nm)
        points = _points(labels, found[file], micrograph)
        made.append(LabelledFrame(micrograph, points, sign, folders[0].resolve().name, number, labels))
    return made


def _points(labels: Path, marked: Marked, micrograph: Micrograph) -> Points:
    try:
        points = marked.on(micrograph)
        inside = (points.positions_px >= -0.5) & (points.positions_px <= np.array(micrograph.shape_hw) - 0.5)
        if not inside.all():
            row, column = points.positions_px[~inside.all(axis=1)][0]
            raise InputError(f"the point in row {row:.1f}, column {column:.1f} lies outside of it; check the units.")
    except InputError as error:
        raise InputError(f"{labels}: {micrograph.name}: {error}") from error
    return points


def _labels_in(labels: Path) -> Path:
    """The file with the labels."""
    if not labels.is_dir():
        if not labels.is_file():
            raise InputError(f"{labels}: no such file or folder; check the path.")
        return labels
    found = [labels / name for name in TABLES if (labels / name).is_file()]
    exports = sorted(path for path in labels.glob("*.json") if not path.name.startswith("."))
    found += [path for path in exports if task_entries(path)]
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "no labels"
        raise InputError(f"{labels}: holds {there}; give {' or '.join(TABLES)} or one export of Label Studio.")
    return found[0]


def _video_beside(labels: Path) -> Path:
    """The only video or stack in the folder of the labels; the folder itself, or its `frames`, with images in it."""
    folder = labels.parent
    if (folder / _FRAMES).is_dir():
        return folder / _FRAMES
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
