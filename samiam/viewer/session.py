"""One image while it is corrected: what can be done to its regions, each step taken back and done again at will."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import numpy as np

from samiam.errors import InputError
from samiam.records import Segmentation
from samiam.viewer.areas import Area, Point, lasso, rectangle, stroke, touching
from samiam.viewer.canvas import Canvas, Region
from samiam.viewer.history import NOWHERE, WHOLE, Change, History, Pixels, Step, Verdict, difference
from samiam.viewer.seeing.sight import Box, Sees
from samiam.viewer.tidying import tidied


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Session:
    """The regions of one image, begun with its automatic result; it knows no toolkit.

    Regions have numbers that stay what they are, so that colours do. A tool that draws gives pixels to the region that
    is named as `into`, or to a new one where that is None.

    Args:
        sight: what is known of the image.
        who: the name of whoever corrects it.
        n_materials: how many materials the automatic result has; None to estimate it.
        now: the time, ISO 8601.
    """

    def __init__(self, sight: Sees, who: str, n_materials: int | None = None, now: Callable[[], str] = _now) -> None:
        self.sight, self.who, self._now = sight, who, now
        self.canvas = Canvas.of(sight.result(n_materials))
        self.history = History()
        self.verdict: Verdict | None = None
        self.version = 0
        self.lock = threading.RLock()
        self.saved_version: int | None = None
        self._past: list[Step] = []
        self._pointing: _Pointing | None = None
        self._last_box = NOWHERE

    # What is shown

    @property
    def steps(self) -> list[Step]:
        """What was done and holds, in earlier sittings too."""
        return [*self._past, *self.history.steps]

    @property
    def is_pointing(self) -> bool:
        """Whether a click would correct the last answer."""
        return self._pointing is not None

    @property
    def is_saved(self) -> bool:
        """Whether nothing was done since it was saved or, where it never was, since it was opened."""
        return self.version == (self.saved_version or 0)

    @property
    def last_box(self) -> Pixels:
        """The rows and columns in which the last version differs from the one before."""
        return self._last_box

    def region_at(self, x: int, y: int) -> int:
        """The number of the region of a pixel, 0 for none.

        Raises:
            InputError: if it lies outside of the image.
        """
        height, width = self.canvas.shape_hw
        if not (0 <= x < width and 0 <= y < height):
            raise InputError(f"point {x},{y} lies outside of the image of {width} × {height} px.")
        return int(self.canvas.labels[y, x])

    # What there was

    def go_on(self, segmentation: Segmentation, steps: Sequence[Step], verdict: Verdict | None) -> None:
        """Begin with what an earlier sitting has left; its steps cannot be taken back one by one."""
        self.canvas = Canvas.of(segmentation, self.canvas.next_number)
        self._past, self.verdict = list(steps), verdict

    def boost(self, n_materials: int | None) -> None:
        """Begin again with the automatic result of another number of materials; nothing is looked at again.

        Several numbers one after the other are one step: taken back, it gives back what was done before the first.
        """
        if n_materials is not None and n_materials < 1:
            raise InputError(f"{n_materials} materials: give 1 or more.")
        found = Canvas.of(self.sight.result(n_materials), self.canvas.next_number)
        last = self.history.done[-1] if self.history.done else None
        if last is None or last.step.what != "boost":
            self._take("boost", {"n_materials": n_materials, "steps_replaced": _since_boost(self.steps)}, found)
        else:
            details = {"n_materials": n_materials, "steps_replaced": _since_boost(self.steps[:-1])}
            self._amend(details, last.undone(self.canvas), found)

    # Pointing

    def point(self, x: float, y: float, *, inside: bool = True, into: int | None = None) -> None:
        """This pixel is of the material that is meant, or is not; further clicks until `settle` correct the answer."""
        points = [*(self._pointing.points if self._pointing else []), (x, y, inside)]
        self._point(points, self._pointing.box if self._pointing else None, into)

    def box(self, box_xyxy: Box, *, into: int | None = None) -> None:
        """The material that is meant lies in this box; further clicks until `settle` correct the answer."""
        area = rectangle(box_xyxy, self.canvas.shape_hw)
        rows, columns = area.box
        inner = float(columns.start), float(rows.start), float(columns.stop), float(rows.stop)
        self._point(self._pointing.points if self._pointing else [], inner, into)

    def settle(self) -> None:
        """The answer to the clicks is right: the next click is about something else."""
        self._pointing = None

    def _point(self, points: list[tuple[float, float, bool]], box: Box | None, into: int | None) -> None:
        before = self._pointing
        into = before.into if before else into
        found = self.sight.meant([(x, y) for x, y, _ in points], [inside for _, _, inside in points], box)
        if not found.size:
            raise InputError("nothing stands out there; point elsewhere, or draw it.")
        canvas = before.canvas if before else self.canvas
        number = into or (before.number if before else canvas.next_number)
        details = {"points": [[x, y, int(inside)] for x, y, inside in points], "box": box, "region": number}
        area, known = self._shown(tidied(found, canvas.labels)), _known(into, canvas)
        if before is None:
            self._give("point", details, area, number, known)
        else:
            self._amend(details, canvas, canvas.claimed(area, number, known))
        self._pointing = _Pointing(points, box, into, number, canvas)

    # Drawing

    def paint(self, points_xy: Sequence[Point], radius_px: float, into: int | None = None) -> None:
        """A stroke of a round brush."""
        area = stroke(points_xy, radius_px, self.canvas.shape_hw)
        self._draw("paint", {"points": _rounded(points_xy), "radius_px": radius_px}, area, into)

    def erase(self, points_xy: Sequence[Point], radius_px: float, only: int | None = None) -> None:
        """Likewise, giving pixels to no region; those of one region only where it is named."""
        area = stroke(points_xy, radius_px, self.canvas.shape_hw)
        if only is not None:
            self.canvas.region(only)
            area = area.within(self.canvas.labels == only)
        details = {"points": _rounded(points_xy), "radius_px": radius_px, "region": only}
        self._give("erase", details, self._shown(area), 0)

    def fill(self, points_xy: Sequence[Point], into: int | None = None) -> None:
        """What lies within a lasso."""
        area = lasso(points_xy, self.canvas.shape_hw)
        self._draw("fill", {"points": _rounded(points_xy)}, area, into)

    def grow(self, points_xy: Sequence[Point], into: int | None = None, strictness: float = 0.5) -> None:
        """What lies within a lasso, and what has its texture and is connected to it."""
        seed = self._shown(lasso(points_xy, self.canvas.shape_hw))
        grown = tidied(Area.of(touching(self.sight.alike(seed, strictness), seed)), self.canvas.labels)
        self._draw("grow", {"points": _rounded(points_xy), "strictness": strictness}, grown, into)

    def find_all(self, box_xyxy: Box, into: int | None = None, strictness: float = 0.5) -> None:
        """Everything that has the texture of an exemplar: the pixels of a box, which may be a single one."""
        exemplar = self._shown(rectangle(box_xyxy, self.canvas.shape_hw))
        found = tidied(Area.of(self.sight.alike(exemplar, strictness)), self.canvas.labels)
        self._draw("find_all", {"box": list(box_xyxy), "strictness": strictness}, found, into)

    def _draw(self, what: str, details: dict[str, Any], area: Area, into: int | None) -> None:
        number = into or self.canvas.next_number
        self._give(what, {**details, "region": number}, self._shown(area), number, _known(into, self.canvas))

    def _shown(self, area: Area) -> Area:
        """What of an area shows the specimen, and not a frame or a bar."""
        shown = self.sight.micrograph.shown
        return area if shown is None else area.within(shown)

    # Regions as wholes

    def merge(self, numbers: Sequence[int]) -> None:
        """Several regions become the first of them."""
        if len(set(numbers)) < 2:
            raise InputError("one region alone cannot be merged; choose two or more.")
        first, *others = dict.fromkeys(numbers)
        for other in others:
            self.canvas.region(other)
        regions = [self.canvas.region(one) for one in (first, *others)]
        known = replace(regions[0], origin=frozenset().union(*(one.origin for one in regions)), confidence=None)
        area = Area.of(np.isin(self.canvas.labels, others, kind="table"))
        self._give("merge", {"regions": [first, *others]}, area, first, known)

    def split(self, number: int) -> None:
        """A region in two, where its texture differs most; the smaller part is new."""
        part = tidied(self.sight.smaller_part(self.canvas.area_of(number)), self.canvas.labels)
        self._part("split", {"region": number}, number, part)

    def cut(self, number: int, points_xy: Sequence[Point]) -> None:
        """What of a region lies within a lasso becomes a new one."""
        area = lasso(points_xy, self.canvas.shape_hw).within(self.canvas.labels == number)
        self._part("cut", {"region": number, "points": _rounded(points_xy)}, number, area)

    def part(self, number: int, x: int, y: int) -> None:
        """The connected part of a region around a pixel becomes a new one."""
        if self.region_at(x, y) != number:
            raise InputError(f"point {x},{y} is not in region {number}; point into it.")
        pixel = Area(y, x, np.ones((1, 1), np.bool_))
        part = Area.of(touching(self.canvas.labels == number, pixel))
        self._part("part", {"region": number, "point": [x, y]}, number, part)

    def _part(self, what: str, details: dict[str, Any], number: int, area: Area) -> None:
        region = self.canvas.region(number)
        if not 0 < area.size < self.canvas.areas[number]:
            raise InputError(f"that would leave region {number} as it is; mark a part of it.")
        new = self.canvas.next_number
        known = Region(self.canvas.next_material, origin=region.origin)
        self._give(what, {**details, "new": new}, area, new, known)

    def rename(self, number: int, name: str | None) -> None:
        """What a region's material is called, None for nothing."""
        self._take("rename", {"region": number, "name": name}, self.canvas.named(number, name))

    def delete(self, number: int) -> None:
        """The pixels of a region go to none."""
        self._give("delete", {"region": number}, self.canvas.area_of(number), 0)

    # Steps

    def undo(self) -> None:
        """Take the last step back."""
        self._go(self.history.undo(self.canvas))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._go(self.history.redo(self.canvas))

    def judge(self, accepted: bool | None) -> None:
        """Accept or reject the regions as they are; None takes the verdict back, as any further step does."""
        self.settle()
        self.verdict = None if accepted is None else Verdict(accepted, self.who, self._now())
        self.version += 1
        self._last_box = NOWHERE

    def _give(self, what: str, details: dict[str, Any], area: Area, number: int, known: Region | None = None) -> None:
        """An area goes to a region, see `Canvas.claimed`."""
        self._take(what, details, self.canvas.claimed(area, number, known), area.box)

    def _take(self, what: str, details: dict[str, Any], after: Canvas, within: Pixels = WHOLE) -> None:
        self._pointing = None
        self._add(Change.between(self.canvas, after, Step(what, details, self.who, self._now()), within), after)

    def _amend(self, details: dict[str, Any], before: Canvas, after: Canvas) -> None:
        """The last step, done otherwise."""
        step = replace(self.history.done.pop().step, details=details, when_utc=self._now())
        self.history.add(Change.between(before, after, step))
        self._show(after, difference(self.canvas.labels, after.labels)[0])

    def _add(self, change: Change, after: Canvas) -> None:
        self.history.add(change)
        self._show(after, change.box)

    def _go(self, gone: tuple[Canvas, Change] | None) -> None:
        self._pointing = None
        if gone is not None:
            self._show(gone[0], gone[1].box)

    def _show(self, canvas: Canvas, box: Pixels) -> None:
        self.canvas, self._last_box, self.verdict = canvas, box, None
        self.version += 1


@dataclass(frozen=True)
class _Pointing:
    """Clicks that are not settled.

    Attributes:
        points: x, y and whether it is on what is meant.
        box: around it, or None.
        into: the region that gets the answer, None for a new one.
        number: of the region that has got it.
        canvas: as it was before the first click.
    """

    points: list[tuple[float, float, bool]]
    box: Box | None
    into: int | None
    number: int
    canvas: Canvas


def _known(into: int | None, canvas: Canvas) -> Region:
    """What is known of the region that something drawn goes to."""
    return Region(canvas.next_material) if into is None else replace(canvas.region(into), confidence=None)


def _since_boost(steps: Sequence[Step]) -> int:
    """How many of the last steps made what the next automatic result replaces."""
    return sum(1 for _ in takewhile(lambda step: step.what != "boost", reversed(steps)))


def _rounded(points_xy: Sequence[Point]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in points_xy]
