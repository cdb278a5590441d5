"""Pictures for a screen: tiles of the image and of its regions, each at the size at which it is looked at."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.colours import N_COLOURS, colour_of
from samiam.errors import InputError
from samiam.viewer.canvas import Canvas

TILE_PX = 512
"""Side of a tile on the screen."""
Layer = Literal["fill", "line"]
LAYERS: tuple[Layer, ...] = ("fill", "line")
_QUICK = 1  # of zlib: tiles go no further than this machine


def n_levels(shape_hw: tuple[int, int]) -> int:
    """Levels of the pyramid: level 0 is the image, each further one has half its side, the last fits into one tile."""
    return max(0, int(np.ceil(np.log2(max(shape_hw) / TILE_PX)))) + 1


class Pyramid:
    """An image at falling sizes, each pixel the mean of four.

    Args:
        pixels: float32 (H, W) in [0, 1].
    """

    def __init__(self, pixels: NDArray[np.float32]) -> None:
        self.levels: list[NDArray[np.uint8]] = [np.rint(255 * pixels).astype(np.uint8)]
        for _ in range(n_levels((pixels.shape[0], pixels.shape[1])) - 1):
            height, width = self.levels[-1].shape
            half = -(-width // 2), -(-height // 2)
            self.levels.append(np.asarray(cv2.resize(self.levels[-1], half, interpolation=cv2.INTER_AREA), np.uint8))

    def tile(self, level: int, row: int, column: int) -> bytes:
        """A tile as PNG.

        Raises:
            InputError: if there is none such.
        """
        if not 0 <= level < len(self.levels):
            raise InputError(f"there is no level {level}; there are 0 to {len(self.levels) - 1}.")
        rows, columns = _pixels(self.levels[level].shape, row, column)
        return _png(Image.fromarray(np.ascontiguousarray(self.levels[level][rows, columns])))


def region_tile(canvas: Canvas, layer: Layer, level: int, row: int, column: int, only: int | None = None) -> bytes:
    """A tile of the regions as PNG, in their colours, transparent where nothing is drawn.

    Lines are as thick on the screen at each level.

    Args:
        canvas: the regions.
        layer: "fill" for their insides, "line" for the pixels on both sides of where they meet.
        level: of the pyramid.
        row: of the tile, from 0.
        column: likewise.
        only: the region that is drawn alone, in white; None for all.

    Raises:
        InputError: if there is no such level, layer or tile.
    """
    if not 0 <= level < n_levels(canvas.shape_hw) or layer not in LAYERS:
        raise InputError(f"there is no layer {layer} at level {level}.")
    at_level = canvas.labels[:: 2**level, :: 2**level]
    tile = _pixels(at_level.shape, row, column)
    around = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in tile)  # lines go on in the next tile
    labels = at_level[around]
    inner = tuple(
        slice(side.start - more.start, side.stop - more.start) for side, more in zip(tile, around, strict=True)
    )
    if only is not None:
        labels = (labels == only).astype(np.uint32)
    drawn = _indices(labels)
    if layer == "line":
        drawn = np.where(_edges(labels), drawn, np.uint8(0))
    picture = Image.fromarray(np.ascontiguousarray(drawn[inner]))
    picture.putpalette(_palette() if only is None else _WHITE)
    return _png(picture, transparency=0)


def _pixels(shape: tuple[int, ...], row: int, column: int) -> tuple[slice, slice]:
    """The rows and columns of a level that a tile shows."""
    if not (0 <= row * TILE_PX < shape[0] and 0 <= column * TILE_PX < shape[1]):
        raise InputError(f"there is no tile {row},{column}.")
    return slice(row * TILE_PX, (row + 1) * TILE_PX), slice(column * TILE_PX, (column + 1) * TILE_PX)


def _indices(labels: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Places in the palette: 0 for no region, then the colours, which come again."""
    return np.where(labels > 0, (labels - 1) % N_COLOURS + 1, 0).astype(np.uint8)


def _edges(labels: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Pixels that touch another label by a side."""
    edges = np.zeros(labels.shape, np.bool_)
    for axis in (0, 1):
        first, second = _shifted(axis)
        differs = labels[first] != labels[second]
        edges[first] |= differs
        edges[second] |= differs
    return edges


def _shifted(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    whole = slice(None)
    before, after = slice(None, -1), slice(1, None)
    return ((before, whole), (after, whole)) if axis == 0 else ((whole, before), (whole, after))


@lru_cache(1)
def _palette() -> bytes:
    return bytes([0, 0, 0, *(value for label in range(1, N_COLOURS + 1) for value in colour_of(label))])


_WHITE = bytes([0, 0, 0, 255, 255, 255])


def _png(picture: Image.Image, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=_QUICK, **options)
    return file.getvalue()
