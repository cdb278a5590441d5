"""A segmentation as one line: what a microscope's script asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.formats.writers.wording import called
from samiam.interfaces import contours, interfaces, straightened
from samiam.records import Micrograph, Segmentation


def region_facts(micrograph: Micrograph, segmentation: Segmentation) -> dict[str, Any]:
    """What is known of each region and of the lines between them, in pixels and, where the pixel size is known, in nm.

    Returns:
        `shape_hw`, `pixel_size_nm` and `pixel_height_nm`, `remark`, `not_segmented_fraction`; `materials` with `label`,
        `material`, `called`, `name`, `confidence`, `area_px`, `box_px` (left, top, right, bottom), `centroid_px` (x, y
        from the centre of the top left pixel), `outlines_px` (closed lines around it and its holes) and the same in nm;
        `interfaces` with the two `labels`, `line_px`, `length_px` and the same in nm.
    """
    width, height = micrograph.pixel_size_nm, micrograph.pixel_height_nm
    sides = None if width is None or height is None else (width, height)
    named, around = called(segmentation), contours(segmentation.labels)
    return {
        "shape_hw": list(micrograph.shape_hw),
        "pixel_size_nm": width,
        "pixel_height_nm": height,
        "remark": segmentation.remark,
        "not_segmented_fraction": 1 - segmentation.segmented_fraction,
        "materials": [
            {
                "label": index + 1,
                "material": segmentation.material_of[index],
                "called": named[index],
                "name": segmentation.names[index],
                "confidence": segmentation.confidences[index],
                **_places(segmentation.labels == index + 1, around[index + 1], sides),
            }
            for index in range(len(named))
        ],
        "interfaces": [
            {
                "labels": list(line.labels),
                "length_px": line.length(),
                "line_px": _rounded(line.line_xy),
                **(
                    {} if sides is None else {"length_nm": line.length(sides), "line_nm": _rounded(line.line_xy, sides)}
                ),
            }
            for line in interfaces(segmentation.labels, around)
        ],
    }


def _places(
    mask: NDArray[np.bool_], around: Sequence[NDArray[np.float64]], sides: tuple[float, float] | None
) -> dict[str, Any]:
    """Where a region is, by its pixels and the contours around it."""
    counts_xy = np.count_nonzero(mask, axis=0), np.count_nonzero(mask, axis=1)
    area = int(counts_xy[0].sum())
    ends = [np.flatnonzero(counts)[[0, -1]] for counts in counts_xy]
    box = np.array([[first for first, _ in ends], [last + 1 for _, last in ends]], float)
    centroid = np.array([[np.arange(len(counts)) @ counts / area for counts in counts_xy]])
    outlines = [straightened(contour) for contour in around]
    facts: dict[str, Any] = {"area_px": area}
    for unit, scale in (("px", (1.0, 1.0)), ("nm", sides)):
        if scale is not None:
            facts[f"box_{unit}"] = [value for corner in _rounded(box, scale) for value in corner]
            facts[f"centroid_{unit}"] = _rounded(centroid, scale)[0]
            facts[f"outlines_{unit}"] = [_rounded(outline, scale) for outline in outlines]
    if sides is not None:
        facts["area_nm2"] = area * sides[0] * sides[1]
    return facts


def _rounded(points: NDArray[np.float64], scale: tuple[float, float] = (1.0, 1.0)) -> list[list[float]]:
    return np.round(points * scale, 4).tolist()  # type: ignore[no-any-return]
