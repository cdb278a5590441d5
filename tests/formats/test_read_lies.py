"""Files that declare more than they hold, or than fits: one line, before any memory is taken for their pixels."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
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
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal

from samiam.formats import read_micrograph
from samiam.formats.readers import emd

IMAGE = (np.arange(40 * 32).reshape(40, 32) * 7919 % 251).astype(np.uint16)
SHORT = "ends before its pixels do"
_MOST_BYTES = 20e6  # of a refusal; the smallest of these files declares ten times as many


def refused(path: Path, **options: Any) -> str:
    tracemalloc.start()
    try:
        message = refusal(lambda: read_micrograph(path, **options))
        assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES
    finally:
        tracemalloc.stop()
    return message


def tiff_with(path: Path, values: NDArray[Any], tag: str, value: int, **options: Any) -> Path:
    tifffile.imwrite(path, values, metadata=None, **options)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags[tag].overwrite(value)
    return path


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("rowsperstrip", [1, 8, 40])
def test_a_tiff_taller_than_its_strips(tmp_path: Path, compression: str | None, rowsperstrip: int) -> None:
    options = {"compression": compression, "rowsperstrip": rowsperstrip}
    assert "strips" in refused(tiff_with(tmp_path / "a.tif", IMAGE, "ImageLength", 80, **options)) or rowsperstrip == 40


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_tiff_taller_than_its_one_strip(tmp_path: Path, compression: str | None) -> None:
    path = tiff_with(tmp_path / "a.tif", IMAGE, "ImageLength", 80, compression=compression, rowsperstrip=40)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags["RowsPerStrip"].overwrite(80)
    refused(path)


def test_a_tiff_with_strips_or_tiles_that_were_never_written(tmp_path: Path) -> None:
    for options in ({"rowsperstrip": 8}, {"tile": (16, 16)}):
        tifffile.imwrite(tmp_path / "a.tif", IMAGE, metadata=None, compression="zlib", **options)
        kind = "Tile" if "tile" in options else "Strip"
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            tags = file.pages.first.tags
            for name in (f"{kind}Offsets", f"{kind}ByteCounts"):
                tags[name].overwrite((*tags[name].value[:-1], 0))
        assert "does not hold them all" in refused(tmp_path / "a.tif")


def test_a_stack_of_imagej_that_was_cut_short(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.stack([IMAGE] * 5), imagej=True, metadata={"axes": "ZYX"})
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content.replace(b"images=5", b"images=9").replace(b"slices=5", b"slices=9"))
    refused(tmp_path / "a.tif")


def test_a_jpeg_of_two_kilobytes(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(IMAGE.astype(np.uint8)).convert("RGB").save(file, "JPEG")
    content = bytearray(file.getvalue())
    place = content.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", content, place, 16000, 16000)
    (tmp_path / "a.jpg").write_bytes(bytes(content))
    assert SHORT in refused(tmp_path / "a.jpg")


def png(path: Path, side: int, bits: int, colours: int, pixels: bytes) -> Path:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, bits, colours, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize(("bits", "colours"), [(8, 0), (8, 2), (16, 0)])
def test_a_png_that_holds_too_little(tmp_path: Path, bits: int, colours: int) -> None:
    assert SHORT in refused(png(tmp_path / "a.png", 16384, bits, colours, bytes(200_000)))


@pytest.mark.parametrize(("bits", "colours", "words"), [(16, 6, "2.1 GB"), (16, 2, "1.6 GB")])
def test_more_bytes_than_fit(tmp_path: Path, bits: int, colours: int, words: str) -> None:
    assert words in refused(png(tmp_path / "a.png", 16384, bits, colours, b""))


def test_more_bytes_than_fit_of_other_kinds(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (16384, 16384)})
        file.truncate(file.tell() + 8 * 16384**2)  # A hole, which takes no room.
    assert "2.1 GB" in refused(tmp_path / "a.npy")
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group.create_dataset("data", (16384, 16384), np.float64, chunks=(1024, 1024))
    assert "2.1 GB" in refused(tmp_path / "a.emd")


def test_a_dimension_of_a_thousand_million_places(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = IMAGE
        for number in (1, 2):
            vector = group.create_dataset(f"dim{number}", (10**9,), np.float64, chunks=(1024,), compression="gzip")
            vector[:2] = (0, 0.02)
            vector.attrs.update({"name": "yx"[number - 1], "units": "nm"})
    tracemalloc.start()
    assert read_micrograph(tmp_path / "a.emd").pixel_size_nm == pytest.approx(0.02)
    assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize(
    "text", [None, b"[" * 3000, b'{"BinaryResult": 5}', b"\xff\xfe", b'{"BinaryResult": {"PixelSize": 1}}']
)
def test_metadata_of_velox_that_cannot_be_used(tmp_path: Path, text: bytes | None) -> None:
    path = write_velox(tmp_path / "a.emd", {"BF": IMAGE[..., None]})
    with h5py.File(path, "a") as file:
        group = file["Data/Image/" + "0" * 32]
        del group["Metadata"]
        if text is None:
            group.create_dataset("Metadata", (3 * 10**9, 1), np.uint8, chunks=(4096, 1), compression="gzip")
        else:
            group["Metadata"] = np.frombuffer(text, np.uint8)[:, None]
    found = read_micrograph(path)
    assert (found.shape_hw, found.pixel_size_nm) == ((40, 32), None)


@pytest.mark.parametrize(("most_bytes", "size_nm"), [(512, 0.02), (511, None)])
def test_metadata_of_velox_in_pieces_that_just_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_bytes: int, size_nm: float | None
) -> None:
    path = write_velox(tmp_path / "a.emd", {"BF": IMAGE[..., None]})
    with h5py.File(path, "a") as file:
        group = file["Data/Image/" + "0" * 32]
        text = group["Metadata"][()]
        del group["Metadata"]
        group.create_dataset("Metadata", data=text, chunks=(512, 1))
    monkeypatch.setattr(emd, "MAX_BYTES", most_bytes)
    assert read_micrograph(path).pixel_size_nm == (size_nm and pytest.approx(size_nm))


@pytest.mark.parametrize("n_written", [0, 1, 2])
def test_pixels_that_were_never_written(tmp_path: Path, n_written: int) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("Data/Image/0")
        data = group.create_dataset("Data", (40, 32, 3), np.uint16, chunks=(20, 32, 1))
        for frame in range(n_written):
            data[..., frame] = IMAGE
    for frame in range(3):
        if frame < n_written:
            assert read_micrograph(tmp_path / "a.emd", frame=frame).shape_hw == (40, 32)
        else:
            assert SHORT in refused(tmp_path / "a.emd", frame=frame)
    with h5py.File(tmp_path / "b.emd", "w") as file:
        group = file.create_group("Data/Image/0")
        group.create_dataset("Data", (40, 32, 1), np.uint16)
        group["Metadata"] = np.frombuffer(json.dumps({}).encode(), np.uint8)[:, None]
    assert SHORT in refused(tmp_path / "b.emd")


def test_a_piece_that_was_never_written_behind_many_that_were(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        data = file.create_dataset("Data/Image/0/Data", (512, 512, 1), np.uint8, chunks=(32, 32, 1))
        data[:480] = np.ones((480, 512, 1))
        data[480:, :480] = np.ones((32, 480, 1))
    assert SHORT in refused(tmp_path / "a.emd")


def dm(path: Path) -> tuple[Path, bytes, bytes]:
    return write_dm(path, IMAGE), struct.pack("<I", 32), struct.pack("<I", 16000)


def mrc(path: Path) -> tuple[Path, bytes, bytes]:
    return write_mrc(path, IMAGE[None]), struct.pack("<ii", 32, 40), struct.pack("<ii", 16000, 16000)


def ser(path: Path) -> tuple[Path, bytes, bytes]:
    return write_ser(path, IMAGE[None]), struct.pack("<ii", 32, 40), struct.pack("<ii", 16000, 16000)


@pytest.mark.parametrize(("suffix", "lie"), [(".dm4", dm), (".mrc", mrc), (".ser", ser)])
def test_sides_that_are_larger_than_the_file(
    tmp_path: Path, suffix: str, lie: Callable[[Path], tuple[Path, bytes, bytes]]
) -> None:
    path, true, false = lie(tmp_path / f"a{suffix}")
    content = path.read_bytes()
    assert true in content
    path.write_bytes(content.replace(true, false, 1))
    assert SHORT in refused(path)
