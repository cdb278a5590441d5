"""Ends and junctions as keypoints of Label Studio: its exports, and tasks whose points are to be corrected.

Label Studio counts in percent of the image's width and height, from its upper left corner: the middle of the first of
100 pixels is at 0.5 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samiam.datasets.label_studio.tasks_json import image_names, task_entries
from samiam.datasets.polar.kinds import kind_of
from samiam.errors import InputError
from samiam.formats.writers.strict_json import write_json
from samiam.records import Micrograph
from samiam.records.polar_scene import Points

LABELING_CONFIG = """\
<View>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
  <KeyPointLabels name="points" toName="image" strokeWidth="3" opacity="0.7">
    <Label value="end" background="#e69f00"/>
    <Label value="junction" background="#56b4e9"/>
  </KeyPointLabels>
</View>
"""
"""What to paste into the labelling interface of a project for such tasks; the colours are those of the overlays."""
_TYPE = "keypointlabels"
_WIDTH_PERCENT = 0.4  # of the discs that Label Studio draws; 8 px in 1995


@dataclass(frozen=True, eq=False)
class KeypointTask:
    """An image with its points as Label Studio has them.

    Attributes:
        file_name: of the image, as Label Studio keeps it.
        percents: of each point along x and y.
        is_junction: of each.
        shape_hw: of the image as Label Studio saw it; None where it does not say.
    """

    file_name: str
    percents: Sequence[tuple[float, float]]
    is_junction: Sequence[bool]
    shape_hw: tuple[int, int] | None

    def on(self, micrograph: Micrograph) -> Points:
        """On the pixels of the image, the middle of the first at (0, 0).

        Raises:
            InputError: if Label Studio saw an image of another size.
        """
        if self.shape_hw not in (None, micrograph.shape_hw):
            raise InputError(f"{self.shape_hw} pixels in Label Studio, but the image has {micrograph.shape_hw}.")
        height, width = micrograph.shape_hw
        return Points([(y / 100 * height - 0.5, x / 100 * width - 0.5) for x, y in self.percents], self.is_junction)


def read_keypoint_tasks(path: str | Path) -> list[KeypointTask]:
    """Read the keypoints of an export as JSON or JSON-MIN: one finished annotation of each image.

    Tasks that nobody has finished are left out; an annotation without points says that there are none.

    Raises:
        InputError: if the file is not as Label Studio writes it, a task has two annotations, or one holds what is no
            end or junction.
    """
    path = Path(path)
    tasks = []
    for number, entry in enumerate(task_entries(path), start=1):
        source = f"{path}: task {entry['id']!s:.40}"
        try:
            if (results := _results(source, entry)) is not None:
                tasks.append(_task(source, next(iter(image_names(entry.get("data", entry)).values())), results))
        except InputError:
            raise
        except (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
            raise InputError(f"{source} ({number}.) is not as Label Studio writes it; export it again.") from error
    if not tasks:
        raise InputError(f"{path}: holds no finished annotation of Label Studio; annotate and export it as JSON.")
    return tasks


def _results(source: str, entry: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What the one finished annotation of a task holds; None where there is none."""
    if "annotations" not in entry and "completions" not in entry:
        return _minimal(entry)
    annotations = entry.get("annotations", entry.get("completions"))
    finished = [one for one in annotations if not one.get("was_cancelled") and not one.get("skipped")]
    if len(finished) > 1:
        raise InputError(f"{source} was annotated {len(finished)} times; keep one of them.")
    return list(finished[0]["result"]) if finished else None


def _minimal(entry: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Likewise of JSON-MIN, where the regions of each control stand under its name; it drops those that are empty."""
    if "data" in entry or "annotation_id" not in entry:
        return None
    regions = [one for values in entry.values() if isinstance(values, list) for one in values if isinstance(one, dict)]
    return [{"type": _TYPE if _TYPE in one else "region", "value": one, **one} for one in regions]


def _task(source: str, file_name: str, results: Iterable[Mapping[str, Any]]) -> KeypointTask:
    percents, is_junction, shapes = [], [], set()
    for result in results:
        value = result.get("value", {})
        if result["type"] == "choices":  # on the image as a whole
            continue
        labels = value.get(_TYPE, [])
        if result["type"] != _TYPE or len(labels) != 1:
            raise InputError(f"{source}: holds {result['type']} with {len(labels)} labels; mark points, with one each.")
        if result.get("image_rotation", 0) % 360:
            raise InputError(f"{source}: labelled on a turned image; turn the file instead and label it again.")
        percents.append((_percent(value["x"]), _percent(value["y"])))
        is_junction.append(_is_junction(source, labels[0]))
        if "original_height" in result:
            shapes.add((int(result["original_height"]), int(result["original_width"])))
    if len(shapes) > 1:
        raise InputError(f"{source}: has points on images of different sizes; export it again.")
    return KeypointTask(file_name, percents, is_junction, shapes.pop() if shapes else None)


def _percent(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not 0 <= number <= 100:
        raise ValueError(value)
    return number


def _is_junction(source: str, label: str) -> bool:
    try:
        return kind_of(str(label)) == "junction"
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def write_keypoint_tasks(
    path: str | Path, images: Iterable[tuple[str, tuple[int, int], Points]], *, model: str = "samiam"
) -> Path:
    """Write tasks for Label Studio, each with points to be corrected, which it shows as predictions.

    Args:
        path: the file, .json.
        images: of each its address, as Label Studio is to find it ("/data/local-files/?d=frames/frame_12.png"), its
            height and width, and the points.
        model: what Label Studio calls who predicted them.

    Returns:
        The file written; the interface for it is `LABELING_CONFIG`.
    """
    return write_json(path, [_written(address, shape_hw, points, model) for address, shape_hw, points in images])


def _written(address: str, shape_hw: tuple[int, int], points: Points, model: str) -> dict[str, Any]:
    each = zip(points.positions_px.tolist(), points.is_junction.tolist(), points.scores.tolist(), strict=True)
    results = [
        _result(f"point{number}", shape_hw, place, "junction" if junction else "end", score)
        for number, (place, junction, score) in enumerate(each, start=1)
    ]
    score = float(points.scores.mean()) if len(points) else 0.0
    return {"data": {"image": address}, "predictions": [{"model_version": model, "score": score, "result": results}]}


def _result(name: str, shape_hw: tuple[int, int], place: Sequence[float], label: str, score: float) -> dict[str, Any]:
    (height, width), (row, column) = shape_hw, place
    x, y = 100 * (column + 0.5) / width, 100 * (row + 0.5) / height
    return {
        "id": name,
        "from_name": "points",
        "to_name": "image",
        "type": _TYPE,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"x": x, "y": y, "width": _WIDTH_PERCENT, _TYPE: [label]},
        "score": score,
    }
