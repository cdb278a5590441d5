"""Two lattices side by side as different detectors record them, and what programs and instruments put over them."""

from __future__ import annotations

import io
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Kind = Literal["uint8", "uint16", "narrow", "float"]
KINDS: tuple[Kind, ...] = ("uint8", "uint16", "narrow", "float")
LIMITS: dict[str, tuple[float, float]] = {
    "uint8": (0, 255),
    "uint16": (0, 65535),
    "narrow": (0, 65535),
    "float": (-2.0, 20.0),
}
"""The levels of black and white."""


def slow(*values: Any) -> list[Any]:
    """Parameters that are tried among the slow tests."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def lattice(shape_hw: tuple[int, int], period_px: float, turn: float, width_px: float) -> NDArray[np.float64]:
    y, x = np.indices(shape_hw).astype(float)
    across = (np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x)
    squared = sum(((place + period_px / 2) % period_px - period_px / 2) ** 2 for place in across)
    return np.asarray(np.exp(-squared / 2 / width_px**2))


def two_lattices(shape_hw: tuple[int, int] = (240, 320)) -> NDArray[np.float64]:
    """Both in [0.1, 1], with a ground between the columns that is not black."""
    left, right = lattice(shape_hw, 12, 0.2, 2.2), lattice(shape_hw, 9, 0.6, 1.8)
    return 0.1 + 0.9 * np.where(np.arange(shape_hw[1]) < shape_hw[1] // 2, 0.8 * left, right)


def recorded(kind: Kind, image: NDArray[np.float64], noise: float = 0.05) -> NDArray[Any]:
    """As 8 bits, as 16 of 10,000 counts and more, as 30,000 to 31,200 counts, or as floats around 0."""
    image = np.clip(image + noise * np.random.default_rng(0).normal(size=image.shape), 0, 1.2)
    match kind:
        case "uint8":
            return (10 + 190 * image).astype(np.uint8)
        case "uint16":
            return (10000 + 1000 * image).astype(np.uint16)
        case "narrow":
            return (30000 + 1000 * image).astype(np.uint16)
        case "float":
            return (3 * image - 1).astype(np.float32)


def as_jpeg(counts: NDArray[np.uint8], quality: int = 80) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(counts).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def with_scale_bar(
    counts: NDArray[Any], level: float, *, at: str = "bottom left", length_px: int = 90, text: str = "20 nm"
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A bar with its length over it, as antialiased as a drawing program makes it; and where they are."""
    (height, width), margin, thickness_px = counts.shape, 14, 6
    drawn = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(drawn)
    left = margin if "left" in at else width - margin - length_px
    top = height - margin - thickness_px if "bottom" in at else margin + 24
    draw.rectangle((left, top, left + length_px - 1, top + thickness_px - 1), fill=255)
    font = ImageFont.load_default(size=16)
    draw.text((left + length_px / 2, top - 4), text, fill=255, font=font, anchor="mb")
    return _over(counts, np.array(drawn), level), np.array(drawn) > 0


def with_data_bar(
    counts: NDArray[Any], ground: float, ink: float, n_rows: int = 40, *, at: str = "bottom"
) -> NDArray[Any]:
    """A bar with writing below or above the image."""
    drawn = Image.new("L", (counts.shape[1], n_rows), 0)
    draw = ImageDraw.Draw(drawn)
    draw.text((6, n_rows // 3), "HV 200 kV  mag 1.2 Mx  HAADF", fill=255, font=ImageFont.load_default(size=12))
    draw.rectangle((counts.shape[1] - 80, n_rows - 9, counts.shape[1] - 20, n_rows - 6), fill=255)
    bar = _over(np.full((n_rows, counts.shape[1]), ground, counts.dtype), np.array(drawn), ink)
    return np.concatenate([counts, bar] if at == "bottom" else [bar, counts])


def with_boxed_bar(
    counts: NDArray[np.uint8], ground: int, ink: int, *, behind: int = 1, left: int = 1, right: int = 1
) -> NDArray[np.uint8]:
    """A bar of 40 rows as SmartSEM draws it: a box with a logo that has greys, over the image but for its rim."""
    height, width = counts.shape
    opacity = lettered((40, width - left - right), "pil 12", "EHT = 5.00 kV  Mag = 50.00 K X")
    opacity[12:28, -40:-10] = 5
    opacity[[0, -1]] = opacity[:, [0, -1]] = 255
    counts = counts.copy()
    place = np.s_[height - behind - 40 : height - behind, left : width - right]
    counts[place] = _over(np.full_like(counts[place], ground), opacity, ink)
    return counts


def lettered(shape_hw: tuple[int, int], font: str, text: str) -> NDArray[np.uint8]:
    """White letters on black, antialiased, by Pillow of so many pixels or by OpenCV at such a scale."""
    program, size = font.split()
    if program == "cv":
        drawn = np.zeros(shape_hw, np.uint8)
        cv2.putText(drawn, text, (8, shape_hw[0] - 14), cv2.FONT_HERSHEY_SIMPLEX, float(size), 255, 1, cv2.LINE_AA)
        return drawn
    image = Image.new("L", shape_hw[::-1], 0)
    ImageDraw.Draw(image).text((8, 8), text, fill=255, font=ImageFont.load_default(size=int(size)))
    return np.array(image)


def with_plate(
    counts: NDArray[np.uint8], plate: int, ink: int, *, at: str, text: str
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A bar with its length over it on a plate of 120 x 46 pixels; and where that is."""
    left = 14 if "left" in at else counts.shape[1] - 134
    top = counts.shape[0] - 60 if "bottom" in at else 14
    counts, place = counts.copy(), np.zeros(counts.shape, np.bool_)
    place[top : top + 46, left : left + 120] = True
    opacity = lettered((46, 120), "pil 16", " " * 8 + text)
    opacity[32:38, 12:108] = 255
    counts[place] = _over(np.full((46, 120), plate, np.uint8), opacity, ink).ravel()
    return counts, place


def _over(counts: NDArray[Any], opacity: NDArray[np.uint8], level: float) -> NDArray[Any]:
    share = opacity / 255
    mixed = counts * (1 - share) + level * share
    return (np.rint(mixed) if counts.dtype.kind in "iu" else mixed).astype(counts.dtype)
