from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import samiam
from samiam.formats.writers.captions import captioned, scale_bar
from samiam.formats.writers.lettering import drawable, text_width_px, write


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("500 µm", "500 um"),
        ("500 \N{GREEK SMALL LETTER MU}m", "500 um"),
        ("\N{GREEK SMALL LETTER MU} phase", "mu phase"),
        ("3.2 µm²", "3.2 um2"),
        ("5 Å", "5 A"),
        ("5 \N{ANGSTROM SIGN}", "5 A"),
        ("2 × 3", "2 x 3"),
        ("γ′-Ni₃Al, θ-Al₂O₃, Δ", "gamma'-Ni3Al, theta-Al2O3, Delta"),
        ("(11\N{COMBINING MACRON}0) ⟨001⟩", "(1-10) <001>"),
        ("Körner aus Čs", "Korner aus Cs"),
        ("area 3.2 % · Ge? 90 %", "area 3.2 % · Ge? 90 %"),
        ("±0.1°", "±0.1°"),
        ("晶粒 1", "?? 1"),
    ],
)
def test_letters_that_the_font_lacks_are_spelt(text: str, drawn: str) -> None:
    assert drawable(text) == drawn


def test_nothing_is_drawn_that_the_font_lacks() -> None:
    font = ImageFont.load_default(size=24)
    lacking = bytes(font.getmask("\uffff"))
    for code in range(0x20, 0x3000):
        assert all(letter.isascii() or bytes(font.getmask(letter)) != lacking for letter in drawable(chr(code)))


def test_words_are_as_long_as_they_are_drawn() -> None:
    picture = Image.new("L", (300, 60))
    write(ImageDraw.Draw(picture), (0, 0), "α-Al₂O₃, 50 µm", 20, fill=255)
    drawn = np.flatnonzero(np.asarray(picture).any(axis=0))
    assert drawn[-1] == pytest.approx(text_width_px("α-Al₂O₃, 50 µm", 20), abs=3)


def test_a_scale_bar_in_micrometres_and_greek_names() -> None:
    bar = scale_bar(512, 5.0)
    assert bar.text == "500 nm"
    pixels = np.zeros((400, 512, 3), np.uint8)
    drawn = [
        np.asarray(captioned(pixels, type(bar)(100.0, unit), [(name, None)], [name]))
        for unit, name in (("1 µm", "β phase"), ("1 um", "beta phase"))
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_all_words_in_pictures_are_drawn_by_one_function() -> None:
    sources = Path(samiam.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if "ImageFont" in path.read_text("utf-8")] == ["lettering.py"]
