"""The colours of materials, and an image tinted with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError

# Okabe and Ito's colours, told apart by the colour-blind (jfly.uni-koeln.de/color); Tol's wine for their black, which
# would be no tint. The order puts the most different first.
PALETTE: tuple[tuple[int, int, int], ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (0, 114, 178),
    (240, 228, 66),
    (213, 94, 0),
    (136, 34, 85),
)


class Tint(NamedTuple):
    """How much of a material's colour there is, 0 to 1.

    Attributes:
        inside: within it.
        outline: on the line around it.
    """

    inside: float
    outline: float


TINTS: Mapping[str, Tint] = {"outline": Tint(0.0, 0.95), "fill": Tint(0.45, 0.45), "both": Tint(0.45, 0.95)}
"""By name the ways in which materials are drawn; the shares are chosen by eye."""
_GRAIN_LINE = 0.75  # share of white on the dashes between grains; chosen by eye
_DASH_PX = 4  # of a line one pixel thick; as long as the gaps
_ROWS_AT_ONCE = 64  # which stay in a core's cache
N_COLOURS = 3 * len(PALETTE)
"""How many colours there are: the palette, darker and lighter."""


def colour_of(label: int) -> tuple[int, int, int]:
    """The colour of a material (1, 2, …): the palette, then darker, then lighter, then the same again."""
    cycle, index = divmod(label - 1, len(PALETTE))
    red, green, blue = PALETTE[index]
    shade = (0, 0.45, 0.55)[cycle % 3]
    target = 255 if cycle % 3 == 2 else 0
    mixed = (round(value + (target - value) * shade) for value in (red, green, blue))
    return next(mixed), next(mixed), next(mixed)


def colour_overlay(
    pixels: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    grains: NDArray[np.integer[Any]] | None = None,
    tint: Tint = TINTS["both"],
) -> NDArray[np.uint8]:
    """Tint the materials of an image, draw a thin line in the same colour around each, and a dashed one between grains.

    Args:
        pixels: (H, W) in [0, 1].
        labels: (H, W), 0 for what stays grey, 1 … M for the materials.
        grains: (H, W), a number for each grain of a material; None for no lines between grains.
        tint: how much of the colours there is. Lines are twice as thick where nothing else tells of a material.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: if the shapes differ.
    """
    if pixels.shape != labels.shape or pixels.ndim != 2:
        raise InputError(f"an image of shape {pixels.shape} and labels of shape {labels.shape} do not fit.")
    lines = _outlines(labels) if tint.inside else _rims(labels)
    if tint.inside:
        tinted = np.empty((*pixels.shape, 3), np.uint8)
        for top in range(0, len(pixels), _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            share = np.where(lines[rows], np.float32(tint.outline), np.float32(tint.inside)) * (labels[rows] > 0)
            tinted[rows] = _mixed(pixels[rows], labels[rows], share)
    else:
        tinted = np.repeat(np.rint(255 * pixels).astype(np.uint8)[..., None], 3, axis=2)
        drawn = lines & (labels > 0)
        tinted[drawn] = _mixed(pixels[drawn], labels[drawn], np.float32(tint.outline))
    if grains is not None:
        between = _dashes(_outlines(grains) & ~lines)
        tinted[between] = np.rint(tinted[between] * (1 - _GRAIN_LINE) + 255 * _GRAIN_LINE)
    return tinted


def _mixed(
    pixels: NDArray[np.floating[Any]], labels: NDArray[np.integer[Any]], share: NDArray[np.float32] | np.float32
) -> NDArray[np.floating[Any]]:
    """Pixels (…) of labels, each with a share of its label's colour: (…, 3), whole numbers up to 255."""
    colours = np.array([colour_of(label) for label in range(1, N_COLOURS + 1)], np.float32)
    own = colours[(labels.astype(np.int64) - 1) % N_COLOURS]
    return np.rint((255 * pixels * (1 - share))[..., None] + own * np.asarray(share)[..., None])


def _dashes(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of lines on every second square of a grid, so that lines in all directions are broken."""
    side = _DASH_PX * _thickness_px(lines.shape)
    rows, columns = (np.arange(length) // side % 2 for length in lines.shape)
    return np.asarray(lines & (rows[:, None] == columns))


def _thickness_px(shape: tuple[int, ...]) -> int:
    """Of lines, more on large images so that they stay visible."""
    return 1 + min(shape) // 1024


def _rims(labels: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Pixels of each label near those of another, on both sides of where they meet."""
    import cv2  # a fifth of a second that images without lines need not wait for

    square = np.ones(2 * [2 * 2 * _thickness_px(labels.shape) + 1], np.uint8)
    values = labels.astype(np.float32)  # exact up to 2²⁴ labels
    return np.asarray(cv2.dilate(values, square) != cv2.erode(values, square))


def _outlines(labels: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Pixels that touch another label to the right or below, and around these on large images."""
    edges = np.zeros(labels.shape, np.bool_)
    edges[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edges[:-1] |= labels[:-1] != labels[1:]
    thickness = _thickness_px(labels.shape)
    if thickness == 1:
        return edges
    import cv2  # as above

    return np.asarray(cv2.dilate(edges.view(np.uint8), np.ones((thickness, thickness), np.uint8)).view(np.bool_))
