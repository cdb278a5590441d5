"""What materials are called where people read it: their names, and how sure these are."""

from __future__ import annotations

import math

from samiam.formats.writers.coco import material_names
from samiam.records import Segmentation

IN_DOUBT_BELOW = 0.95
"""A name that is less probable than this has a question mark: one of twenty such names, or more, is wrong."""


def called(segmentation: Segmentation) -> list[str]:
    """What each material is called: "Ge 98 %", "Ge? 90 %" in doubt, "Ge" where nobody has said how sure it is.

    Percentages are rounded down, so that none seems surer than it is.
    """
    names = material_names(segmentation.names)
    return [name + _how_sure(sure) for name, sure in zip(names, segmentation.name_confidence, strict=True)]


def _how_sure(confidence: float | None) -> str:
    if confidence is None:
        return ""
    percent = math.floor(round(100 * confidence, 3))  # 0.9 in single precision is a little less
    return f"{'?' if confidence < IN_DOUBT_BELOW else ''} {percent} %"
