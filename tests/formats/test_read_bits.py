"""No bit is lost, no colour, ink or palette mistaken, and images lie as every viewer shows them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps
from refusals import refusal

from samiam.formats import read_micrograph
from samiam.formats.readers.orientation import upright
from samiam.formats.readers.tiff.colours import as_shown
from samiam.records import Micrograph
from samiam.records.counts import without_offset

EXACT = (0.0, 100.0)
RNG = np.random.default_rng(5)
DEEP = RNG.integers(20_000, 21_262, (48, 64)).astype(np.uint16)
SHALLOW = RNG.integers(0, 256, (48, 64)).astype(np.uint8)


def stretched(values: NDArray[Any]) -> NDArray[np.float64]:
    values = values.astype(np.float64)
    return (values - values.min()) / (values.max() - values.min())


def assert_shows(path: Path, values: NDArray[Any], *, atol: float = 1e-6, **options: Any) -> Micrograph:
    found = read_micrograph(path, clip_percentiles=EXACT, **options)
    np.testing.assert_allclose(found.pixels, stretched(values), atol=atol)
    return found


@pytest.mark.parametrize("n_channels", [2, 3, 4])
def test_png_of_16_bits_and_several_channels(tmp_path: Path, n_channels: int) -> None:
    channels = np.repeat(DEEP[..., None], n_channels, axis=2)
    if n_channels in (2, 4):
        channels[..., -1] = 65535 - channels[..., -1]
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(channels))
    found = assert_shows(tmp_path / "a.png", DEEP)
    assert len(np.unique(found.pixels)) == len(np.unique(DEEP)) > 1100
    assert found.metadata["dtype"] == "uint16"


def test_png_of_16_bits_in_colours_that_differ(tmp_path: Path) -> None:
    channels = np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]], axis=2)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(channels))
    for channel in range(3):
        assert_shows(tmp_path / "a.png", channels[..., channel], channel=channel)


@pytest.mark.parametrize("bits", [2, 4])
def test_png_of_few_bits(tmp_path: Path, bits: int) -> None:
    values = SHALLOW >> (8 - bits)
    packed = np.packbits(np.unpackbits(values[..., None], axis=2)[..., -bits:].reshape(48, -1), axis=1)
    write_png(tmp_path / "a.png", packed, bits, 64)
    assert_shows(tmp_path / "a.png", values)


def write_png(path: Path, rows: NDArray[np.uint8], bits: int, width: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, len(rows), bits, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


@pytest.mark.parametrize("offset", [0, 2**53, 2**62, -(2**62), -(2**63)])
@pytest.mark.parametrize("suffix", [".npy", ".tif"])
def test_64_bit_integers_on_an_offset(tmp_path: Path, offset: int, suffix: str) -> None:
    values = np.int64(offset) + DEEP.astype(np.int64)
    path = tmp_path / f"a{suffix}"
    np.save(path, values) if suffix == ".npy" else tifffile.imwrite(path, values)
    found = assert_shows(path, DEEP)
    assert found.metadata["clip_values"] == pytest.approx([float(values.min()), float(values.max())], rel=1e-15)
    assert found.metadata["dtype"] == "int64"


def test_64_bit_integers_beyond_any_signed_one() -> None:
    values = np.uint64(2**64 - 1) - DEEP.astype(np.uint64)
    np.testing.assert_allclose(
        Micrograph.stretched(values, clip_percentiles=EXACT).pixels, 1 - stretched(DEEP), atol=1e-6
    )
    wide = np.array([-(2**63), 0, 2**63 - 1], np.int64)
    assert without_offset(wide)[0].tolist() == [0, 2**63, 2**64 - 1]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int8", "int16", "int32", "float32"])
def test_white_is_zero(tmp_path: Path, dtype: str) -> None:
    values = (SHALLOW // 2).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
    assert_shows(tmp_path / "a.tif", -values.astype(np.float64))


def test_white_is_zero_of_12_bits(tmp_path: Path) -> None:
    values = DEEP % 4096
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite", bitspersample=12, compression=None)
    found = assert_shows(tmp_path / "a.tif", -values.astype(np.float64))
    assert found.metadata["clip_values"] == [4095.0 - values.max(), 4095.0 - values.min()]


GREYS = (np.arange(256) * 7 % 256).astype(np.uint16) * 257


def test_palette_of_greys(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SHALLOW, photometric="palette", colormap=np.stack([GREYS] * 3))
    assert_shows(tmp_path / "a.tif", GREYS[SHALLOW])


def test_palette_of_colours(tmp_path: Path) -> None:
    colours = np.stack([GREYS, GREYS[::-1], np.roll(GREYS, 9)])
    tifffile.imwrite(tmp_path / "a.tif", SHALLOW, photometric="palette", colormap=colours)
    Image.fromarray((colours[:, SHALLOW] // 257).astype(np.uint8).transpose(1, 2, 0)).quantize(256).save(
        tmp_path / "a.png"
    )
    for channel in range(3):
        assert_shows(tmp_path / "a.tif", colours[channel][SHALLOW], channel=channel)
    for name in ("a.tif", "a.png"):
        assert "3 channels that differ" in refusal(lambda name=name: read_micrograph(tmp_path / name))  # type: ignore[misc]
    with Image.open(tmp_path / "a.png") as picture:
        assert_shows(tmp_path / "a.png", np.asarray(picture.convert("RGB"))[..., 1], channel=1)


def test_a_palette_that_is_too_short(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SHALLOW, photometric="palette", colormap=np.stack([GREYS] * 3))
    content = (tmp_path / "a.tif").read_bytes()
    short = struct.pack("<HHI", 320, 3, 3 * 256)
    assert content.count(short) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(short, struct.pack("<HHI", 320, 3, 3 * 16)))
    said = refusal(lambda: read_micrograph(tmp_path / "a.tif", channel=0))
    assert "is coded by a palette that it does not hold; export it again" in said


def test_inks_of_no_known_kind_are_channels(tmp_path: Path) -> None:
    inks = np.stack([SHALLOW, SHALLOW[::-1], SHALLOW[:, ::-1], SHALLOW[::-1, ::-1]], axis=2)
    not_cmyk = (332, 3, 1, 2, True)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", extratags=[not_cmyk], metadata=None)
    for channel in range(4):
        assert_shows(tmp_path / "a.tif", inks[..., channel], channel=channel)


def test_palettes_of_a_stack(tmp_path: Path) -> None:
    stack = np.stack([SHALLOW, SHALLOW[::-1]])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="palette", colormap=np.stack([GREYS] * 3))
    assert_shows(tmp_path / "a.tif", GREYS[SHALLOW[::-1]], frame=1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_inks_are_seen_on_paper(tmp_path: Path, dtype: str) -> None:
    most = np.iinfo(dtype).max
    black = (SHALLOW * (most / 255)).astype(dtype)
    inks = np.stack([np.zeros_like(black)] * 3 + [black], axis=2)
    tifffile.imwrite(tmp_path / "black.tif", inks, photometric="separated")
    assert_shows(tmp_path / "black.tif", -black.astype(np.float64))
    cyan = np.stack([black, *[np.zeros_like(black)] * 2, np.full_like(black, most // 2)], axis=2)
    tifffile.imwrite(tmp_path / "cyan.tif", cyan, photometric="separated")
    assert_shows(tmp_path / "cyan.tif", (most - black.astype(float)) * (most - most // 2), channel=0, atol=1 / 120)


def test_inks_of_a_jpeg(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(48) * 2, np.arange(64) * 2).astype(np.uint8)
    zeros = Image.new("L", (64, 48))
    Image.merge("CMYK", [zeros, zeros, zeros, Image.fromarray(smooth)]).save(tmp_path / "a.jpg", quality=100)
    found = read_micrograph(tmp_path / "a.jpg", channel=0, clip_percentiles=EXACT)
    np.testing.assert_allclose(found.pixels, 1 - stretched(smooth), atol=0.03)


def test_lightness_and_extra_samples(tmp_path: Path) -> None:
    lab = np.stack([SHALLOW, SHALLOW[::-1], SHALLOW[:, ::-1]], axis=2)
    tifffile.imwrite(tmp_path / "lab.tif", lab, photometric="cielab")
    assert_shows(tmp_path / "lab.tif", SHALLOW)
    detectors = np.stack([SHALLOW, SHALLOW[::-1], SHALLOW[:, ::-1], SHALLOW[::-1, ::-1]], axis=2)
    tifffile.imwrite(
        tmp_path / "detectors.tif", detectors, photometric="minisblack", planarconfig="contig", extrasamples=[0, 0, 0]
    )
    for channel in range(4):
        assert_shows(tmp_path / "detectors.tif", detectors[..., channel], channel=channel)
    opaque = np.dstack([SHALLOW] * 3 + [np.full_like(SHALLOW, 255)])
    tifffile.imwrite(tmp_path / "opaque.tif", opaque, photometric="rgb", extrasamples=["unspecified"])
    assert_shows(tmp_path / "opaque.tif", SHALLOW)


def test_samples_of_channels_are_one_after_the_other() -> None:
    array = RNG.integers(0, 256, (2, 5, 7, 3)).astype(np.uint8)
    page: Any = SimpleNamespace(photometric=tifffile.PHOTOMETRIC.RGB, extrasamples=(), compression=1)
    shown = as_shown(array, "CYXS", page)
    assert shown.shape == (5, 7, 6)
    np.testing.assert_array_equal(shown[..., 4], array[1, ..., 1])


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[274] = orientation
    return tags.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
class TestOrientation:
    def seen(self, orientation: int) -> NDArray[Any]:
        """As Pillow, an independent viewer, turns it."""
        file = io.BytesIO()
        Image.fromarray(SHALLOW).save(file, "PNG", exif=exif(orientation))
        with Image.open(file) as picture:
            return np.asarray(ImageOps.exif_transpose(picture))

    def test_png(self, tmp_path: Path, orientation: int) -> None:
        Image.fromarray(SHALLOW).save(tmp_path / "a.png", exif=exif(orientation))
        found = assert_shows(tmp_path / "a.png", self.seen(orientation))
        assert ("orientation" in found.metadata) is (orientation > 1)

    def test_png_with_the_tag_behind_the_pixels(self, tmp_path: Path, orientation: int) -> None:
        Image.fromarray(SHALLOW).save(tmp_path / "a.png")
        content = (tmp_path / "a.png").read_bytes()
        chunk = b"eXIf" + exif(orientation).removeprefix(b"Exif\0\0")
        chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        (tmp_path / "a.png").write_bytes(content[:-12] + chunk + content[-12:])
        assert_shows(tmp_path / "a.png", self.seen(orientation))

    def test_jpeg(self, tmp_path: Path, orientation: int) -> None:
        Image.fromarray(SHALLOW).save(tmp_path / "a.jpg", exif=exif(orientation))
        with Image.open(tmp_path / "a.jpg") as picture:
            seen = np.asarray(ImageOps.exif_transpose(picture))
        assert_shows(tmp_path / "a.jpg", seen)

    def test_jpeg_in_colour(self, tmp_path: Path, orientation: int) -> None:
        smooth = np.add.outer(np.arange(48) * 2, np.arange(64) * 2).astype(np.uint8)
        colours = np.stack([smooth, smooth[::-1], smooth[:, ::-1]], axis=2)
        Image.fromarray(colours).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=exif(orientation))
        seen = upright(colours[..., 1], orientation)[0]
        assert_shows(tmp_path / "a.jpg", seen, channel=1, atol=0.03)

    def test_tiff(self, tmp_path: Path, orientation: int) -> None:
        options = {"extratags": [(274, 3, 1, orientation, True)], "resolution": (5e8, 2.5e8), "resolutionunit": 3}
        tifffile.imwrite(tmp_path / "a.tif", SHALLOW, metadata=None, **options)
        found = assert_shows(tmp_path / "a.tif", self.seen(orientation))
        assert found.pixel_size_nm == pytest.approx(0.04 if orientation > 4 else 0.02)
        assert ("orientation" in found.metadata) is (orientation > 1)
        assert found.pixel_aspect == pytest.approx(0.5 if orientation > 4 else 2.0)

    def test_colours(self, tmp_path: Path, orientation: int) -> None:
        colours = np.stack([SHALLOW, SHALLOW[::-1], SHALLOW[:, ::-1]], axis=2)
        Image.fromarray(colours).save(tmp_path / "a.png", exif=exif(orientation))
        seen = np.stack([upright(colours[..., channel], orientation)[0] for channel in range(3)], axis=2)
        assert_shows(tmp_path / "a.png", seen[..., 1], channel=1)


@pytest.mark.parametrize("orientation", [0, 9, None, "6", (6,)])
def test_orientations_that_are_none(orientation: object) -> None:
    image, said, _ = upright(SHALLOW, orientation)
    assert (image is SHALLOW, said) == (True, None)
