"""What a method made of a scene, beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.optimize import linear_sum_assignment

from samiam.colours import colour_overlay
from samiam.geometry import intersections
from samiam.records import Masks, Scene, Segmentation
from samiam.storage.files import replacing

_PANEL_PX = 512  # side of each of the panels that stand side by side
_TITLE_PX = 28  # room for one line above them


def write_figure(path: str | Path, scene: Scene, masks: Masks, segmentation: Segmentation, caption: str) -> Path:
    """Draw four panels: the micrograph, the truth, the generated masks (small ones over large), the materials.

    Materials wear the colour of the truth they overlap most, one to one.

    Args:
        path: the PNG to write.
        scene: micrograph and truth.
        masks: what the generator proposed.
        segmentation: what the booster made of it.
        caption: added to the last panel's title.
    """
    pixels = scene.micrograph.pixels
    panels: dict[str, NDArray[Any]] = {
        scene.micrograph.name: np.zeros_like(scene.labels),
        f"truth: {len(scene.materials)} materials": scene.labels,
        f"generator: {len(masks)} masks": stacked(masks),
        f"booster: {len(segmentation.masks)} materials{caption}": _matched(segmentation, scene),
    }
    drawn = [titled(colour_overlay(pixels, labels), title) for title, labels in panels.items()]
    path = Path(path)
    with replacing(path) as partial:
        Image.fromarray(np.concatenate(drawn, axis=1)).save(partial)
    return path


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
    ImageDraw.Draw(picture).text((6, 4), title, fill="black", font=ImageFont.load_default(size=17))
    return np.asarray(picture)
