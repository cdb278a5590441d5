"""Sizes and shapes of particles, as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from samiam.errors import InputError
from samiam.outlines import Outline
from samiam.particles.result import FAULT_CLASSES, Particles
from samiam.records import Micrograph

PROBABILITIES = tuple(f"p_{name.replace(' ', '_')}" for name in FAULT_CLASSES)
"""Columns of the probabilities, in the order of `FAULT_CLASSES`."""
NUMBERS = (
    *("x_nm", "y_nm", "diameter_nm", "area_nm2", "feret_max_nm", "feret_min_nm", "aspect_ratio", "perimeter_nm"),
    *("circularity", "solidity", "width_nm", "height_nm"),
)
"""Columns that are measured on every particle."""
COLUMNS = ("particle", *NUMBERS, "touches_edge", "score", "class", *PROBABILITIES, "left_out")
NO_PARTICLE = ("agglomeration", "empty")
"""Classes of what is no single particle."""
TOUCHES_EDGE, AS_LARGE = "touches the edge", "as large as the image"
"""Why `why_left_out` leaves others out."""


def measure_particles(particles: Particles) -> pd.DataFrame:
    """Measure each particle.

    Lengths and areas are those of the pixels' two sides. Contours are finer than pixels (`Outline`), so that they have
    no bias worth naming from ten pixels of diameter on.

    Args:
        particles: N of one image.

    Returns:
        N rows: `particle` (from 1, as in the label image), `x_nm`, `y_nm` (the centroid, from the centre of the top
        left pixel, x to the right, y down), `diameter_nm` (2√(A/π), of a disc of equal area), `area_nm2` (of the
        pixels), `feret_max_nm`, `feret_min_nm` (largest and least caliper distance), `aspect_ratio` (the least over the
        largest, ISO 21363; 1 for a disc), `perimeter_nm`, `circularity` (4πA/P²), `solidity` (area over that of the
        convex hull), `width_nm`, `height_nm` (of the upright box), `touches_edge`, `score` (how sure the finder is),
        `class` (a fault class or "unsure", None where nobody has asked), the probabilities of the classes (`p_…`, NaN
        likewise) and `left_out` (why it is no part of the statistics, None where it is).

    Raises:
        InputError: if a particle has no pixel.
    """
    sides_xy_nm = _sides_xy_nm(particles.micrograph)
    rows = [_measured(particles, index, sides_xy_nm) for index in range(len(particles.masks))]
    table = pd.DataFrame(rows, columns=["particle", *NUMBERS])
    n = len(table)
    table["touches_edge"] = np.asarray(particles.touches_edge, np.bool_)
    table["score"] = particles.masks.predicted_iou.astype(np.float64)
    table["class"] = pd.Series([*particles.classes] if particles.classes else [None] * n, dtype=object)
    known = particles.probabilities
    shares = np.full((n, len(PROBABILITIES)), np.nan) if known is None else known.astype(np.float64)
    table = pd.concat([table, pd.DataFrame(shares, columns=list(PROBABILITIES))], axis=1)
    table["left_out"] = why_left_out(table, window_nm(particles.micrograph))
    return table.astype({"particle": np.int64, **dict.fromkeys(NUMBERS, np.float64)})


def why_left_out(table: pd.DataFrame, window_xy_nm: tuple[float, float]) -> pd.Series[Any]:
    """Why each row is no part of the statistics of its image; None where it is.

    What the edge cuts has no size, several particles in one have none either, and one as large as the image could have
    been seen whole in no other place.
    """
    is_large = (table["width_nm"] >= window_xy_nm[0]) | (table["height_nm"] >= window_xy_nm[1])
    why = table["class"].where(table["class"].isin(NO_PARTICLE), None).astype(object)
    why = why.mask(is_large, AS_LARGE).mask(table["touches_edge"].astype(bool), TOUCHES_EDGE)
    return why.where(why.notna(), None)


def window_nm(micrograph: Micrograph) -> tuple[float, float]:
    """Width and height in nm of the box around what an image shows, within which particles can be seen whole."""
    width_nm, height_nm = _sides_xy_nm(micrograph)
    if micrograph.shown is None:
        height, width = micrograph.shape_hw
        return width * width_nm, height * height_nm
    rows, columns = (np.flatnonzero(micrograph.shown.any(axis=axis)) for axis in (1, 0))
    return float(columns[-1] - columns[0] + 1) * width_nm, float(rows[-1] - rows[0] + 1) * height_nm


def _sides_xy_nm(micrograph: Micrograph) -> tuple[float, float]:
    width_nm, height_nm = micrograph.pixel_size_nm, micrograph.pixel_height_nm
    if width_nm is None or height_nm is None:
        raise InputError(f"{micrograph.name}: particles need a pixel size; give pixel_size_nm.")
    return width_nm, height_nm


def _measured(particles: Particles, index: int, sides_xy_nm: tuple[float, float]) -> dict[str, float]:
    left, top, width, height = particles.masks.boxes_xywh[index].tolist()
    if not width:
        raise InputError(f"{particles.micrograph.name}: particle {index + 1} has no pixel; leave it out.")
    mask = particles.masks[index][top : top + height, left : left + width]
    outline = Outline.of(mask, sides_xy_nm)
    rows, columns = np.nonzero(mask)
    area_nm2 = len(rows) * sides_xy_nm[0] * sides_xy_nm[1]
    feret_min_nm, feret_max_nm = outline.feret
    return {
        "particle": index + 1,
        "x_nm": (left + columns.mean()) * sides_xy_nm[0],
        "y_nm": (top + rows.mean()) * sides_xy_nm[1],
        "diameter_nm": 2 * np.sqrt(area_nm2 / np.pi),
        "area_nm2": area_nm2,
        "feret_max_nm": feret_max_nm,
        "feret_min_nm": feret_min_nm,
        "aspect_ratio": feret_min_nm / feret_max_nm,
        "perimeter_nm": outline.perimeter,
        "circularity": outline.circularity,
        "solidity": outline.solidity,
        "width_nm": width * sides_xy_nm[0],
        "height_nm": height * sides_xy_nm[1],
    }
