from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_mrc, write_ser, write_velox
from made_signals import SIGNALS
from ncempy.io import emd
from PIL import Image
from refusals import refusal

from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES, read_micrograph

IMAGE = (np.arange(40 * 32).reshape(40, 32) * 7919 % 251).astype(np.uint16)


def write_image(path: Path, values: Any = IMAGE) -> Path:
    """The values in whatever format the suffix asks for."""
    suffix = path.suffix
    if suffix in (".dm3", ".dm4"):
        return write_dm(path, values, version=int(suffix[-1]))
    if suffix == ".ser":
        return write_ser(path, values[None])
    if suffix == ".mrc":
        return write_mrc(path, values[None])
    if suffix == ".emd":
        emd.emdWriter(path, values)
    elif suffix in SIGNALS:
        SIGNALS[suffix](path, values)
    elif suffix == ".npy":
        np.save(path, values)
    elif suffix in (".tif", ".tiff"):
        tifffile.imwrite(path, values, photometric="minisblack")
    else:
        Image.fromarray(values.astype(np.uint8)).save(path)
    return path


def refused(path: Path, **options: Any) -> str:
    message = refusal(lambda: read_micrograph(path, **options))
    assert message.startswith("".join(c if c.isprintable() else " " for c in str(path)) + ": ")
    assert len(message) < len(str(path)) + 320
    return message


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
class TestEverySuffix:
    def test_good(self, tmp_path: Path, suffix: str) -> None:
        assert read_micrograph(write_image(tmp_path / f"a{suffix}")).shape_hw == (40, 32)

    def test_missing(self, tmp_path: Path, suffix: str) -> None:
        assert "no such file; check the path" in refused(tmp_path / f"a{suffix}")

    def test_folder(self, tmp_path: Path, suffix: str) -> None:
        (tmp_path / f"a{suffix}").mkdir()
        assert "is a folder; give one file" in refused(tmp_path / f"a{suffix}")

    def test_empty(self, tmp_path: Path, suffix: str) -> None:
        (tmp_path / f"a{suffix}").touch()
        assert "is empty (0 bytes)" in refused(tmp_path / f"a{suffix}")

    def test_text(self, tmp_path: Path, suffix: str) -> None:
        (tmp_path / f"a{suffix}").write_text("Dear diary,\nnot an image.\n" * 99)
        refused(tmp_path / f"a{suffix}")

    def test_short_text(self, tmp_path: Path, suffix: str) -> None:
        (tmp_path / f"a{suffix}").write_text("\n")
        refused(tmp_path / f"a{suffix}")

    def test_truncated(self, tmp_path: Path, suffix: str) -> None:
        path = write_image(tmp_path / f"a{suffix}")
        content = path.read_bytes()
        for part in (0.02, 0.1, 0.4, 0.75, 0.93):
            path.write_bytes(content[: int(len(content) * part)])
            refused(path)

    def test_constant(self, tmp_path: Path, suffix: str) -> None:
        assert "every pixel is 5" in refused(write_image(tmp_path / f"a{suffix}", np.full((32, 32), 5, np.uint16)))

    def test_small(self, tmp_path: Path, suffix: str) -> None:
        for height, width in ((1, 1), (15, 32), (32, 15)):
            message = refused(write_image(tmp_path / f"{height}x{width}{suffix}", IMAGE[:height, :width].copy()))
            assert "at least 16" in message or "spectrum" in message or "two dimensions" in message

    def test_options(self, tmp_path: Path, suffix: str) -> None:
        path = write_image(tmp_path / f"a{suffix}")
        assert "no frame 1; choose frame=0..0" in refused(path, frame=1)
        assert "no channel 1; choose channel=0..0" in refused(path, channel=1)
        assert "data set" in refused(path, dataset="other")
        for size in (0.0, -1.0, float("nan"), float("inf")):
            assert "pixel size" in refused(path, pixel_size_nm=size)
        for percentiles in ((50.0, 50.0), (-1.0, 99.0), (1.0, 101.0), (float("nan"), 99.0)):
            assert "percentiles" in refused(path, clip_percentiles=percentiles)


