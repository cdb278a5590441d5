"""What was measured and decided, as tables."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.wording import called
from samiam.outlines import FEWEST_PX, Outline
from samiam.records import Decision, Micrograph, Segmentation
from samiam.storage.files import replacing


def measurements(segmentation: Segmentation, micrograph: Micrograph) -> pd.DataFrame:
    """Measure each region: the materials, or what they were divided into.

    Args:
        segmentation: M labels over the micrograph.
        micrograph: gives the intensities and the pixel size.

    Returns:
        M rows: `label`, `material` (its number, which several labels may share), `name` (None where it has none),
        `name_confidence` (how probable it is that the name is right, NaN where nobody has said so), `called` (both, as
        in the legend), `area_nm2`, `area_fraction` (of what is shown of the image), `regions` (connected through sides
        or corners), `perimeter_nm` (the sum over these regions of the `Outline` around each, which holes have no part
        in and the edge of the image has; around a speck, the disc of its area), `centroid_x_nm`, `centroid_y_nm` (from
        the centre of the top left pixel, x to the right, y down), `width_nm`, `height_nm` (of the box around all its
        regions),
        `intensity_mean`, `intensity_std` (of the scaled image, 0 to 1), `grains` (how many) and `confidence` (its
        predicted IoU, NaN where nothing predicts it). Where the pixel size is unknown the columns are `area_px`,
        `perimeter_px` and so on.

    Raises:
        InputError: if the two are of different shapes.
    """
    labels = segmentation.labels
    if labels.shape != micrograph.shape_hw:
        raise InputError(f"{micrograph.name}: is {micrograph.shape_hw}, its segmentation {labels.shape}; pair them up.")
    (width, height), unit = micrograph.sides_xy, micrograph.unit
    found = _shapes(labels, micrograph)
    return pd.DataFrame(
        {
            "label": np.arange(1, len(found) + 1),
            "material": np.array(segmentation.material_of, np.int64),
            "name": pd.Series(list[object](segmentation.names), dtype=object),
            "name_confidence": pd.Series(list(segmentation.name_confidence), dtype=np.float64),
            "called": pd.Series(called(segmentation), dtype=object),
            **({"area_px": found["area"]} if unit == "px" else {"area_nm2": found["area"] * width * height}),
            "area_fraction": found["area"] / micrograph.n_shown,
            "regions": found["regions"],
            f"perimeter_{unit}": found["perimeter"],
            f"centroid_x_{unit}": found["x"] * width,
            f"centroid_y_{unit}": found["y"] * height,
            f"width_{unit}": found["width"] * width,
            f"height_{unit}": found["height"] * height,
            "intensity_mean": found["mean"],
            "intensity_std": found["std"],
            "grains": np.array(segmentation.grain_counts, np.int64),
            "confidence": np.array(segmentation.confidences, np.float64),
        }
    )


_OF_SHAPES = {
    **dict.fromkeys(("area", "regions", "width", "height"), np.int64),
    **dict.fromkeys(("x", "y", "perimeter", "mean", "std"), np.float64),
}


def _shapes(labels: NDArray[np.uint32], micrograph: Micrograph) -> pd.DataFrame:
    """Of each label area, box and centroid in px, perimeter in the unit of the sides, and brightness."""
    rows = []
    for number, (down, across) in enumerate(ndimage.find_objects(labels.view(np.int32)), start=1):  # nobody has 2³¹
        inside = labels[down, across] == number
        n_parts, parts, facts, _ = cv2.connectedComponentsWithStats(inside.view(np.uint8), connectivity=8)
        along_x, along_y = np.count_nonzero(inside, axis=0), np.count_nonzero(inside, axis=1)
        area, values = int(along_x.sum()), micrograph.pixels[down, across][inside].astype(np.float64)
        rows.append(
            {
                "area": area,
                "regions": n_parts - 1,
                "width": len(along_x),
                "height": len(along_y),
                "x": np.arange(across.start, across.stop) @ along_x / area,
                "y": np.arange(down.start, down.stop) @ along_y / area,
                "perimeter": _perimeter(parts, facts, micrograph.sides_xy),
                "mean": values.mean(),
                "std": values.std(),
            }
        )
    return pd.DataFrame(rows, columns=list(_OF_SHAPES)).astype(_OF_SHAPES)


def _perimeter(parts: NDArray[np.int32], facts: NDArray[np.int32], sides_xy: tuple[float, float]) -> float:
    """Of all parts, of which OpenCV found these facts; the first is what is around them."""
    areas = facts[:, cv2.CC_STAT_AREA].astype(np.int64)
    areas[0] = 0
    of_specks = 2 * np.sqrt(np.pi * areas[areas < FEWEST_PX] * sides_xy[0] * sides_xy[1]).sum()
    outlined = np.flatnonzero(areas >= FEWEST_PX)
    boxes = ((part, *facts[part, :4].tolist()) for part in outlined)  # left, top, width, height
    masks = (parts[top : top + height, left : left + width] == part for part, left, top, width, height in boxes)
    return float(of_specks + sum(Outline.of_region(mask, sides_xy).perimeter for mask in masks))


def write_measurements(path: str | Path, segmentation: Segmentation, micrograph: Micrograph) -> Path:
    """Write the table that `measurements` makes as CSV.

    Returns:
        The file written.

    Raises:
        InputError: as `measurements` does.
    """
    return write_table(path, measurements(segmentation, micrograph))


def write_grains(path: str | Path, grains: Segmentation, micrograph: Micrograph) -> Path:
    """Write what `measurements` makes of grains as CSV, `grain` being their label; a confidence they have none.

    Args:
        path: of the file.
        grains: as `Segmentation.by_grains` has them.
        micrograph: gives the intensities and the pixel size.

    Returns:
        The file written.

    Raises:
        InputError: as `measurements` does.
    """
    table = measurements(grains, micrograph).rename(columns={"label": "grain"})
    return write_table(path, table.drop(columns=["grains", "confidence"]))


def write_decisions(path: str | Path, segmentation: Segmentation) -> Path:
    """Write the decision log as CSV, one row per generated mask, the columns being the fields of `Decision`.

    Returns:
        The file written; what does not apply (None) is empty.
    """
    columns = [field.name for field in fields(Decision)]
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(decision) for decision in segmentation.decisions)
    return Path(path)
