"""Where layers were measured, drawn on the micrograph."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from samiam.colours import colour_of
from samiam.formats.writers.captions import Entry, ScaleBar, captioned, enlarged, enlarging, scale_bar, writing_px
from samiam.formats.writers.lettering import write
from samiam.lengths import length_text
from samiam.measurement.layers.finding import Layer
from samiam.measurement.layers.table import Layered, both_seen
from samiam.records import Micrograph

_LARGEST_PX = 2048  # of the picture's longer side: more shows no more
_ARROWS = 3  # of a layer; chosen by eye
_DARKENED = 0.75  # of the brightness, so that lines stand out

Floats = NDArray[np.float64]


def layer_picture(micrograph: Micrograph, found: Layered | None, table: pd.DataFrame) -> Image.Image:
    """The micrograph with the interfaces of its layers and, where both are seen, the thickness between them.

    Args:
        micrograph: the image.
        found: its layers; None for none.
        table: a row for each.

    Returns:
        RGB, with a scale bar and a legend in a strip below.
    """
    shrunk = max(1, -(-max(micrograph.shape_hw) // _LARGEST_PX))
    factor = enlarging(micrograph.shape_hw)
    grey = np.rint(255 * _DARKENED * enlarged(micrograph.pixels[::shrunk, ::shrunk], factor)).astype(np.uint8)
    picture = Image.fromarray(np.repeat(grey[..., None], 3, axis=2))
    for number, layer in enumerate(found.layers if found else (), start=1):
        assert found is not None
        _draw(picture, layer, found, number, np.array(micrograph.sides_xy) * shrunk / factor)
    bar = scale_bar(micrograph.shape_hw[1], micrograph.pixel_size_nm)
    bar = ScaleBar(bar.length_px * factor / shrunk, bar.text)
    return captioned(np.asarray(picture), bar, _entries(table, micrograph.unit), [])


def _draw(picture: Image.Image, layer: Layer, found: Layered, number: int, side_xy: Floats) -> None:
    """Both edges where they are seen, arrows between them and the number of the layer."""
    draw, colour = ImageDraw.Draw(picture), colour_of(layer.material)
    thickness = max(2, writing_px(picture) // 8)
    for edge, seen in zip(layer.edges, layer.seen, strict=True):
        for run in np.split(np.arange(len(edge)), np.flatnonzero(np.diff(layer.lines) > 1) + 1):
            places = found.crossing.places(layer.lines[run], edge[run])[seen[run]] / side_xy
            draw.line([tuple(place) for place in places.tolist()], fill=colour, width=thickness)
    both = both_seen(layer)
    lines = np.arange(len(layer.lines)) if both is None else np.flatnonzero(both)
    at = lines[[len(lines) * (2 * k + 1) // (2 * _ARROWS) for k in range(_ARROWS)]]
    ends = found.crossing.places(layer.lines[at], layer.edges[:, at]) / side_xy
    if both is not None:
        for first, last in ends.swapaxes(0, 1):
            draw.line([tuple(first), tuple(last)], fill="white", width=thickness)
    x, y = ends.mean(axis=0)[_ARROWS // 2].tolist()
    how = {"fill": "white", "anchor": "lm", "stroke_width": 2, "stroke_fill": "black"}
    write(draw, (x + thickness * 2, y), str(number), writing_px(picture), **how)


def _entries(table: pd.DataFrame, unit: str) -> list[Entry]:
    """What each layer is, in words."""
    entries: list[Entry] = []
    for row in table.to_dict("records"):
        least = "at least " if row["thickness_is_lower_bound"] else ""
        called = row["name"] or f"material {row['material']}"
        text = f"{row['layer']}: {called}  {least}{_said(row[f'thickness_{unit}'], unit, 4)}"
        for side in ("upper", "lower"):
            if not np.isnan(rough := row[f"{side}_roughness_rms_{unit}"]):
                text += f" · {side} roughness {_said(rough, unit, 2)}"
        entries.append((text, colour_of(row["material"])))
    return entries or [("no layers found", None)]


def _said(length: float, unit: str, digits: int) -> str:
    """A length in px or nm, in words."""
    return length_text(length, digits) if unit == "nm" else f"{length:.{digits}g} {unit}"
