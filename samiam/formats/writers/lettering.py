"""Words drawn into pictures, in the letters that Pillow's own font has: ASCII and a few more."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from PIL import ImageDraw, ImageFont

_SPELT = {
    **dict.fromkeys("µ\N{GREEK SMALL LETTER MU}", "u"),  # of µm; the letter of an alphabet is spelt by its name
    **dict.fromkeys("×✕", "x"),
    **dict.fromkeys("‐‑–—−", "-"),
    **dict.fromkeys("′ʹ", "'"),
    **dict.fromkeys("≈∼", "~"),
    **dict.fromkeys("⟨〈", "<"),
    **dict.fromkeys("⟩〉", ">"),
    "→": "->",
    "↔": "<->",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∥": "||",
    "√": "sqrt ",
    "∞": "inf",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
}
_OVERLINED = re.compile("(\\d)[\N{COMBINING MACRON}\N{COMBINING OVERLINE}]")  # an index of a plane, as in (1\u03050)
_MU_AS_MICRO = re.compile(r"\N{GREEK SMALL LETTER MU}(?!m\b)")
_UNKNOWN = "?"


def write(draw: ImageDraw.ImageDraw, place_xy: tuple[float, float], text: str, font_px: int, **how: Any) -> None:
    """Draw words, as `drawable` spells them.

    Args:
        draw: of the picture.
        place_xy: where, by the anchor.
        text: of any letters.
        font_px: how large.
        how: what `ImageDraw.text` takes beside.
    """
    draw.text(place_xy, drawable(text), font=_font(font_px), **how)


def text_width_px(text: str, font_px: int) -> float:
    """How long words are once they are drawn."""
    return float(_font(font_px).getlength(drawable(text)))


def drawable(text: str) -> str:
    """Words in letters that the font has, the others spelt as people do who lack them, or else "?".

    Example:
        >>> drawable("2 µm × 5 Å, α-Al₂O₃ (11\u03050)")
        '2 um x 5 A, alpha-Al2O3 (1-10)'
    """
    if text.isascii():
        return text
    text = _MU_AS_MICRO.sub("mu", _OVERLINED.sub(r"-\1", text))
    return "".join(map(_spelt, unicodedata.normalize("NFC", text)))


@cache
def _spelt(letter: str) -> str:
    """One letter, or what stands for it."""
    if letter.isascii() or _is_in_the_font(letter):
        return letter
    if letter in _SPELT:
        return _SPELT[letter]
    if unicodedata.combining(letter):
        return ""
    plain = unicodedata.normalize("NFKD", letter)
    if plain != letter:
        return "".join(map(_spelt, plain))
    name = unicodedata.name(letter, "").split()
    if name[:1] != ["GREEK"]:
        return _UNKNOWN
    return name[-1].title() if letter.isupper() else name[-1].lower()


@cache
def _is_in_the_font(letter: str) -> bool:
    """Whether it is drawn as something else than what the font draws for letters that it lacks."""
    font = _font(16)
    drawn, lacking = (font.getmask(text) for text in (letter, "\uffff"))
    return (drawn.size, bytes(drawn)) != (lacking.size, bytes(lacking))


@cache
def _font(font_px: int) -> Any:  # noqa: ANN401
    return ImageFont.load_default(size=font_px)
