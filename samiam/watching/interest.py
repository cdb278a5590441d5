"""Where in a micrograph, or next to it, a microscope should look next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter

from samiam.errors import InputError
from samiam.interfaces import Interface, interfaces
from samiam.records import Micrograph, Segmentation

INTERESTS = ("interface", "grain_boundary", "uncertain", "material:NAME")
_OF_MATERIAL = "material:"
_EDGE = 0.1
"""Share of an image at its edge in which a line that goes on beyond it is looked for, and that the next look shares."""
_MIDDLE = 1e-3
"""Share of the best score by which a place is preferred that has what is of interest in its middle."""


@dataclass(frozen=True)
class Interest:
    """A rectangle to look at.

    Attributes:
        score: how much of what is of interest is seen in it: nm of lines, nm² of a material or of what is uncertain; px
            where the pixel size is unknown.
        box_px: left, top, right, bottom in pixels of the image; outside of it where what is of interest goes on there.
        offset: from the centre of the image to that of the rectangle, x to the right, y down, whatever the stage calls
            its axes; in nm, or px where the pixel size is unknown.
        field: its width and height, likewise.
        unit: "nm" or "px".
    """

    score: float
    box_px: tuple[float, float, float, float]
    offset: tuple[float, float]
    field: tuple[float, float]
    unit: str

    def facts(self) -> dict[str, Any]:
        """By name, with their units in the names."""
        return {
            "score": self.score,
            "box_px": list(self.box_px),
            f"offset_{self.unit}": list(self.offset),
            f"field_{self.unit}": list(self.field),
        }


def check_interest(what: str) -> None:
    """Refuse what is of interest to nobody.

    Raises:
        InputError: if so.
    """
    is_material = what.startswith(_OF_MATERIAL) and len(what) > len(_OF_MATERIAL)
    if not is_material and what not in INTERESTS[:-1]:
        raise InputError(f"{what!r} is no region of interest; give one of {', '.join(INTERESTS)}.")


def where_to_look(
    micrograph: Micrograph, segmentation: Segmentation, what: str, field: tuple[float, float], n: int = 3
) -> list[Interest]:
    """The rectangles in which most of what is of interest is seen, the best first; none overlaps another.

    Where the field of view is no smaller than the image, nothing within is worth a further look, and rectangles go on
    with what reaches the edge of the image: each lies beyond it and shares a tenth of itself with it.

    Args:
        micrograph: the image.
        segmentation: of it.
        what: "interface" (between materials), "grain_boundary" (within one), "uncertain" (regions by one minus their
            confidence, and what is not segmented) or "material:NAME", by the name that it has or its number.
        field: width and height of the field of view in nm; in px where the pixel size is unknown.
        n: how many rectangles at most.

    Returns:
        None of them where there is nothing of interest.

    Raises:
        InputError: if `what` is none of these, or the field is smaller than a pixel.
    """
    check_interest(what)
    sides_xy = micrograph.sides_xy
    field_px = (field[0] / sides_xy[0], field[1] / sides_xy[1])
    if min(field_px) < 1:
        raise InputError(f"a field of view of {field[0]:g} × {field[1]:g} is smaller than a pixel.")
    density = _density(micrograph, segmentation, what, sides_xy)
    height, width = micrograph.shape_hw
    goes_beyond = field_px[0] >= width or field_px[1] >= height
    seen = _at_the_edge(density) if goes_beyond else _within(density, field_px)
    apart_px = (width / 2, height / 2) if goes_beyond else field_px
    places = _best(seen, _middling(density, seen, field_px), apart_px, n)
    if goes_beyond:
        places = [(score, *_beyond(x, y, (width, height), field_px)) for score, x, y in places]
    return [
        Interest(
            score,
            (x - field_px[0] / 2, y - field_px[1] / 2, x + field_px[0] / 2, y + field_px[1] / 2),
            ((x - width / 2) * sides_xy[0], (y - height / 2) * sides_xy[1]),
            field,
            micrograph.unit,
        )
        for score, x, y in places
    ]


def _density(
    micrograph: Micrograph, segmentation: Segmentation, what: str, sides_xy: tuple[float, float]
) -> NDArray[np.float64]:
    """How much of what is of interest each pixel holds."""
    labels = segmentation.labels
    if what == "interface":
        return _of_lines(interfaces(segmentation.each_material), labels.shape, sides_xy)
    if what == "grain_boundary":
        material_of = np.array([0, *segmentation.material_of])[[0, *segmentation.label_of_grain]]
        lines = interfaces(segmentation.each_grain)
        within = [line for line in lines if material_of[line.labels[0]] == material_of[line.labels[1]]]
        return _of_lines(within, labels.shape, sides_xy)
    if what == "uncertain":
        doubt = np.array([1.0, *(1 - (score or 0.0) for score in segmentation.confidences)])
        wanted = np.where(micrograph.shown, doubt[labels], 0.0) if micrograph.shown is not None else doubt[labels]
    else:
        wanted = np.isin(labels, _called(segmentation, what.removeprefix(_OF_MATERIAL)))
    return np.asarray(wanted * (sides_xy[0] * sides_xy[1]), np.float64)


def _called(segmentation: Segmentation, name: str) -> list[int]:
    """The labels of a material."""
    each = enumerate(zip(segmentation.names, segmentation.material_of, strict=True), start=1)
    return [label for label, (called, material) in each if name in (called, str(material))]


def _of_lines(lines: list[Interface], shape_hw: tuple[int, ...], sides_xy: tuple[float, float]) -> NDArray[np.float64]:
    """How much line runs through each pixel, each line drawn in steps of half a pixel at most."""
    density = np.zeros(shape_hw)
    for line in lines:
        for start, end in zip(line.line_xy[:-1], line.line_xy[1:], strict=True):
            steps = max(1, 2 * int(np.ceil(np.abs(end - start).max())))
            x, y = (start + (end - start) * ((np.arange(steps) + 0.5) / steps)[:, None]).T
            each = float(np.hypot(*((end - start) * sides_xy))) / steps
            np.add.at(density, (np.floor(y + 0.5).astype(int), np.floor(x + 0.5).astype(int)), each)
    return density


def _within(density: NDArray[np.float64], field_px: tuple[float, float]) -> NDArray[np.float64]:
    """How much is seen where the centre of the field lies on each pixel; none where it would leave the image."""
    wide, high = (max(1, round(side)) for side in field_px)
    seen = uniform_filter(density, (high, wide), mode="constant") * high * wide
    top, left = high // 2, wide // 2
    kept = np.zeros(seen.shape)
    inside = np.s_[top : seen.shape[0] - (high - 1) // 2, left : seen.shape[1] - (wide - 1) // 2]
    kept[inside] = seen[inside]
    return kept


def _at_the_edge(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much is seen near each pixel of the edge of the image."""
    high, wide = (max(1, round(_EDGE * side)) for side in density.shape)
    seen = uniform_filter(density, (high, wide), mode="constant") * high * wide
    seen[1:-1, 1:-1] = 0
    return np.asarray(seen)


