"""What methods made of a scene, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.optimize import linear_sum_assignment

from samiam.colours import colour_of, colour_overlay
from samiam.formats.writers.lettering import text_width_px, write
from samiam.geometry import intersections
from samiam.records import Masks, Scene, Segmentation
from samiam.records.showing import nearest

_PANEL_PX = 512  # side of each of the panels that stand side by side
_COLUMNS = 4  # of them in a row
_TITLE_PX, _FONT_PX = 36, 23  # room for one line above each; it can be read at half the size
_SWATCH_PX = 20  # side of a colour in the legend


def scene_picture(scene: Scene, masks: Masks, segmentation: Segmentation, caption: str) -> Image.Image:
    """Draw four panels and a legend: micrograph, truth, generated masks (small ones over large) and materials.

    Materials wear the colour of the truth they overlap most, one to one.

    Args:
        scene: micrograph and truth.
        masks: what the generator proposed.
        segmentation: what the booster made of it.
        caption: added to the last panel's title.
    """
    titles = f"generator: {len(masks)} masks", f"booster: {len(segmentation.masks)} materials{caption}"
    panels = dict(zip(titles, (stacked(masks), _matched(segmentation, scene)), strict=True))
    return _drawn(scene, panels, "of the generator: a colour for each mask")


def methods_picture(scene: Scene, found: Mapping[str, Segmentation]) -> Image.Image:
    """Draw the micrograph, the truth, the materials of each of several methods, and a legend.

    Args:
        scene: micrograph and truth.
        found: the segmentations by title.
    """
    return _drawn(scene, {title: _matched(segmentation, scene) for title, segmentation in found.items()})


def _drawn(scene: Scene, found: Mapping[str, NDArray[np.integer[Any]]], *notes: str) -> Image.Image:
    """Panels in rows, and below them whose colours are whose, and notes."""
    panels = {
        scene.micrograph.name: np.zeros_like(scene.labels),
        f"truth: {len(scene.materials)} materials": scene.labels,
        **found,
    }
    pixels = _reduced(scene.micrograph.pixels)
    drawn = [titled(colour_overlay(pixels, nearest(labels, pixels.shape)), title) for title, labels in panels.items()]
    height, width = drawn[0].shape[:2]
    columns, rows = min(_COLUMNS, len(drawn)), -(-len(drawn) // _COLUMNS)
    legend = _legend(scene, columns * width, notes)
    picture = Image.new("RGB", (columns * width, rows * height + legend.height), "white")
    for place, panel in enumerate(drawn):
        row, column = divmod(place, _COLUMNS)
        picture.paste(Image.fromarray(panel), (column * width, row * height))
    picture.paste(legend, (0, rows * height))
    return picture


def _reduced(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image of the width of a panel, or as it is where it is narrower."""
    height, width = pixels.shape
    if width <= _PANEL_PX:
        return pixels
    size = _PANEL_PX, max(1, round(height * _PANEL_PX / width))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def _legend(scene: Scene, width_px: int, notes: Sequence[str]) -> Image.Image:
    """The colours of the materials by name, and notes, in as many lines as they need."""
    names = [*scene.materials, "other colours: of no material of the truth", "no colour: of no material", *notes]
    places, x, y = [], 6, 0
    for index, name in enumerate(names):
        indent = 1.4 * _SWATCH_PX if index < len(scene.materials) else 0
        length = indent + text_width_px(name, _FONT_PX)
        if x > 6 and x + length > width_px:
            x, y = 6, y + _TITLE_PX
        places.append((x, y, indent))
        x += round(length + 1.5 * _SWATCH_PX)
    legend = Image.new("RGB", (width_px, y + _TITLE_PX), "white")
    draw = ImageDraw.Draw(legend)
    for label, (name, (left, top, indent)) in enumerate(zip(names, places, strict=True), start=1):
        if indent:
            draw.rectangle((left, top + 6, left + _SWATCH_PX, top + 6 + _SWATCH_PX), fill=colour_of(label))
        write(draw, (left + indent, top + 2), name, _FONT_PX, fill="black")
    return legend


def stacked(masks: Masks) -> NDArray[np.int64]:
    """A label image in which small masks lie over large ones."""
    labels = np.zeros(masks.shape_hw, np.int64)
    for colour, index in enumerate(np.argsort(-masks.areas, kind="stable"), start=1):
        labels[masks[index]] = colour
    return labels


def _matched(segmentation: Segmentation, scene: Scene) -> NDArray[np.int64]:
    """The materials, renumbered as the truth where they correspond to it."""
    shared = intersections(segmentation.masks, scene.truth)
    found, true = linear_sum_assignment(shared, maximize=True)
    renumber = np.zeros(len(segmentation.masks) + 1, np.int64)
    renumber[found + 1] = true + 1
    renumber[1:][renumber[1:] == 0] = len(scene.materials) + 1 + np.arange(np.count_nonzero(renumber[1:] == 0))
    return renumber[segmentation.labels]


def titled(panel: NDArray[np.uint8], title: str) -> NDArray[Any]:
    """A panel of common width under its title."""
    height = round(panel.shape[0] * _PANEL_PX / panel.shape[1])
    picture = Image.new("RGB", (_PANEL_PX + 8, height + _TITLE_PX + 8), "white")
    picture.paste(Image.fromarray(panel).resize((_PANEL_PX, height)), (4, _TITLE_PX))
    write(ImageDraw.Draw(picture), (6, 4), title, _FONT_PX, fill="black")
    return np.asarray(picture)
