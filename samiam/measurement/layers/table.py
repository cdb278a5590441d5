"""Thickness and interfaces of each layer, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.measurement.layers.finding import Layer, find_layers
from samiam.measurement.layers.interfaces import (
    FEWEST_LINES,
    correlation_length,
    interface_width,
    roughness,
    trend,
)
from samiam.measurement.layers.stacking import OUTSIDE, Crossing, across_layers, crossed
from samiam.records import Micrograph, Segmentation

_ENOUGH_SEEN = 0.2  # of the lines of a layer, on which both of its edges are within the image
_SLOPE_OVER = 8  # lines: the course of an edge of the image is looked at over so many, for it has stairs
_SIDES = ("upper", "lower")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layered:
    """The layers of an image, and the lines on which they were measured.

    Attributes:
        crossing: the lines.
        layers: from the first along them to the last.
    """

    crossing: Crossing
    layers: tuple[Layer, ...]


def layered(segmentation: Segmentation, micrograph: Micrograph) -> Layered | None:
    """The layers of an image; None where it has none."""
    materials = segmentation.each_material
    across_xy = across_layers(materials, micrograph.shown, micrograph.sides_xy)
    if across_xy is None:
        return None
    crossing = crossed(materials, micrograph.shown, micrograph.sides_xy, across_xy)
    layers = tuple(find_layers(crossing))
    return Layered(crossing, layers) if layers else None


def layer_table(
    found: Layered | None, micrograph: Micrograph, names: Mapping[int, str | None], periods: Mapping[int, float]
) -> pd.DataFrame:
    """Measure layers.

    Args:
        found: the layers; None for none.
        micrograph: gives the brightness.
        names: of the materials, by their numbers.
        periods: the widest spacing of the lattices of materials, by their numbers; those without one are missing.

    Returns:
        The table that `samiam.measurement.Measurements.layers` is.
    """
    rows = []
    for number, layer in enumerate(found.layers if found else (), start=1):
        assert found is not None
        row = {"layer": number, "material": layer.material, "name": names[layer.material]}
        row |= _thickness(layer, found.crossing, micrograph.unit)
        reaches = _reaches(found.layers, number - 1, found.crossing.step)
        for side in (0, 1):
            facts = _interface(layer, side, found.crossing, micrograph, reaches[side], periods)
            row |= {f"{_SIDES[side]}_{name}": value for name, value in facts.items()}
        rows.append(row)
    whole_numbers = dict.fromkeys((f"{side}_neighbour" for side in _SIDES), "Int64")  # also where some are missing
    return pd.DataFrame(rows, columns=columns(micrograph.unit)).astype(whole_numbers)


def columns(unit: str) -> list[str]:
    """Those of the table."""
    return [
        *("layer", "material", "name", "parts", "coverage", f"thickness_{unit}", f"thickness_std_{unit}"),
        *("thickness_is_lower_bound", f"measured_over_{unit}", "tilt_deg"),
        *(f"{side}_{name}" for side in _SIDES for name in _of_interface(unit)),
    ]


def _of_interface(unit: str) -> list[str]:
    return ["neighbour", f"roughness_rms_{unit}", f"correlation_length_{unit}", f"width_10_90_{unit}"]


def both_seen(layer: Layer) -> NDArray[np.bool_] | None:
    """The lines on which both edges of a layer are within the image; None where they are too few to go by."""
    both = np.asarray(layer.seen.all(axis=0))
    return both if _are_enough(both) else None


def _are_enough(lines: NDArray[np.bool_]) -> bool:
    """Whether so many lines of a layer say how thick it is."""
    return bool(np.count_nonzero(lines) >= max(FEWEST_LINES / 2, _ENOUGH_SEEN * len(lines)))


def _thickness(layer: Layer, crossing: Crossing, unit: str) -> dict[str, Any]:
    """Along the layer's normal, on the lines that say how thick it is."""
    used, course = _lines_and_course(layer, crossing)
    edges = layer.edges[:, used] * crossing.step
    along = np.asarray(layer.lines[used] * crossing.line_step, np.float64)
    _, slope = trend(along, course[used] * crossing.step)
    thickness = (edges[1] - edges[0]) / np.hypot(1, slope)
    x, y = crossing.along_xy + float(np.median(slope)) * crossing.across_xy
    return {
        "parts": layer.n_parts,
        "coverage": layer.coverage,
        f"thickness_{unit}": float(thickness.mean()),
        f"thickness_std_{unit}": float(thickness.std()),
        "thickness_is_lower_bound": both_seen(layer) is None,
        f"measured_over_{unit}": len(along) * crossing.line_step,
        "tilt_deg": float(np.degrees(np.arctan2(-y, x)) + 90) % 180 - 90,
    }


