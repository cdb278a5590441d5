"""Size and shape of each connected region, as a table, by the names of scikit-image's `regionprops`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from samiam.outlines import FEWEST_PX, Outline, parts_of
from samiam.records import Micrograph, Segmentation

Sides = tuple[float, float]


def regions(segmentation: Segmentation, micrograph: Micrograph) -> pd.DataFrame:
    """Measure each part of a label that is connected through sides or corners.

    Returns:
        The table that `samiam.measurement.Measurements.regions` is.
    """
    labels = segmentation.labels.view(np.int32)  # nobody has 2³¹ of them
    shown = np.ones(labels.shape, np.bool_) if micrograph.shown is None else micrograph.shown
    at_edge = ~ndimage.minimum_filter(shown, 3, mode="constant", cval=0)
    rows: list[dict[str, Any]] = []
    for label, around in enumerate(ndimage.find_objects(labels), start=1):
        named = {"label": label, "material": segmentation.material_of[label - 1], "name": segmentation.names[label - 1]}
        pixels, edge = micrograph.pixels[around], at_edge[around]
        for box, mask in sorted(parts_of(labels[around] == label), key=_beginning):
            corner_xy = around[1].start + box[1].start, around[0].start + box[0].start
            row = _measured(mask, pixels[box], corner_xy, micrograph)
            rows.append({"region": len(rows) + 1} | named | row | {"touches_edge": bool(edge[box][mask].any())})
    return pd.DataFrame(rows, columns=columns(micrograph.unit))


def columns(unit: str) -> list[str]:
    """Those of the table."""
    area = "area_px" if unit == "px" else f"area_{unit}2"
    return [
        *("region", "label", "material", "name", area, f"equivalent_diameter_area_{unit}"),
        *(f"centroid_x_{unit}", f"centroid_y_{unit}", f"axis_major_length_{unit}", f"axis_minor_length_{unit}"),
        *("orientation_deg", f"feret_diameter_max_{unit}", f"feret_diameter_min_{unit}", "aspect_ratio"),
        *("solidity", f"perimeter_{unit}", "intensity_mean", "intensity_std", "touches_edge"),
    ]


def _beginning(part: tuple[tuple[slice, slice], NDArray[np.bool_]]) -> tuple[int, int]:
    """Row and column of the first pixel of a part, by the top of its box."""
    (down, across), mask = part
    return down.start, across.start + int(mask[0].argmax())


def _measured(
    mask: NDArray[np.bool_], pixels: NDArray[np.float32], corner_xy: tuple[int, int], micrograph: Micrograph
) -> dict[str, Any]:
    sides_xy, unit = micrograph.sides_xy, micrograph.unit
    values = pixels[mask].astype(np.float64)
    area = len(values) * sides_xy[0] * sides_xy[1]
    return {
        "area_px" if unit == "px" else f"area_{unit}2": area,
        f"equivalent_diameter_area_{unit}": 2 * np.sqrt(area / np.pi),
        **_moments(mask, corner_xy, sides_xy, unit),
        **_shape(mask, sides_xy, unit),
        "intensity_mean": values.mean(),
        "intensity_std": values.std(),
    }


def _moments(mask: NDArray[np.bool_], corner_xy: tuple[int, int], sides_xy: Sides, unit: str) -> dict[str, float]:
    """The centroid, and the axes of the ellipse of the same second moments, as `regionprops` has them."""
    along_x, along_y = mask.sum(axis=0), mask.sum(axis=1)
    n = along_x.sum()
    x, y = (np.arange(len(one), dtype=np.float64) for one in (along_x, along_y))
    middle_x, middle_y = along_x @ x / n, along_y @ y / n
    x, y = (x - middle_x) * sides_xy[0], (y - middle_y) * sides_xy[1]
    xx, yy = along_x @ x**2 / n, along_y @ y**2 / n
    xy = (y @ mask @ x) / n
    minor, major = np.linalg.eigvalsh([[xx, xy], [xy, yy]])
    return {
        f"centroid_x_{unit}": (corner_xy[0] + middle_x) * sides_xy[0],
        f"centroid_y_{unit}": (corner_xy[1] + middle_y) * sides_xy[1],
        f"axis_major_length_{unit}": 4 * np.sqrt(max(major, 0)),
        f"axis_minor_length_{unit}": 4 * np.sqrt(max(minor, 0)),
        "orientation_deg": float(np.degrees(np.arctan2(-2 * xy, xx - yy)) / 2),
    }


def _shape(mask: NDArray[np.bool_], sides_xy: Sides, unit: str) -> dict[str, float]:
    """What its outline is like; nothing of a speck, which has no shape."""
    if np.count_nonzero(mask) < FEWEST_PX:
        return {}
    outline = Outline.of_region(mask, sides_xy)
    feret_min, feret_max = outline.feret
    return {
        f"feret_diameter_max_{unit}": feret_max,
        f"feret_diameter_min_{unit}": feret_min,
        "aspect_ratio": feret_min / feret_max,
        "solidity": outline.solidity,
        f"perimeter_{unit}": outline.perimeter,
    }
