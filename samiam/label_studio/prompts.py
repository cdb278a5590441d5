"""What an annotator pointed with, as clicks and a box: keypoints, rectangles, strokes of the brush, outlines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.datasets.label_studio.regions import Brush, shape_of
from samiam.errors import InputError
from samiam.geometry import pole_of_inaccessibility
from samiam.label_studio.interface import Interface

_CLICKS_OF_A_STROKE = 5
"""As many as people make on one thing; more would say no more, as an answer is a choice among regions."""
_MOST = 200
"""Things in one request: nobody points so often at one thing."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Pointing:
    """All that points at one thing.

    Attributes:
        label: what the thing is.
        points_xy: clicked pixels.
        is_inside: whether each is on the thing, or beside it.
        box: around it, x0, y0, x1, y1 in pixels, or None.
    """

    label: str
    points_xy: Sequence[tuple[float, float]] = ()
    is_inside: Sequence[bool] = ()
    box: Box | None = None

    def clicked(self, points_xy: Sequence[tuple[float, float]], *, inside: bool) -> Pointing:
        """With further clicks."""
        sides = [*self.is_inside, *[inside] * len(points_xy)]
        return replace(self, points_xy=[*self.points_xy, *points_xy], is_inside=sides)


def pointings_of(results: object, interface: Interface, shape_hw: tuple[int, int]) -> list[Pointing]:
    """What a request points at: of each label, its clicks together; each further box is a thing of its own.

    Args:
        results: what the annotator drew, as Label Studio sends it.
        interface: of the project.
        shape_hw: of the image, in pixels.

    Raises:
        InputError: if nothing is pointed at, or something of it cannot be used.
    """
    if not isinstance(results, list) or not results or len(results) > _MOST:
        raise InputError("nothing is pointed at; click, or draw a box, with a tool that is switched to Auto.")
    found: dict[str, list[Pointing]] = {}
    for result in results:
        try:
            label, added = _read(result, interface, shape_hw)
        except InputError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise InputError("what was drawn is not as Label Studio writes it; update it, or this program.") from None
        things = found.setdefault(label, [Pointing(label)])
        if added.box is None:
            clicks = zip(added.points_xy, added.is_inside, strict=True)
            for point, inside in clicks:
                things[0] = things[0].clicked([point], inside=inside)
        elif things[0].box is None:
            things[0] = replace(things[0], box=added.box)
        else:
            things.append(added)
    return [thing for things in found.values() for thing in things]


def _read(result: Mapping[str, Any], interface: Interface, shape_hw: tuple[int, int]) -> tuple[str, Pointing]:
    """The label of one thing that was drawn, and how it points."""
    kind, value = result["type"], result["value"]
    label = interface.label([str(one) for one in value.get(kind, value.get("labels", []))])
    height, width = shape_hw
    drawn_on = (result.get("original_height", height), result.get("original_width", width))
    if drawn_on != shape_hw:
        raise InputError(f"drawn on {drawn_on} pixels, but the image has {shape_hw}; reload the task.")
    if result.get("image_rotation", 0) % 360:
        raise InputError("the image is turned; turn it back before you click.")
    inside = bool(result.get("is_positive", True))
    if kind.startswith("keypoint"):
        return label, Pointing(label).clicked([_pixel(value, shape_hw)], inside=inside)
    shape = shape_of(value)
    if shape is None:
        raise InputError(f"{kind} points at nothing; click, paint, or draw a rectangle.")
    mask = shape.mask(shape_hw)
    if not mask.any():
        raise InputError(f"the {kind} holds no pixel of the image; draw it larger.")
    if isinstance(shape, Brush):
        return label, Pointing(label).clicked(list(_along(mask)), inside=inside)
    if not inside:
        raise InputError(f"a {kind} cannot say what is not meant; click there instead.")
    return label, Pointing(label, box=_box_around(mask))


def _pixel(value: Mapping[str, Any], shape_hw: tuple[int, int]) -> tuple[float, float]:
    """Where a keypoint is, in pixels of which the middle of the first is at 0; within the image."""
    x, y = (float(value[name]) * side / 100 for name, side in (("x", shape_hw[1]), ("y", shape_hw[0])))
    if not (0 <= x <= shape_hw[1] and 0 <= y <= shape_hw[0]):
        raise InputError(f"the click at {x:g},{y:g} lies outside of the image; click on it.")
    return min(max(x - 0.5, 0.0), shape_hw[1] - 1.0), min(max(y - 0.5, 0.0), shape_hw[0] - 1.0)


def _along(mask: NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """Clicks for a stroke: where it is broadest, then each time its pixel that is farthest from all before."""
    (y, x), _ = pole_of_inaccessibility(mask)
    rows, columns = np.nonzero(mask)
    distances = np.full(len(rows), np.inf)
    for _ in range(_CLICKS_OF_A_STROKE):
        yield float(x), float(y)
        distances = np.minimum(distances, np.hypot(columns - x, rows - y))
        farthest = int(distances.argmax())
        if distances[farthest] < 1:
            return
        y, x = int(rows[farthest]), int(columns[farthest])


def _box_around(mask: NDArray[np.bool_]) -> Box:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
