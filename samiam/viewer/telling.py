"""What a screen shows of a session, beside its pixels, as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from samiam.colours import colour_of
from samiam.records import Segmentation
from samiam.records.showing import counted
from samiam.viewer.drawing import TILE_PX, n_levels
from samiam.viewer.history import Step
from samiam.viewer.session import Session

_LAST_STEPS = 200
"""Steps of the log that a screen is told."""


def told(session: Session) -> dict[str, Any]:
    """The image, its regions, the log and what can be done, as JSON holds it."""
    with session.lock:
        canvas, micrograph = session.canvas, session.sight.micrograph
        height, width = canvas.shape_hw
        rows, columns = session.last_box
        return {
            "version": session.version,
            "changed": [columns.start, rows.start, columns.stop, rows.stop],
            "width": width,
            "height": height,
            "tile_px": TILE_PX,
            "n_levels": n_levels(canvas.shape_hw),
            "scale": micrograph.scale,
            "pixel_size_nm": micrograph.pixel_size_nm,
            "n_materials": canvas.result.n_materials,
            "n_materials_given": canvas.result.n_materials_given,
            "remark": canvas.result.remark,
            "regions": _regions(session),
            "steps": [step_told(step) for step in session.steps[-_LAST_STEPS:]],
            "n_steps": len(session.steps),
            "can_undo": bool(session.history.done),
            "can_redo": bool(session.history.undone),
            "undo_what": session.history.done[-1].step.what if session.history.done else None,
            "is_pointing": session.is_pointing,
            "verdict": None if session.verdict is None else asdict(session.verdict),
            "is_saved": session.is_saved,
        }


def _regions(session: Session) -> list[dict[str, Any]]:
    """The regions by number, with what the screen calls them."""
    canvas = session.canvas
    shown = session.sight.micrograph.n_shown
    shared = [region.material for region in canvas.regions.values()]
    return [
        {
            "number": number,
            "name": region.name,
            "called": region.name or f"region {number}",
            "material": region.material,
            "is_part": shared.count(region.material) > 1,
            "colour": list(colour_of(number)),
            "area_px": canvas.areas[number],
            "share": canvas.areas[number] / shown,
            "confidence": region.confidence,
            "by_hand": not region.origin,
        }
        for number, region in canvas.regions.items()
    ]


def step_told(step: Step) -> dict[str, Any]:
    """A step, and in `text` what it was in words."""
    return {**asdict(step), "text": _TEXTS[step.what].format_map(_Words(step))}


class _Words(Mapping[str, str]):
    """The details of a step in words."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __getitem__(self, key: str) -> str:
        details = self._step.details
        value: Any = self._step.n_pixels if key == "n_pixels" else details.get(key)
        if key == "points" and value is not None:
            return counted(len(value), "click" if self._step.what == "point" else "point")
        if key == "regions":
            return " and ".join(map(str, value))
        if key == "name":
            return str(value) if value else "nothing"
        if key == "n_materials":
            return "as estimated" if value is None else counted(value, "material")
        return f"{value:,}" if isinstance(value, int) else str(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._step.details)

    def __len__(self) -> int:
        return len(self._step.details)


_TEXTS = {
    "boost": "boosted anew, {n_materials}",
    "point": "pointed at region {region} ({points})",
    "paint": "painted region {region}",
    "erase": "erased {n_pixels} px",
    "fill": "drew region {region}",
    "grow": "grew region {region} from a lasso",
    "find_all": "found all of region {region}",
    "merge": "merged regions {regions}",
    "split": "split region {region}, new {new}",
    "cut": "cut region {region}, new {new}",
    "part": "took a part off region {region}, new {new}",
    "rename": "called region {region} {name}",
    "delete": "deleted region {region}",
}
"""What is said of each kind of step."""


def told_at(session: Session, x: int, y: int) -> dict[str, Any]:
    """What is at a pixel: its grey value, its region, what became of each generated mask there, steps that changed it.

    Raises:
        InputError: if it lies outside of the image.
    """
    with session.lock:
        number, canvas = session.region_at(x, y), session.canvas
        changes = list(session.history.done)
    return {
        "x": x,
        "y": y,
        "value": float(session.sight.micrograph.pixels[y, x]),
        "region": number,
        "masks": _masks_at(canvas.result, x, y),
        "steps": [step_told(change.step) for change in changes if change.touched(x, y)],
    }


def _masks_at(result: Segmentation, x: int, y: int) -> list[dict[str, Any]]:
    """The decisions on the masks that hold a pixel."""
    masks = result.generated
    holds = (masks.packed[:, y, x // 8] >> (7 - x % 8)) & 1
    return [
        {**asdict(decision), "area_px": int(masks.areas[place]), "quality": _finite(masks.predicted_iou[place])}
        for place, decision in enumerate(result.decisions)
        if holds[place]
    ]


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 3)
