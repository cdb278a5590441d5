"""Steps of a correction, with who took them and when, as changes that can be taken back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.records import Segmentation
from samiam.viewer.areas import Area
from samiam.viewer.canvas import Canvas, Region, runs_of

Pixels = tuple[slice, slice]
"""The rows and columns of a box."""
WHOLE: Pixels = (slice(None), slice(None))
NOWHERE: Pixels = (slice(0, 0), slice(0, 0))


@dataclass(frozen=True)
class Step:
    """What somebody did.

    Attributes:
        what: in a word, as "merge".
        details: what with and where, as JSON holds it; numbers of regions are those of the session.
        who: the name of whoever did it.
        when_utc: ISO 8601.
        n_pixels: how many pixels have another region since.
    """

    what: str
    details: Mapping[str, Any]
    who: str
    when_utc: str
    n_pixels: int = 0


@dataclass(frozen=True)
class Verdict:
    """What somebody thinks of the regions as they are.

    Attributes:
        accepted: whether they are right.
        who: that somebody's name.
        when_utc: ISO 8601.
    """

    accepted: bool
    who: str
    when_utc: str


@dataclass(frozen=True, eq=False)
class _Packed:
    """An image of labels as runs of equal ones: regions are large, so that a megapixel takes some kilobytes."""

    starts: NDArray[np.int32]
    values: NDArray[np.uint32]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, labels: NDArray[np.uint32]) -> _Packed:
        starts, values = runs_of(labels)
        return cls(starts.astype(np.int32), values, labels.shape)

    @property
    def labels(self) -> NDArray[np.uint32]:
        lengths = np.diff(self.starts, append=math.prod(self.shape))
        return np.repeat(self.values, lengths).reshape(self.shape)


@dataclass(frozen=True)
class _Beside:
    """What a canvas is beside its pixels."""

    regions: Mapping[int, Region]
    areas: Mapping[int, int]
    result: Segmentation

    @classmethod
    def of(cls, canvas: Canvas) -> _Beside:
        return cls(canvas.regions, canvas.areas, canvas.result)


@dataclass(frozen=True)
class Change:
    """A step, and what it changed: the box of pixels before and after it, and what is known of the regions.

    Attributes:
        step: what was done.
        box: rows and columns within which pixels differ.
    """

    step: Step
    box: Pixels
    _before: _Packed
    _after: _Packed
    _beside_before: _Beside
    _beside_after: _Beside

    @classmethod
    def between(cls, before: Canvas, after: Canvas, step: Step, within: Pixels = WHOLE) -> Change:
        """What leads from one canvas to another that differs within a box alone."""
        box, n_pixels = difference(before.labels, after.labels, within)
        packed = _Packed.of(before.labels[box]), _Packed.of(after.labels[box])
        return cls(replace(step, n_pixels=n_pixels), box, *packed, _Beside.of(before), _Beside.of(after))

    def undone(self, canvas: Canvas) -> Canvas:
        """The canvas before, of that after."""
        return self._put(canvas, self._before, self._beside_before)

    def done(self, canvas: Canvas) -> Canvas:
        """The canvas after, of that before."""
        return self._put(canvas, self._after, self._beside_after)

    def touched(self, x: int, y: int) -> bool:
        """Whether the pixel has another region since."""
        rows, columns = self.box
        if not (rows.start <= y < rows.stop and columns.start <= x < columns.stop):
            return False
        place = y - rows.start, x - columns.start
        return bool(self._before.labels[place] != self._after.labels[place])

    def _put(self, canvas: Canvas, packed: _Packed, beside: _Beside) -> Canvas:
        labels = canvas.labels.copy()
        labels[self.box] = packed.labels
        labels.flags.writeable = False
        return replace(canvas, labels=labels, regions=beside.regions, areas=beside.areas, result=beside.result)


def difference(before: NDArray[np.uint32], after: NDArray[np.uint32], within: Pixels = WHOLE) -> tuple[Pixels, int]:
    """The box around the pixels that differ, all of which are within another, and how many they are; empty for none."""
    if before is after:
        return NOWHERE, 0
    differs = Area.of(before[within] != after[within], within[0].start or 0, within[1].start or 0)
    return differs.box, differs.size


@dataclass
class History:
    """The changes that were made, and those that were taken back.

    Attributes:
        done: in order; the last one is undone first.
        undone: those taken back, the last first to be done again; a new change forgets them.
    """

    done: list[Change] = field(default_factory=list)
    undone: list[Change] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """A new change."""
        self.done.append(change)
        self.undone.clear()

    def undo(self, canvas: Canvas) -> tuple[Canvas, Change] | None:
        """The canvas without the last change, and that; None where there is none."""
        if not self.done:
            return None
        change = self.done.pop()
        self.undone.append(change)
        return change.undone(canvas), change

    def redo(self, canvas: Canvas) -> tuple[Canvas, Change] | None:
        """The canvas with the change that was taken back last, and that; None where there is none."""
        if not self.undone:
            return None
        change = self.undone.pop()
        self.done.append(change)
        return change.done(canvas), change

    @property
    def steps(self) -> list[Step]:
        """What was done and holds."""
        return [change.step for change in self.done]
