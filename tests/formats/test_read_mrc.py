"""MRC: every flag of the header counts; mrcfile writes the independent reference."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
from file_writers import write_mrc
from numpy.typing import NDArray
from refusals import refusal

from samiam.formats import read_micrograph
from samiam.records import Micrograph

EXACT = (0.0, 100.0)
RNG = np.random.default_rng(3)
IMAGE = RNG.integers(0, 120, (24, 32)).astype(np.int8)
BYTES = RNG.integers(0, 256, (24, 32)).astype(np.uint8)
IMOD = struct.unpack("<i", b"IMOD")[0]


def restored(found: Micrograph) -> NDArray[np.float64]:
    low, high = found.metadata["clip_values"]
    return found.pixels.astype(np.float64) * (high - low) + low


def assert_reads(path: Path, values: NDArray[Any], **options: Any) -> Micrograph:
    found = read_micrograph(path, clip_percentiles=EXACT, **options)
    np.testing.assert_allclose(restored(found), values.astype(np.float64), atol=1e-5 * float(np.abs(values).max()))
    return found


def with_header(path: Path, *fields: tuple[str, int, Any]) -> Path:
    content = bytearray(path.read_bytes())
    for form, offset, value in fields:
        struct.pack_into(form, content, offset, *value if isinstance(value, tuple) else (value,))
    path.write_bytes(bytes(content))
    return path


def test_one_pixel_of_the_grid_is_as_wide_as_the_cell(tmp_path: Path) -> None:
    path = with_header(write_mrc(tmp_path / "a.mrc", IMAGE[None]), ("<3i", 28, (1, 1, 1)), ("<3f", 40, (3.0, 3.0, 1.0)))
    assert read_micrograph(path).pixel_size_nm == pytest.approx(0.3)


def bytes_file(path: Path, *fields: tuple[str, int, Any]) -> Path:
    return with_header(write_mrc(path, BYTES[None].view(np.int8)), *fields)


@pytest.mark.parametrize(
    ("fields", "is_signed"),
    [
        ([("<2i", 152, (IMOD, 0))], False),
        ([("<2i", 152, (IMOD, 1))], True),
        ([("<2i", 152, (IMOD, 6)), ("<2f", 76, (-5.0, 90.0))], False),
        ([("<2i", 152, (IMOD, 3)), ("<2f", 76, (0.0, 255.0))], True),
        ([("<2f", 76, (0.0, 255.0))], False),
        ([("<2f", 76, (0.0, 128.0))], False),
        ([("<2f", 76, (-128.0, 127.0))], True),
        ([("<2f", 76, (0.0, 127.0))], True),
        ([("<2f", 76, (0.0, -1.0))], True),
        ([("<2f", 76, (float("nan"), float("nan")))], True),
        ([], True),
    ],
)
def test_bytes_with_and_without_sign(tmp_path: Path, fields: list[Any], is_signed: bool) -> None:
    path = bytes_file(tmp_path / "a.mrc", *fields)
    assert_reads(path, BYTES.view(np.int8) if is_signed else BYTES)


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3), (1, 3, 2), (3, 2, 1), (2, 3, 1), (3, 1, 2), (0, 0, 0)])
def test_every_order_of_axes(tmp_path: Path, order: tuple[int, int, int]) -> None:
    volume = RNG.normal(size=(18, 24, 32)).astype(np.float32)  # z, y, x
    slowest_first = [3 - axis for axis in (order if any(order) else (1, 2, 3))[::-1]]
    path = write_mrc(tmp_path / "a.mrc", volume.transpose(slowest_first))
    cell = [("<3i", 28, (32, 24, 18)), ("<3f", 40, (32 * 0.2, 24 * 0.4, 18 * 0.8)), ("<3i", 64, order)]
    found = assert_reads(with_header(path, *cell), volume[5], frame=5)
    assert found.shape_hw == (24, 32)
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32"])
@pytest.mark.parametrize("stamp", [b"\x11\x11\x00\x00", bytes(4), b"\x44\x44\x00\x00"])
def test_big_endian_whatever_the_stamp_says(tmp_path: Path, dtype: str, stamp: bytes) -> None:
    values = IMAGE.astype(dtype)
    path = write_mrc(tmp_path / "a.mrc", values[None], 0.2)
    content = bytearray(path.read_bytes())
    for offset in (*range(0, 104, 4), 108, *range(152, 160, 4)):
        content[offset : offset + 4] = content[offset : offset + 4][::-1]
    content[212:216] = stamp
    path.write_bytes(bytes(content[:1024]) + values.astype(np.dtype(dtype).newbyteorder(">")).tobytes())
    found = assert_reads(path, values)
    assert found.pixel_size_nm == pytest.approx(0.02)


def test_float16(tmp_path: Path) -> None:
    values = RNG.normal(size=(24, 32)).astype(np.float16)
    assert_reads(write_mrc(tmp_path / "a.mrc", values[None]), values)


def test_three_bytes_a_pixel(tmp_path: Path) -> None:
    colours = np.stack([BYTES, BYTES[::-1], BYTES[:, ::-1]], axis=2)
    path = write_mrc(tmp_path / "a.mrc", np.zeros((1, 24, 32), np.int8), mode=16)
    path.write_bytes(path.read_bytes()[:1024] + colours.tobytes())
    assert_reads(path, colours[..., 1], channel=1)


def test_skewed_cells_have_no_pixel_size(tmp_path: Path) -> None:
    path = with_header(write_mrc(tmp_path / "a.mrc", IMAGE[None]), ("<3f", 52, (90.0, 90.0, 120.0)))
    found = read_micrograph(path)
    assert found.pixel_size_nm is None
    assert "x and y at 120°" in found.metadata["pixel_size_remark"]
    right = with_header(path, ("<3f", 52, (90.0, 90.0, 90.0)))
    assert read_micrograph(right).pixel_size_nm == pytest.approx(0.02)


@pytest.mark.parametrize("order", [(1, 1, 3), (4, 1, 2), (-1, 2, 3)])
def test_axes_that_are_none(tmp_path: Path, order: tuple[int, int, int]) -> None:
    path = with_header(write_mrc(tmp_path / "a.mrc", IMAGE[None]), ("<3i", 64, order))
    assert "is not an MRC file" in refusal(lambda: read_micrograph(path))


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float16", "float32"])
def test_as_mrcfile_writes_it(tmp_path: Path, dtype: str) -> None:
    values = IMAGE.astype(dtype)
    with mrcfile.new(tmp_path / "a.mrc", values) as file:
        file.voxel_size = (0.2, 0.4, 1.0)
    found = assert_reads(tmp_path / "a.mrc", values)
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))
