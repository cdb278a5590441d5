from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_images import recorded, two_lattices
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.records import Micrograph


def annotated(colour: str = "yellow") -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A grey image with a bar, writing and an arrow in colour, and where these are."""
    grey = recorded("uint8", two_lattices())
    picture = Image.fromarray(np.repeat(grey[..., None], 3, axis=2))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((220, 215, 300, 220), fill=colour)
    draw.text((240, 190), "20 nm", fill=colour, font=ImageFont.load_default(size=16))
    draw.line((40, 40, 90, 80), fill=colour, width=3)
    rgb = np.asarray(picture)
    return rgb, (rgb != grey[..., None]).any(axis=2)


@pytest.mark.parametrize("colour", ["yellow", "red", "lime"])
def test_what_is_drawn_in_colour_into_a_grey_image_is_left_out(tmp_path: Path, colour: str) -> None:
    rgb, drawn = annotated(colour)
    Image.fromarray(rgb).save(tmp_path / "a.png")
    found = read_micrograph(tmp_path / "a.png")
    assert found.shown is not None
    assert not found.shown[drawn].any()
    assert np.count_nonzero(~found.shown) < 6000
    assert "coloured pixels" in found.metadata["left_out"]
    assert found.metadata["channel"] is None
    in_memory = Micrograph.from_array(rgb)
    np.testing.assert_array_equal(in_memory.pixels, found.pixels)
    np.testing.assert_array_equal(in_memory.shown, found.shown)
    grey = read_micrograph(tmp_path / "a.png", channel=2)
    assert "coloured" not in grey.metadata.get("left_out", "")


def test_a_palette_of_greys_with_some_colours(tmp_path: Path) -> None:
    """As SmartSEM writes its scale bar: in a colour of a palette that is grey otherwise."""
    places = recorded("uint8", two_lattices())
    palette = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
    palette[:, 18] = 0, 65535, 0
    places[places == 18] = 19
    places[200:206, 100:110] = 18
    tifffile.imwrite(tmp_path / "a.tif", places, photometric="palette", colormap=palette)
    found = read_micrograph(tmp_path / "a.tif")
    assert found.metadata["left_out"] == "60 coloured pixels"
    assert found.shown is not None
    np.testing.assert_array_equal(~found.shown, places == 18)


def test_a_jpeg_spreads_colours(tmp_path: Path) -> None:
    rgb, drawn = annotated("red")
    file = io.BytesIO()
    Image.fromarray(rgb[:, :200]).save(file, "JPEG", quality=90)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    found = read_micrograph(tmp_path / "a.jpg")
    assert found.shown is not None
    assert not found.shown[drawn[:, :200]].any()


def test_a_picture_in_colour_is_still_refused() -> None:
    rgb, _ = annotated("red")
    many = rgb.copy()
    many[60:120, 60:300, 0] = 255
    spots = np.zeros((240, 320, 3), np.uint8)  # of an element on black
    spots[10:20, 30:90, 1] = np.arange(60)
    for image in (many, spots, rgb[..., :2]):
        with pytest.raises(InputError, match="channels that differ"):
            Micrograph.from_array(image)