def _beyond(x: float, y: float, size_xy: tuple[int, int], field_px: tuple[float, float]) -> tuple[float, float]:
    """The middle of the field that goes on at a place of the edge."""
    steps = (
        np.sign(place - (side - 1) / 2) * (0.5 - _EDGE) * field if place in (0, side - 1) else 0.0
        for place, side, field in zip((x, y), size_xy, field_px, strict=True)
    )
    across, down = steps
    return x + float(across), y + float(down)


def _middling(
    density: NDArray[np.float64], seen: NDArray[np.float64], field_px: tuple[float, float]
) -> NDArray[np.float64]:
    """What is seen, and by next to nothing more where it is in the middle of the field."""
    sides = zip((field_px[1], field_px[0]), density.shape, strict=True)  # of field and image, down first
    near = gaussian_filter(density, [min(each) / 8 for each in sides], mode="constant")
    return np.where(seen > 0, seen + _MIDDLE * seen.max() * near / max(float(near.max()), 1e-300), 0)


def _best(
    seen: NDArray[np.float64], preferred: NDArray[np.float64], apart_px: tuple[float, float], n: int
) -> list[tuple[float, float, float]]:
    """Score, x and y of the preferred places, none nearer to a better one than that along both axes."""
    left, found = preferred.copy(), list[tuple[float, float, float]]()
    height, width = seen.shape
    least = 1e-9 * float(seen.max(initial=0))  # rounding of the filter
    while len(found) < n and left.max(initial=0) > least:
        y, x = np.unravel_index(int(left.argmax()), seen.shape)
        found.append((float(seen[y, x]), float(x), float(y)))
        rows, columns = np.abs(np.arange(height) - y) < apart_px[1], np.abs(np.arange(width) - x) < apart_px[0]
        left[np.ix_(rows, columns)] = 0
    return found
