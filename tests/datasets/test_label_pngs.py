"""PNGs of masks and of numbers, of every kind in which programs write them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_pngs import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, write_png
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal
from scipy import ndimage

from samiam.datasets.label_pngs import read_mask, read_numbers
from samiam.errors import InputError

SHAPE = (39, 60)
MASK = np.zeros(SHAPE, bool)
MASK[10:30, 20:45] = True  # 500 px
INSIDE, FULL = MASK.astype(np.uint8), np.full(SHAPE, 255, np.uint8)
WHITE_ON_BLACK = bytes([0, 0, 0, 255, 255, 255])
TWO_COLOURS = bytes([200, 40, 40, 40, 200, 40])


def stacked(*channels: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.dstack(channels)


def u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


@pytest.mark.parametrize(
    ("samples", "colour", "bits", "beside"),
    [
        (stacked(FULL, FULL, FULL, 255 * INSIDE), RGBA, 8, {}),  # white, and all the meaning in alpha
        (stacked(0 * FULL, 0 * FULL, 0 * FULL, 255 * INSIDE), RGBA, 8, {}),  # black ink on nothing
        (stacked(255 * INSIDE, 0 * FULL, 0 * FULL, 255 * INSIDE), RGBA, 8, {}),
        (stacked(255 * INSIDE, 255 * INSIDE, 255 * INSIDE, FULL), RGBA, 8, {}),  # opaque
        (stacked(FULL, 128 * INSIDE), GREY_ALPHA, 8, {}),  # as transparent as a brush in an editor
        (stacked(0 * FULL, 65535 * MASK), GREY_ALPHA, 16, {}),
        (stacked(0 * FULL, 0 * FULL, 3 * INSIDE), RGB, 16, {}),  # bits that 8 do not hold
        (INSIDE, PALETTE, 8, {"palette": WHITE_ON_BLACK}),
        (INSIDE, PALETTE, 1, {"palette": TWO_COLOURS, "transparent": b"\x00"}),
        (1 - INSIDE, PALETTE, 8, {"palette": TWO_COLOURS, "transparent": b"\xff\x00"}),
        (7 * (1 - INSIDE), GREY, 8, {"transparent": u16(7)}),
        (3 - 2 * INSIDE, GREY, 2, {"transparent": u16(3)}),
        (1000 - 991 * MASK, GREY, 16, {"transparent": u16(1000)}),
        (stacked(9 - 9 * INSIDE, 9 + 0 * FULL, INSIDE), RGB, 8, {"transparent": u16(9, 9, 0)}),
        (INSIDE, GREY, 1, {}),
        (15 * INSIDE, GREY, 4, {}),
        (300 * MASK, GREY, 16, {}),
        (255 * INSIDE + (1 - INSIDE) * (np.indices(SHAPE).sum(axis=0) % 4).astype(np.uint8), GREY, 8, {}),  # noise
        (255 * INSIDE - INSIDE * (np.indices(SHAPE).sum(axis=0) % 4).astype(np.uint8), GREY, 8, {}),
    ],
)
def test_what_is_painted(
    tmp_path: Path, samples: NDArray[np.generic], colour: int, bits: int, beside: dict[str, bytes]
) -> None:
    path = write_png(tmp_path / "a.png", samples, colour, bits, **beside)
    found = read_mask(path, SHAPE)
    assert found.sum() == 500
    np.testing.assert_array_equal(found, MASK)


@pytest.mark.parametrize("invert", [False, True])
def test_soft_edges_are_painted_from_the_half_on(tmp_path: Path, invert: bool) -> None:
    wanted = invert != MASK
    soft = ndimage.uniform_filter1d(255.0 * wanted, 3, mode="nearest").round().astype(np.uint8)
    np.testing.assert_array_equal(read_mask(write_png(tmp_path / "a.png", soft, GREY, 8), SHAPE), wanted)


@pytest.mark.parametrize("level", [0, 255])
def test_all_or_nothing(tmp_path: Path, level: int) -> None:
    found = read_mask(write_png(tmp_path / "a.png", np.full(SHAPE, level), GREY, 8), SHAPE)
    assert (found == (level > 0)).all()


BANDS = np.repeat([0, 1, 2], 13)[:, None] * np.ones((1, 60), int)


@pytest.mark.parametrize(
    ("samples", "colour", "part"),
    [
        (BANDS, GREY, "levels 0, 1, 2"),  # numbers, none of which is noise
        (np.array([0, 100, 255])[BANDS], GREY, "levels 0, 100, 255"),
        (stacked(*[np.array([0, 1, 255])[BANDS]] * 3, np.array([0, 128, 255])[BANDS]), RGBA, "levels 0, 128, 255"),
        (stacked(FULL, 255 * INSIDE, 255 * INSIDE), RGB, "several colours and no black"),  # red on white
        (stacked(*[np.array([0, 0, 255])[BANDS]] * 3, np.array([0, 255, 255])[BANDS]), RGBA, "black and other colours"),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, samples: NDArray[np.generic], colour: int, part: str) -> None:
    path = write_png(tmp_path / "a.png", samples, colour, 8)
    message = refusal(lambda: read_mask(path, SHAPE))
    assert part in message
    assert f"{path}: " in message
    assert "save it with 0 where nothing is painted and 255 elsewhere" in message


def test_the_shape_is_looked_at_before_anything_is_decoded(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", MASK, GREY, 8)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    path.write_bytes(content)
    assert "(2147483647, 2147483647) pixels, but the image has (39, 60)" in refusal(lambda: read_mask(path, SHAPE))


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"BM" + bytes(60)])
def test_no_png(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    for read in (lambda: read_mask(path, SHAPE), lambda: read_numbers(path)):
        assert "a.png: missing" in refusal(read)
    path.write_bytes(content)
    for read in (lambda: read_mask(path, SHAPE), lambda: read_numbers(path)):
        assert "a.png: not a readable PNG" in refusal(read)


class TestNumbers:
    @pytest.mark.parametrize("transparent", [b"\x00", b"\x00\x80\x80"])
    def test_nothing_may_be_transparent(self, tmp_path: Path, transparent: bytes) -> None:
        path = write_png(tmp_path / "a.png", BANDS, PALETTE, 8, palette=bytes(9), transparent=transparent)
        np.testing.assert_array_equal(read_numbers(path), BANDS)

    @pytest.mark.parametrize(
        ("colour", "beside"),
        [(PALETTE, {"palette": bytes(9), "transparent": b"\xff\xff\x00"}), (GREY, {"transparent": u16(2)})],
    )
    def test_a_number_may_not(self, tmp_path: Path, colour: int, beside: dict[str, bytes]) -> None:
        path = write_png(tmp_path / "a.png", BANDS, colour, 8, **beside)
        assert "number 2 is transparent; make it 0" in refusal(lambda: read_numbers(path))

    @pytest.mark.parametrize("bits", [2, 4])
    def test_few_bits_are_read_differently_elsewhere(self, tmp_path: Path, bits: int) -> None:
        path = write_png(tmp_path / "a.png", BANDS, GREY, bits)
        assert f"grey of {bits} bits" in refusal(lambda: read_numbers(path))
        np.testing.assert_array_equal(
            read_numbers(write_png(tmp_path / "b.png", BANDS, PALETTE, bits, palette=bytes(9))), BANDS
        )

    def test_all_16_bits_count(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        Image.fromarray((BANDS * 30001).astype(np.uint16)).save(path)
        np.testing.assert_array_equal(read_numbers(path), BANDS * 30001)


def test_a_mask_of_one_colour_is_all_painted(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.full((*SHAPE, 3), (200, 40, 120), np.uint8), RGB, 8)
    assert read_mask(tmp_path / "a.png", SHAPE).all()


def test_an_eighth_of_the_brightest_is_dark(tmp_path: Path) -> None:
    noisy = np.where(MASK, 248, 31).astype(np.uint8)
    noisy[0, 0] = 0
    write_png(tmp_path / "a.png", noisy, GREY, 8)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png", SHAPE), MASK)


@pytest.mark.parametrize("read", [lambda path: read_mask(path, (4, 6)), read_numbers])
def test_a_picture_that_programs_show_in_two_ways_is_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    exif = Image.Exif()
    for orientation, is_read in ((1, True), (6, False), (3, False)):
        exif[274] = orientation
        Image.new("L", (6, 4)).save(tmp_path / "ge.png", exif=exif)
        if is_read:
            read(tmp_path / "ge.png")
        else:
            with pytest.raises(InputError, match=r"ge\.png: is shown turned by .*; save it without EXIF"):
                read(tmp_path / "ge.png")
