"""Layers of a crystal that differ too little for masks and texture, as a film that is doped by a few percent may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.division.splitting import log_odds_of_grains
from samiam.lattices.steps.finding import is_one_nearby, strongest_step
from samiam.lattices.steps.step import Step
from samiam.records.arrays import numbers_in
from samiam.texture import TextureField

_ANOTHER = -1.0
"""Log odds that a further step needs: of crystals one in five has any, of those with one a half has another."""
_RATHER_GRAINS = 0.5
"""Log odds by which a step is surer than grains on its sides are; chosen on the scenes that its own odds are of."""
_FEWEST_WAVES = 2
"""Steps of a crystal that are none nearby, from which on they are waves of light; one may be a film's, by noise."""
_SAME = 0.5
"""Difference of brightness, over that across the faintest step, up to which layers of a crystal are of one material."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layered:
    """Materials of which crystals are divided into layers.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented. The largest material of a crystal has its label, others new ones.
        crystals: of each crystal that is divided the labels of its layers, from one side to the other.
        apart: pairs of labels, of one crystal, that differ by as much as the faintest step in it.
    """

    labels: NDArray[np.uint32]
    crystals: list[list[int]]
    apart: list[tuple[int, int]]


def in_layers(
    labels: NDArray[np.uint32], field: TextureField, pixels: NDArray[np.float32], *, smallest: float = 0.005
) -> Layered:
    """Crystals divided along the steps that rather are interfaces, the most likely one first, then others along it.

    Args:
        labels: uint32 (H, W), 0 where not segmented, materials 1, 2, ….
        field: what an encoder sees in the image.
        pixels: float32 (H, W), the image.
        smallest: share of the image that a layer has at least.
    """
    found, new = labels, int(labels.max(initial=0))
    crystals, apart = list[list[int]](), list[tuple[int, int]]()
    for label in numbers_in(labels):
        inside = labels == label
        steps = _steps_in(inside, field, pixels, smallest * labels.size)
        if not steps:
            continue
        layer = np.sum([step.beyond(labels.shape) for step in steps], axis=0)
        changes = [step.brighter for step in steps]
        materials, levels = _materials_of(changes)
        areas = np.bincount(materials[layer[inside]])
        numbers = np.insert(np.arange(new + 1, new + len(areas), dtype=np.uint32), areas.argmax(), label)
        new += len(areas) - 1
        found = np.where(inside, numbers[materials[layer]], found)
        crystals.append(numbers[materials].tolist())
        differ = np.abs(levels[:, None] - levels) >= min(map(abs, changes))
        apart += [(int(numbers[one]), int(numbers[other])) for one, other in np.argwhere(differ)]
        apart += pairwise(crystals[-1])
    return Layered(found, crystals, apart)


def _steps_in(
    crystal: NDArray[np.bool_], field: TextureField, pixels: NDArray[np.float32], smallest_px: float
) -> list[Step]:
    """The interfaces in a crystal, bool (H, W), from one side of it to the other.

    Where light changes in waves, as behind the curtains of an ion beam, steps that are none nearby are of these.
    """
    steps, waves, ahead = list[Step](), list[Step](), [crystal]
    while ahead:
        inside = ahead.pop()
        known = steps + waves
        step = strongest_step(pixels, inside, known[0].normal_xy if known else None)
        needed = _ANOTHER if known else 0.0
        if step is None or step.log_odds <= needed:
            continue
        parts = step.sides(inside)
        if min(map(np.count_nonzero, parts)) < smallest_px:
            continue
        grains = log_odds_of_grains(*parts, field)
        if grains > 0 and step.log_odds <= needed + grains + _RATHER_GRAINS:
            continue
        (steps if is_one_nearby(step, pixels, inside) else waves).append(step)
        ahead += parts
    has_curtains = len(waves) >= max(_FEWEST_WAVES, len(steps))
    return sorted(steps if has_curtains else steps + waves, key=lambda step: step.place_px)


def _materials_of(changes: Sequence[float]) -> tuple[NDArray[np.intp], Floats]:
    """Which material each of the layers is of, 0, 1, …, and the brightness of each of these, over that of the first.

    Layers are compared by how the brightness changes from each to the next, as light and thickness may change over the
    crystal.
    """
    most = _SAME * min(map(abs, changes))
    levels, found = list[float](), list[int]()
    for level in np.cumsum([0.0, *changes]).tolist():
        same = [material for material, other in enumerate(levels) if abs(level - other) < most]
        found.append(same[0] if same else len(levels))
        if not same:
            levels.append(level)
    return np.array(found), np.array(levels)
