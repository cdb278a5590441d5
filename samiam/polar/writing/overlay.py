"""A frame with its ends and junctions marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from samiam.formats.writers.captions import Entry, ScaleBar, captioned, enlarging, scale_bar
from samiam.formats.writers.png import write_png
from samiam.formats.writers.wording import notes
from samiam.polar.result import PolarPoints
from samiam.polar.writing.classes import COLOURS
from samiam.records import Micrograph
from samiam.records.polar_scene import Kind

_LARGEST_PX = 1024  # a side of the picture: noise of 1995² in full would be 8 MB a frame
_RADIUS = 0.32  # of a mark, in periods: neighbours half a period apart can be told apart
_LINE_PX = 2.0  # of a mark, without its black rim
_FINER = 3  # times as many pixels, on which marks are drawn before they are reduced to smooth ones


def write_polar_overlay(path: Path, found: PolarPoints, caption: str) -> Path:
    """Write an RGB PNG of at most 1024 px: discs on ends, triangles on junctions, a scale bar, counts and remarks.

    Args:
        path: the file, .png.
        found: in the frame.
        caption: which frame it is, and when.

    Returns:
        The file written.
    """
    micrograph = found.micrograph
    picture, scale = _picture(micrograph)
    for kind in ("end", "junction"):
        _mark(picture, found, kind, scale)
    entries: list[Entry] = [
        (f"{kind}s  {len(found.points.of_kind(kind))}", COLOURS[kind]) for kind in ("end", "junction")
    ]
    bar = scale_bar(micrograph.shape_hw[1], micrograph.pixel_size_nm)
    bar = ScaleBar(bar.length_px * scale, bar.text)
    remarks = [f"{caption}, {found.sign} stripes", *filter(None, [found.remark]), *notes(micrograph)]
    return write_png(path, captioned(np.asarray(picture), bar, entries, remarks))


def _picture(micrograph: Micrograph) -> tuple[Image.Image, float]:
    """The frame in grey, reduced or enlarged, and by how much."""
    height, width = micrograph.shape_hw
    scale = min(float(enlarging(micrograph.shape_hw)), _LARGEST_PX / max(height, width))
    grey = Image.fromarray(np.rint(255 * micrograph.pixels).astype(np.uint8))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return grey.resize(size, Image.Resampling.BOX).convert("RGB"), scale


def _mark(picture: Image.Image, found: PolarPoints, kind: Kind, scale: float) -> None:
    """Draw the points of a kind, each on a small picture of its own that is laid over its place."""
    radius = max(3.0, _RADIUS * found.period_px * scale)
    side = 2 * round(1.5 * radius) + 9
    for row, column in ((found.points.of_kind(kind).positions_px + 0.5) * scale - 0.5).tolist():
        left, top = round(column) - side // 2, round(row) - side // 2
        middle = (column - left + 0.5, row - top + 0.5)
        stencil = _stencil(kind, side, middle, radius)
        picture.paste(Image.new("RGB", (side, side), "black"), (left, top), stencil[0])
        picture.paste(Image.new("RGB", (side, side), COLOURS[kind]), (left, top), stencil[1])


def _stencil(kind: Kind, side: int, middle: tuple[float, float], radius: float) -> tuple[Image.Image, Image.Image]:
    """Where a mark is black, a rim that shows on light ground, and where it is coloured."""
    drawn = []
    for half_line in (_LINE_PX / 2 + 1, _LINE_PX / 2):
        large = Image.new("L", (side * _FINER, side * _FINER), 0)
        for level, reach in ((255, radius + half_line), (0, max(radius - half_line, 0.5))):
            outline = (_outline(kind, middle, reach) * _FINER).tolist()
            ImageDraw.Draw(large).polygon([(x, y) for x, y in outline], fill=level)
        drawn.append(large.resize((side, side), Image.Resampling.BOX))
    return drawn[0], drawn[1]


def _outline(kind: Kind, middle: Sequence[float], radius: float) -> NDArray[np.float64]:
    """Corners (n, 2), x and y: of a circle, or of a triangle of nearly its area that points upwards."""
    n, reach = (24, radius) if kind == "end" else (3, 1.5 * radius)
    angles = 2 * np.pi * np.arange(n) / n - np.pi / 2
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach + np.asarray(middle), np.float64)