@pytest.mark.parametrize("name", ["a.gif", "a", "a.npz", "a.dm5", ".png"])
def test_unknown_suffix_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    message = refused(tmp_path / name)
    assert all(suffix in message for suffix in READABLE_SUFFIXES)


def test_line_breaks_in_names_stay_out_of_messages(tmp_path: Path) -> None:
    refused(tmp_path / "two\nlines.png")
    assert "\n" not in refused(tmp_path / "two\nlines.xyz")


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".dm3", ".dm4", ".mrc", ".ser", ".emd", *SIGNALS])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path: Path, suffix: str, bad: float) -> None:
    values = IMAGE.astype(np.float32)
    values[3, 4:7] = bad
    assert "3 of 1280 pixels are NaN or infinite" in refused(write_image(tmp_path / f"a{suffix}", values))


def test_values_whose_difference_overflows(tmp_path: Path) -> None:
    values = IMAGE.astype(np.float64)
    values[0, :2] = -1.7e308, 1.7e308
    assert "too far apart" in refused(write_image(tmp_path / "a.npy", values))


@pytest.mark.parametrize(
    ("dtype", "remedy"),
    [("complex64", "modulus"), ("complex128", "modulus"), ("bool", "mask"), ("S3", "integers or floats")],
)
def test_types_that_are_no_grey_values(tmp_path: Path, dtype: str, remedy: str) -> None:
    said = refused(write_image(tmp_path / "a.npy", IMAGE.astype(dtype)))
    assert remedy in said
    assert f"holds {np.dtype(dtype)} pixels" in said


def test_complex_tiff_and_dm(tmp_path: Path) -> None:
    assert "modulus" in refused(write_image(tmp_path / "a.tif", IMAGE.astype(np.complex64)))
    assert "modulus" in refused(write_dm(tmp_path / "a.dm4", IMAGE.astype(np.complex64)))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((32, 32), None), allow_pickle=True)
    assert "Python objects; save it as integers or floats" in refused(tmp_path / "a.npy")


def test_masks_of_one_bit(tmp_path: Path) -> None:
    Image.fromarray(IMAGE > 100).save(tmp_path / "a.png")
    assert "mask" in refused(tmp_path / "a.png")


@pytest.mark.parametrize("values", [np.float32(1.5), np.arange(1000), np.zeros((0, 32)), np.zeros((0, 32, 32))])
def test_arrays_that_are_no_image(tmp_path: Path, values: Any) -> None:
    np.save(tmp_path / "a.npy", values)
    refused(tmp_path / "a.npy")


def npy_of(shape: tuple[int, int]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
            file.truncate(file.tell() + shape[0] * shape[1])  # A hole, which takes no room.

    return write


def png_of(shape: tuple[int, int]) -> Callable[[Path], None]:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, 0, 0, 0, 0)
    return lambda path: path.write_bytes(  # type: ignore[return-value]
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )


