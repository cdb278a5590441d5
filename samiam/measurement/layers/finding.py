"""Layers: what of one material crosses most of the image, in one part or in several that lie in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.measurement.layers.stacking import OUTSIDE, Crossing
from samiam.outlines import parts_of
from samiam.records.arrays import numbers_in

# Chosen by hand on scenes of `simulate.scenes` with seeds from 5000 on, which no result in the docs is of.
_LEAST_OF_A_PART = 0.02  # of the lines: narrower ones are specks
_LEAST_COVERED = 0.25  # of the lines on which a layer could be seen: less is a particle
_SAME_HEIGHT = 0.5  # of the thinner of two parts that is as high as the other
_SAME_LINES = 0.1  # of the narrower of two parts: more, and one lies above the other
_FEWEST_LINES = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer on the lines that cross it.

    Attributes:
        material: its number.
        n_parts: connected parts.
        lines: int (k,), the lines on which it is.
        edges: float64 (2, k), where it begins and ends on each, in steps of the crossing.
        seen: bool (2, k), whether it does so within the image.
        neighbours: the materials before and behind it, 0 for none, `OUTSIDE` for the edge of the image.
        n_lines: on so many it could be seen.
    """

    material: int
    n_parts: int
    lines: NDArray[np.int64]
    edges: Floats
    seen: NDArray[np.bool_]
    neighbours: tuple[int, int]
    n_lines: int

    @property
    def coverage(self) -> float:
        """Share of the lines on which it could be seen that it is on."""
        return len(self.lines) / self.n_lines

    @property
    def middle(self) -> float:
        """Where it is on most lines."""
        return float(np.median(self.edges.mean(axis=0)))


def find_layers(crossing: Crossing) -> list[Layer]:
    """The layers of an image, from the first along the lines to the last."""
    groups: list[list[_Part]] = []
    for part in sorted(_parts(crossing.materials), key=lambda one: (-len(one.lines), one.lines[0], one.points[0, 0])):
        home = next((group for group in groups if all(part.is_in_a_row_with(one) for one in group)), None)
        if home is None:
            groups.append([part])
        else:
            home.append(part)
    layers = [_layer(crossing.materials, group) for group in groups]
    return sorted((one for one in layers if one.coverage >= _LEAST_COVERED), key=lambda one: one.middle)


@dataclass(frozen=True, eq=False)
class _Part:
    """A connected part: its lines, and on each its first point and its last."""

    material: int
    lines: NDArray[np.int64]
    points: NDArray[np.int64]

    def is_in_a_row_with(self, other: _Part) -> bool:
        """Whether another part is of the same layer: as high, and beside this one."""
        if self.material != other.material:
            return False
        (low, high), (other_low, other_high) = np.median(self.points, axis=1), np.median(other.points, axis=1)
        shared = min(high, other_high) - max(low, other_low) + 1
        is_as_high = shared >= _SAME_HEIGHT * (min(high - low, other_high - other_low) + 1)
        both = len(np.intersect1d(self.lines, other.lines))
        return bool(is_as_high and both <= _SAME_LINES * min(len(self.lines), len(other.lines)))


def _parts(materials: NDArray[np.int32]) -> Iterator[_Part]:
    fewest = max(_FEWEST_LINES, _LEAST_OF_A_PART * len(materials))
    for material in numbers_in(np.maximum(materials, 0)):
        for (lines, points), inside in parts_of(materials == material):  # the part is on every line of its box
            if len(inside) >= fewest:
                ends = np.stack([inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)])
                yield _Part(material, np.arange(lines.start, lines.stop), ends + points.start)


def _layer(materials: NDArray[np.int32], parts: Sequence[_Part]) -> Layer:
    lines = np.unique(np.concatenate([part.lines for part in parts]))
    points = np.stack([np.full(len(lines), materials.shape[1]), np.full(len(lines), -1)])
    for part in parts:
        at = np.searchsorted(lines, part.lines)
        points[0, at] = np.minimum(points[0, at], part.points[0])
        points[1, at] = np.maximum(points[1, at], part.points[1])
    next_to = points + np.array([[-1], [1]])
    is_within = (next_to >= 0) & (next_to < materials.shape[1])
    beyond = np.where(is_within, materials[lines, np.clip(next_to, 0, materials.shape[1] - 1)], OUTSIDE)
    middle = round(float(np.median(points.mean(axis=0))))
    return Layer(
        parts[0].material,
        len(parts),
        lines,
        edges=points + np.array([[-0.5], [0.5]]),
        seen=beyond != OUTSIDE,
        neighbours=(_most_often(beyond[0]), _most_often(beyond[1])),
        n_lines=max(int(np.count_nonzero(materials[:, middle] != OUTSIDE)), len(lines)),
    )


def _most_often(materials: NDArray[np.int32]) -> int:
    """Of what is within the image; `OUTSIDE` if nothing is."""
    inside = materials[materials != OUTSIDE]
    return int(np.bincount(inside).argmax()) if len(inside) else OUTSIDE
