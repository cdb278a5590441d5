"""What is drawn on and written below pictures for people: hatching, a scale bar, a legend and remarks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from samiam.formats.writers.lettering import text_width_px, write

_SMALLEST_SIDE_PX = 384  # room for a scale bar and a legend that can be read
_HATCH, _GROUND = np.uint8(225), np.uint8(60)  # levels of the lines and, at least, between them: no dark specimen
MOST_NUMBERED = 150  # with more the numbers hide what they are of
_LENGTH_UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))  # nanometres in each
Entry = tuple[str, tuple[int, int, int] | None]
"""A text of a legend and its colour, None for a hollow swatch."""


@dataclass(frozen=True)
class ScaleBar:
    """A scale bar: its length in pixels of the image and what is written over it."""

    length_px: float
    text: str


def scale_bar(width_px: int, pixel_size_nm: float | None) -> ScaleBar:
    """The bar of 1, 2 or 5 · 10ⁿ units that comes closest to a fifth of the width.

    Args:
        width_px: width of the image.
        pixel_size_nm: side of a pixel in nm; None gives a bar in pixels.
    """
    size = pixel_size_nm or 1.0
    wanted = max(width_px / 5 * size, 1.0 if pixel_size_nm is None else 0.0)
    power = math.floor(math.log10(wanted))
    lengths = [(digit, exponent) for exponent in (power, power + 1) for digit in (1, 2, 5)]
    digit, exponent = min(lengths, key=lambda length: abs(math.log10(length[0]) + length[1] - math.log10(wanted)))
    length = digit * 10.0**exponent
    if pixel_size_nm is None:
        return ScaleBar(length, f"{length:.0f} px")
    # A little below the unit, because 10.0**-3 may come out a hair smaller than 1e-3.
    factor, unit = next((pair for pair in _LENGTH_UNITS if length >= pair[0] * 0.999), _LENGTH_UNITS[-1])
    return ScaleBar(length / size, f"{length / factor:g} {unit}")


def enlarging(shape_hw: tuple[int, int]) -> int:
    """The whole factor by which a small image is enlarged, so that the writing can be read."""
    return max(1, -(-_SMALLEST_SIDE_PX // max(shape_hw)))


def enlarged(array: NDArray[Any], factor: int) -> NDArray[Any]:
    """An image (H, W, …) with each pixel that many times along both sides."""
    return array if factor == 1 else array.repeat(factor, axis=0).repeat(factor, axis=1)


def hatch(picture: NDArray[np.uint8], left_out: NDArray[np.bool_]) -> None:
    """Draw grey lines across what was left out, over its own pixels made fainter."""
    y, x = np.nonzero(left_out)
    width = 1 + min(picture.shape[:2]) // 512
    is_line = (x + y) % (6 * width) < width
    picture[y, x] = np.where(is_line[:, None], _HATCH, picture[y, x] // 4 + _GROUND)


def writing_px(picture: Image.Image) -> int:
    """How large the writing is."""
    return min(96, max(14, round(math.hypot(*picture.size) / 50)))


def numbered(picture: NDArray[np.uint8], places_xy: Sequence[tuple[str, tuple[float, float]]]) -> NDArray[np.uint8]:
    """A picture with numbers on it, white with a black rim for dark and light grounds.

    Args:
        picture: (H, W, 3).
        places_xy: each number and where its middle comes.
    """
    drawn = Image.fromarray(picture)
    font_px = round(0.8 * writing_px(drawn))
    draw = ImageDraw.Draw(drawn)
    rim = max(1, font_px // 10)
    for number, middle in places_xy:
        write(draw, middle, number, font_px, fill="white", anchor="mm", stroke_width=rim, stroke_fill="black")
    return np.array(drawn)


def captioned(
    pixels: NDArray[np.uint8], bar: ScaleBar, entries: Sequence[Entry], remarks: Sequence[str]
) -> Image.Image:
    """A picture with its scale bar, and a white strip below with a legend and remarks.

    Args:
        pixels: (H, W, 3).
        bar: in pixels of the picture.
        entries: of the legend, one at least.
        remarks: lines below it.
    """
    picture = Image.fromarray(pixels)
    font_px = writing_px(picture)
    strip = _legend(entries, max(picture.width, 12 * font_px), font_px)
    if not _draw_bar(picture, bar, font_px):
        strip = _stack(_bar_strip(strip.width, bar, font_px), strip)
    for remark in remarks:
        strip = _stack(strip, _note(remark, strip.width, font_px))
    return _stack(picture, strip)


def _draw_bar(picture: Image.Image, bar: ScaleBar, font_px: int) -> bool:
    """Draw the bar at the lower left, white with a black rim for dark and light grounds; False if it has no room."""
    margin, thickness, rim = font_px, max(3, font_px // 4), max(1, font_px // 10)
    length, text_px = round(bar.length_px), text_width_px(bar.text, font_px)
    if max(text_px, length) + 2 * margin > picture.width or picture.height < 5 * font_px:
        return False
    draw = ImageDraw.Draw(picture)
    left, bottom = margin, picture.height - margin
    top = bottom - thickness
    # The rim lies outside, so that the white part has the exact length.
    draw.rectangle((left - rim, top - rim, left + length - 1 + rim, bottom - 1 + rim), fill="black")
    draw.rectangle((left, top, left + length - 1, bottom - 1), fill="white")
    # Centred over the bar, but never over the left border.
    middle = max(left + length / 2, rim + text_px / 2 + margin / 2)
    position = (middle, top - 2 * rim - font_px // 6)
    write(draw, position, bar.text, font_px, fill="white", anchor="mb", stroke_width=rim, stroke_fill="black")
    return True


def _bar_strip(width: int, bar: ScaleBar, font_px: int) -> Image.Image:
    """The bar under a picture that is too narrow or too low to bear it."""
    length = round(bar.length_px)
    needed = length + round(text_width_px(bar.text, font_px)) + 2 * font_px
    strip = Image.new("RGB", (max(width, needed), 2 * font_px), "white")
    draw = ImageDraw.Draw(strip)
    left, middle = font_px // 2, strip.height // 2
    draw.rectangle((left, middle - 2, left + length - 1, middle + 2), fill="black")
    write(draw, (left + length + font_px // 2, middle), bar.text, font_px, fill="black", anchor="lm")
    return strip


def _legend(entries: Sequence[Entry], width: int, font_px: int) -> Image.Image:
    """A white strip, a swatch and a text for each entry, in as many rows as needed."""
    cell = round(max(text_width_px(text, font_px) for text, _ in entries)) + 3 * font_px
    n_columns = max(1, (width - font_px) // cell)
    row_px = round(1.7 * font_px)
    n_rows = -(-len(entries) // n_columns)
    strip = Image.new("RGB", (max(width, cell), n_rows * row_px + font_px // 2), "white")
    draw = ImageDraw.Draw(strip)
    for index, (text, colour) in enumerate(entries):
        row, column = divmod(index, n_columns)
        left, middle = font_px // 2 + column * cell, font_px // 4 + row * row_px + row_px / 2
        half = font_px // 2
        box = (left, middle - half, left + 2 * half, middle + half)
        draw.rectangle(box, fill=colour, outline="black")  # hollow where there is no colour
        write(draw, (left + 2 * half + font_px // 2, middle), text, font_px, fill="black", anchor="lm")
    return strip


def _note(text: str, width: int, font_px: int) -> Image.Image:
    """Words on white, broken into as many lines as needed."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width_px(longer, font_px) > width - font_px:
            lines.append(word)
        else:
            lines[-1] = longer
    row_px = round(1.4 * font_px)
    strip = Image.new("RGB", (width, len(lines) * row_px + font_px // 2), "white")
    draw = ImageDraw.Draw(strip)
    for row, line in enumerate(lines):
        write(draw, (font_px // 2, (row + 0.5) * row_px), line, font_px, fill="black", anchor="lm")
    return strip


def _stack(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """One picture above the other, on white."""
    stacked = Image.new("RGB", (max(upper.width, lower.width), upper.height + lower.height), "white")
    stacked.paste(upper, (0, 0))
    stacked.paste(lower, (0, upper.height))
    return stacked