def tif_of(shape: tuple[int, int]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        memmap = tifffile.memmap(path, shape=shape, dtype=np.uint8, photometric="minisblack")
        del memmap

    return write


def mrc_of(shape: tuple[int, int]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_mrc(path, np.zeros((1, 1, 1), np.int16))
        content = bytearray(path.read_bytes())
        struct.pack_into("<2i", content, 0, shape[1], shape[0])
        path.write_bytes(bytes(content))

    return write


def emd_of(shape: tuple[int, int]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            group = file.create_group("data/image")
            group.attrs["emd_group_type"] = 1
            group.create_dataset("data", shape, np.uint8, chunks=(1024, 1024))

    return write


@pytest.mark.parametrize(
    ("suffix", "writer"), [(".npy", npy_of), (".png", png_of), (".tif", tif_of), (".mrc", mrc_of), (".emd", emd_of)]
)
def test_too_many_pixels_are_refused_unread(tmp_path: Path, suffix: str, writer: Any) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    writer((16384, 16385))(tmp_path / f"a{suffix}")
    assert "16385 x 16384 pixels, more than" in refused(tmp_path / f"a{suffix}")
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_png_beyond_the_limit_of_pillow_is_no_bomb(tmp_path: Path) -> None:
    png_of((16384, 16384))(tmp_path / "a.png")  # 268 Mpx; Pillow refuses at 179 Mpx. There are no pixels in it.
    message = refused(tmp_path / "a.png")
    assert "bomb" not in message
    assert "ends before its pixels do" in message


def test_compression_that_needs_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(IMAGE.astype(np.uint8)).save(tmp_path / "a.tif", compression="tiff_lzw")

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    assert "pip install imagecodecs" in refused(tmp_path / "a.tif")


def test_mrc_modes_that_would_be_misread(tmp_path: Path) -> None:
    for mode in (5, 99, 101):
        assert f"its header says {mode}," in refused(write_mrc(tmp_path / "a.mrc", IMAGE[None], mode=mode))
    for mode in (3, 4):
        assert "modulus" in refused(write_mrc(tmp_path / "a.mrc", IMAGE[None], mode=mode))


@pytest.mark.parametrize("part", ["Image", "SpectrumStream", "Spectrum"])
def test_velox_without_an_image(tmp_path: Path, part: str) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file.create_group(f"Data/{part}")
    assert "holds no image of Velox, only spectra or nothing; export the image itself" in refused(tmp_path / "a.emd")


def test_hdf5_of_another_layout(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["some/thing"] = IMAGE
    assert "holds no image in the layout of Berkeley or Velox" in refused(tmp_path / "a.emd")
    write_velox(tmp_path / "b.emd", {"BF": IMAGE[..., None]})
    with h5py.File(tmp_path / "b.emd", "a") as file:
        del file["Data/Image/" + "0" * 32]
    assert "holds no image of Velox" in refused(tmp_path / "b.emd")


def test_dm_spectrum(tmp_path: Path) -> None:
    assert "holds a spectrum" in refused(write_dm(tmp_path / "a.dm4", np.arange(2048, dtype=np.float32)))


def test_ser_without_elements(tmp_path: Path) -> None:
    content = bytearray(write_ser(tmp_path / "a.ser", IMAGE[None]).read_bytes())
    struct.pack_into("<2i", content, 14, 0, 0)
    (tmp_path / "a.ser").write_bytes(bytes(content))
    assert "holds no image" in refused(tmp_path / "a.ser")


@pytest.mark.parametrize("suffix", [".dm3", ".dm4", ".ser", ".mrc", ".emd", ".tif", ".png", ".npy"])
def test_random_damage_never_shows_anything_but_an_input_error(tmp_path: Path, suffix: str) -> None:
    path = write_image(tmp_path / f"a{suffix}")
    content = np.frombuffer(path.read_bytes(), np.uint8)
    generator = np.random.default_rng(0)
    for _ in range(40):
        damaged = content.copy()
        places = generator.integers(0, min(len(content), 600), 4)
        damaged[places] = generator.integers(0, 256, 4)
        path.write_bytes(damaged.tobytes())
        try:
            read_micrograph(path)
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017


@pytest.mark.parametrize(("kind", "content"), [(b"iCCP", b"abc"), (b"sRGB", b"\x09"), (b"cHRM", b"abc")])
def test_what_a_library_says_of_a_damaged_extra_stays_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: bytes, content: bytes
) -> None:
    whole = write_image(tmp_path / "a.png", IMAGE.astype(np.uint8)).read_bytes()
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    (tmp_path / "b.png").write_bytes(whole[:33] + chunk + whole[33:])
    found = read_micrograph(tmp_path / "b.png")
    np.testing.assert_array_equal(found.pixels, read_micrograph(tmp_path / "a.png").pixels)
    assert not caplog.records