def _lines_and_course(layer: Layer, crossing: Crossing) -> tuple[NDArray[np.bool_], Floats]:
    """The lines that say how thick a layer is, and the heights that say how it runs.

    Where both edges are seen on enough lines, these and its middle. A layer that goes on beyond the image is measured
    from the edge that is seen most to the edge of the image along it; lines that leave by the side of the image are
    shorter than the layer is thick.
    """
    middle = layer.edges.mean(axis=0)
    both = both_seen(layer)
    if both is not None:
        return both, middle
    side = int(np.argmax(np.count_nonzero(layer.seen, axis=1)))
    seen, edge, along = layer.seen[side], layer.edges[side], _along_layer(layer, crossing)
    ways: tuple[tuple[NDArray[np.bool_], Floats], ...] = (
        (np.asarray(seen & along[1 - side]), edge),
        (np.asarray(seen), edge),
        (np.asarray(along.all(axis=0)), middle),
    )
    return next((way for way in ways if _are_enough(way[0])), (np.ones(len(layer.lines), np.bool_), middle))


def _along_layer(layer: Layer, crossing: Crossing) -> NDArray[np.bool_]:
    """On which lines each end of a layer is an interface, or an edge of the image nearer to its course than across it.

    Returns:
        Bool (2, k), like `seen`. An edge of the image counts where over a few lines, to one side at least, it goes on
        and does not rise by more than these are apart; a line that clips a corner of the image has no such neighbours.
    """
    found = layer.seen.copy()
    before, behind = np.s_[..., :-_SLOPE_OVER], np.s_[..., _SLOPE_OVER:]
    if len(layer.lines) > _SLOPE_OVER:
        goes_on = layer.lines[behind] - layer.lines[before] == _SLOPE_OVER
        rise = np.abs(layer.edges[behind] - layer.edges[before]) * crossing.step
        is_gentle = rise <= _SLOPE_OVER * crossing.line_step + crossing.step  # whole pixels may add one
        is_along = goes_on & is_gentle & ~layer.seen[before] & ~layer.seen[behind]
        found[before] |= is_along
        found[behind] |= is_along
    return found


def _reaches(layers: Sequence[Layer], index: int, step: float) -> tuple[float, float]:
    """How far profiles across its two interfaces may reach: half-way through the thinner of two layers."""
    halves = [float(np.median(layer.edges[1] - layer.edges[0])) * step / 2 for layer in layers]
    before = halves[index - 1] if index else halves[index]
    behind = halves[index + 1] if index + 1 < len(halves) else halves[index]
    return min(halves[index], before), min(halves[index], behind)


def _interface(
    layer: Layer,
    side: int,
    crossing: Crossing,
    micrograph: Micrograph,
    reach: float,
    periods: Mapping[int, float],
) -> dict[str, Any]:
    """What there is to say of the edge of a layer where it is seen."""
    neighbour, seen, unit = layer.neighbours[side], layer.seen[side], micrograph.unit
    if neighbour == OUTSIDE:
        return {"neighbour": None}
    lines, heights = layer.lines[seen], layer.edges[side, seen]
    period = max(periods.get(material, 0.0) for material in (layer.material, neighbour))
    values = (
        roughness(lines * crossing.line_step, heights * crossing.step, crossing.step),
        correlation_length(lines, heights * crossing.step, crossing.line_step, crossing.step),
        interface_width(
            micrograph.pixels,
            crossing,
            lines,
            heights,
            sides_xy=micrograph.sides_xy,
            reach=reach,
            period=period,
        ),
    )
    return dict(zip(_of_interface(unit), (neighbour, *values), strict=True))
