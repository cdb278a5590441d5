"""The lattice of each grain, as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from samiam.lattices.basis import Basis, basis_of
from samiam.lattices.spectrum import reflections_within
from samiam.measurement.lattices.phases import candidates_for
from samiam.outlines import largest_part
from samiam.records import Micrograph, Segmentation


def lattices(segmentation: Segmentation, micrograph: Micrograph) -> pd.DataFrame:
    """Measure the lattice of each grain on the largest connected part of it.

    Returns:
        The table that `samiam.measurement.Measurements.lattices` is.
    """
    named = zip(segmentation.label_of_grain, range(1, segmentation.n_grains + 1), strict=True)
    boxes = ndimage.find_objects(segmentation.each_grain.astype(np.int32))
    rows = []
    for label, grain in named:
        box = boxes[grain - 1]
        part = largest_part(segmentation.each_grain[box] == grain)
        found = basis_of(reflections_within(micrograph.pixels[box], part, micrograph.sides_xy))
        row = {
            "grain": grain,
            "label": label,
            "material": segmentation.material_of[label - 1],
            "name": segmentation.names[label - 1],
        }
        rows.append(row | _measured(found, micrograph.unit))
    return pd.DataFrame(rows, columns=columns(micrograph.unit))


def columns(unit: str) -> list[str]:
    """Those of the table."""
    numbers = [column for name, in_unit, _ in _NUMBERS for column in _pair(name, in_unit.format(unit=unit))]
    return ["grain", "label", "material", "name", *numbers, "reflections", "candidates", "remark"]


def _spacing(which: int) -> Callable[[Basis], float]:
    return lambda basis: float(1 / np.hypot(*basis.waves[which]))


def _component(vector: int, axis: int) -> Callable[[Basis], float]:
    return lambda basis: float(basis.vectors[vector, axis])


def _length(vector: int) -> Callable[[Basis], float]:
    return lambda basis: float(np.hypot(*basis.vectors[vector]))


def _angle_deg(basis: Basis) -> float:
    first, second = basis.vectors
    return float(np.degrees(np.arccos(first @ second / (np.hypot(*first) * np.hypot(*second)))))


# Name, unit, how it follows from the basis.
_NUMBERS: tuple[tuple[str, str, Callable[[Basis], float]], ...] = (
    ("spacing_1", "{unit}", _spacing(0)),
    ("spacing_2", "{unit}", _spacing(1)),
    ("a", "{unit}", _length(0)),
    ("b", "{unit}", _length(1)),
    ("angle", "deg", _angle_deg),
    ("a_x", "{unit}", _component(0, 0)),
    ("a_y", "{unit}", _component(0, 1)),
    ("b_x", "{unit}", _component(1, 0)),
    ("b_y", "{unit}", _component(1, 1)),
)


def _pair(name: str, unit: str) -> tuple[str, str]:
    """The columns of a number and of its standard deviation."""
    return f"{name}_{unit}", f"{name}_uncertainty_{unit}"


def _measured(found: Basis | str, unit: str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"reflections": 0, "remark": found}
    row: dict[str, Any] = {}
    for name, in_unit, of in _NUMBERS:
        value, uncertainty = _pair(name, in_unit.format(unit=unit))
        row |= {value: of(found), uncertainty: found.uncertainty(of)}
    fitting = candidates_for(found) if unit == "nm" else []
    return row | {"reflections": found.n_reflections, "candidates": "; ".join(map(str, fitting)) or None}
