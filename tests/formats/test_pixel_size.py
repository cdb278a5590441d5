from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_mrc, write_ser, write_velox
from ncempy.io import emd
from numpy.typing import NDArray
from PIL import Image

from samiam.formats import read_micrograph
from samiam.formats.frames.opening import open_frames
from samiam.formats.readers.interval import Interval
from samiam.formats.readers.units import is_reciprocal, to_nm

IMAGE = np.arange(400, dtype=np.uint16).reshape(20, 20)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("m", 1e9),
        ("mm", 1e6),
        ("um", 1e3),
        ("\u00b5m", 1e3),
        ("\u03bcm", 1e3),
        ("\\u00B5m", 1e3),
        ("micron", 1e3),
        ("[u_m]", 1e3),
        ("nm", 1),
        ("[n_m]", 1),
        (b"nm", 1),
        ("nm\x00", 1),
        ("\u00c5", 0.1),
        ("\u212b", 0.1),
        ("A", 0.1),
        ("Angstrom", 0.1),
        ("ang", 0.1),
        ("Angs", 0.1),
        ("pm", 1e-3),
    ],
)
def test_units_of_length(unit: str | bytes, factor: float) -> None:
    assert to_nm("2.5", unit) == pytest.approx(2.5 * factor)


@pytest.mark.parametrize("unit", ["1/nm", "nm^-1", "[1_/_n_m]", "eV", "pixel", "", None, "inch"])
def test_what_is_no_length(unit: str | None) -> None:
    assert to_nm(1, unit) is None


@pytest.mark.parametrize(
    "unit",
    [
        "1/nm",
        "nm^-1",
        "nm-1",
        "[1_/_n_m]",
        "1 / nm",
        "nm⁻¹",
        "1/Å",
        "$A^{-1}$",
        "A^-1",
        "1/m",
        "mrad",
        "µrad",
        "rad",
        "°",
    ],
)
def test_reciprocal_lengths_and_angles(unit: str) -> None:
    assert is_reciprocal(unit)


@pytest.mark.parametrize("unit", ["nm", "1/px", "1/s", "s^-1", "eV", "nm^2", "1", "-1", "", None, "A"])
def test_what_is_neither(unit: str | None) -> None:
    assert not is_reciprocal(unit)


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf"), None, "much"])
def test_what_is_no_size(size: object) -> None:
    assert to_nm(size, "nm") is None


@pytest.mark.parametrize(
    ("unit", "size_nm"), [("nm", 0.02), ("\u00b5m", 20.0), ("pm", 2e-5), ("1/nm", None), ("", None)]
)
@pytest.mark.parametrize("version", [3, 4])
def test_dm(tmp_path: Path, version: int, unit: str, size_nm: float | None) -> None:
    path = write_dm(tmp_path / f"a.dm{version}", IMAGE, version=version, unit=unit)
    assert_size(path, size_nm, "DM calibration")


@pytest.mark.parametrize(
    ("unit", "size_nm"), [("[n_m]", 0.02), ("A", 0.002), ("[u_m]", 20.0), ("[m]", None), ("[1/n_m]", None)]
)
def test_berkeley(tmp_path: Path, unit: str, size_nm: float | None) -> None:
    emd.emdWriter(tmp_path / "a.emd", IMAGE, pixel_size=(0.03, 0.02), pixel_unit=(unit, unit))
    assert_size(tmp_path / "a.emd", size_nm, "EMD dimension")


@pytest.mark.parametrize(("unit", "size_nm"), [("m", 0.02), ("1/m", None)])
def test_velox(tmp_path: Path, unit: str, size_nm: float | None) -> None:
    assert_size(write_velox(tmp_path / "a.emd", {"BF": IMAGE[..., None]}, unit=unit), size_nm, "Velox metadata")


@pytest.mark.parametrize(("size_m", "size_nm"), [(2e-11, 0.02), (5e7, None)])
def test_ser_in_real_and_in_reciprocal_metres(tmp_path: Path, size_m: float, size_nm: float | None) -> None:
    assert_size(write_ser(tmp_path / "a.ser", IMAGE[None], size_m), size_nm, "SER calibration")


@pytest.mark.parametrize(("size_a", "size_nm"), [(0.2, 0.02), (0.0, None)])
def test_mrc_with_and_without_a_cell(tmp_path: Path, size_a: float, size_nm: float | None) -> None:
    assert_size(write_mrc(tmp_path / "a.mrc", IMAGE[None], size_a), size_nm, "MRC cell")


@pytest.mark.parametrize(
    ("kind", "size_nm", "source"), [(b"\x00" * 4, 0.05, "MRC extended header"), (b"FEI1", 0.02, "MRC cell")]
)
def test_mrc_extended_header(tmp_path: Path, kind: bytes, size_nm: float, source: str) -> None:
    content = bytearray(write_mrc(tmp_path / "a.mrc", IMAGE[None]).read_bytes())
    struct.pack_into("<i", content, 92, 128)
    content[104:108] = kind
    extended = np.zeros(32, np.float32)
    extended[11] = 5e-11
    (tmp_path / "a.mrc").write_bytes(bytes(content[:1024]) + extended.tobytes() + bytes(content[1024:]))
    assert_size(tmp_path / "a.mrc", size_nm, source)


@pytest.mark.parametrize(
    ("options", "size_nm", "source"),
    [
        ({"imagej": True, "resolution": (50.0, 50.0), "metadata": {"unit": "nm"}}, 0.02, "ImageJ unit"),
        ({"imagej": True, "resolution": (5e4, 5e4), "metadata": {"unit": "micron"}}, 0.02, "ImageJ unit"),
        ({"imagej": True, "resolution": (5e4, 5e4), "metadata": {"unit": "\\u00B5m"}}, 0.02, "ImageJ unit"),
        ({"imagej": True, "resolution": (50.0, 50.0), "metadata": {"unit": "pixel"}}, None, ""),
        ({"ome": True, "metadata": {"PhysicalSizeX": 2e-5}}, 0.02, "OME PhysicalSizeX"),
        ({"ome": True, "metadata": {"PhysicalSizeX": 0.2, "PhysicalSizeXUnit": "Å"}}, 0.02, "OME PhysicalSizeX"),
        ({"description": json.dumps({"pixel_size_nm": 0.02}), "metadata": None}, 0.02, "description"),
        ({"description": json.dumps({"pixel_size_nm": None}), "metadata": None}, None, ""),
        ({"description": "{broken", "metadata": None}, None, ""),
        ({"resolution": (5e8, 5e8), "resolutionunit": "CENTIMETER"}, 0.02, "TIFF resolution"),
        ({"resolution": (1.27e9, 1.27e9), "resolutionunit": "INCH"}, 0.02, "TIFF resolution"),
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, None, ""),
        ({"resolution": (5e8, 5e8), "resolutionunit": "NONE"}, None, ""),
        ({}, None, ""),
    ],
)
def test_tiff(tmp_path: Path, options: dict[str, Any], size_nm: float | None, source: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, **options)
    assert_size(tmp_path / "a.tif", size_nm, source)


@pytest.mark.parametrize(
    ("unit", "per_unit", "said"),
    [
        ("cm", 28.3465, "352.8 µm, as for printing"),  # 72 dpi
        ("cm", 118.11, "84.67 µm, as for printing"),  # 300 dpi
        ("cm", 2e4, "0.5 µm, as for printing"),
        ("mm", 2.83465, "352.8 µm, as for printing"),
        ("mm", 47.244, "21.17 µm, as for printing"),  # 1200 dpi
        ("m", 23622.0, "42.33 µm, as for printing"),  # 600 dpi
        ("m", 20.0, "5e+04 µm, as for printing"),
        ("inch", 72.0, "0.01389 inch, which no pixel can have"),
        ("um", 0.0118, "84.75 um, which no pixel can have"),
    ],
)
def test_a_resolution_for_printing_that_imagej_writes_on(tmp_path: Path, unit: str, per_unit: float, said: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, imagej=True, resolution=(per_unit,) * 2, metadata={"unit": unit})
    found = read_micrograph(tmp_path / "a.tif")
    assert (found.pixel_size_nm, found.unit) == (None, "px")
    assert found.metadata["pixel_size_remark"] == f"ImageJ unit has {said}: the size is unknown"


@pytest.mark.parametrize(
    ("unit", "per_unit", "size_nm"), [("cm", 1e6, 10.0), ("mm", 5e4, 20.0), ("um", 0.5, 2e3), ("m", 1e8, 10.0)]
)
def test_sizes_of_microscopes_in_any_unit(tmp_path: Path, unit: str, per_unit: float, size_nm: float) -> None:
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, imagej=True, resolution=(per_unit,) * 2, metadata={"unit": unit})
    assert_size(tmp_path / "a.tif", size_nm, "ImageJ unit")


@pytest.mark.parametrize(
    ("size", "unit", "size_nm"),
    [(352.78, "µm", None), (84.67, "µm", None), (0.0353, "cm", None), (1.0, "m", None), (25.0, "µm", 25e3)],
)
def test_the_largest_pixel_that_is_believed(tmp_path: Path, size: float, unit: str, size_nm: float | None) -> None:
    """Programs pass resolutions for printing on as the physical size of OME, and to other kinds of files."""
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, ome=True, metadata={"PhysicalSizeX": size, "PhysicalSizeXUnit": unit})
    assert_size(tmp_path / "a.tif", size_nm, "OME PhysicalSizeX")
    write_dm(tmp_path / "a.dm4", IMAGE, scale=[size, size], unit=[unit, unit])
    assert_size(tmp_path / "a.dm4", size_nm, "DM calibration")


def test_tiff_of_fei(tmp_path: Path) -> None:
    text = b"[User]\r\nUser=me\r\n[Scan]\r\nPixelWidth=2e-11\r\nPixelHeight=2e-11\r\n"
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, extratags=[(34682, 2, len(text), text, True)], metadata=None)
    assert_size(tmp_path / "a.tif", 0.02, "FEI metadata")


def dm_tiff(path: Path, images: NDArray[Any], units: list[str], scales: list[float]) -> Path:
    """As DigitalMicrograph saves a TIFF: units and steps of its axes in tags of its own, and 72 dpi."""
    tags = [(65003 + axis, 2, 0, unit.encode("latin-1"), True) for axis, unit in enumerate(units)]
    tags += [(65009 + axis, 12, 1, scale, True) for axis, scale in enumerate(scales)]
    tifffile.imwrite(path, images, extratags=tags, resolution=(72, 72), resolutionunit="INCH", metadata=None)
    return path


@pytest.mark.parametrize(
    ("unit", "scale", "size_nm"),
    [("nm", 0.02, 0.02), ("\u00b5m", 0.168, 168.0), ("\u00c5", 0.2, 0.02), ("A", 0.2, 0.02), ("1/nm", 0.02, None)],
)
def test_tiff_of_digitalmicrograph(tmp_path: Path, unit: str, scale: float, size_nm: float | None) -> None:
    path = dm_tiff(tmp_path / "a.tif", IMAGE, [unit, unit], [scale, scale])
    assert_size(path, size_nm, "DM calibration")
    if size_nm is None:
        assert read_micrograph(path).metadata["pixel_size_remark"] == (
            "DM calibration has 0.02 1/nm, which no pixel can have: the size is unknown"
        )


def test_tiff_of_digitalmicrograph_without_calibration(tmp_path: Path) -> None:
    path = dm_tiff(tmp_path / "a.tif", IMAGE, ["", ""], [1.0, 1.0])
    assert_size(path, None, "")
    assert "as for printing" in read_micrograph(path).metadata["pixel_size_remark"]


def test_tiff_stack_of_digitalmicrograph(tmp_path: Path) -> None:
    images = np.stack([IMAGE, IMAGE + 1]).astype(np.float32)
    path = dm_tiff(tmp_path / "a.tif", images, ["nm", "nm", "s"], [0.02, 0.04, 2.5])
    found = read_micrograph(path, frame=1)
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))
    assert open_frames(path).interval == Interval(2.5, "DM calibration")


@pytest.mark.parametrize(
    ("said", "size_nm"),
    [
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 11.65 nm\r\nAP_PIXEL_SIZE\r\nPixel Size = 5.8 nm\r\n", 11.65),
        ("AP_PIXEL_SIZE\r\nPixel Size = 5.825 nm\r\n", 5.825 * 1024 / 512),  # of a screen of 1024 px
        ("AP_PIXEL_SIZE\r\nPixel Size = 2.0 \u00b5m\r\n", 4000.0),
        ("AP_MAG\r\nMag = 50.00 K X\r\n", None),
    ],
)
def test_tiff_of_smartsem(tmp_path: Path, said: str, size_nm: float | None) -> None:
    text = ("\r\n0\r\n" + said).encode("cp1252")
    image = np.arange(24 * 512, dtype=np.uint16).reshape(24, 512)
    tifffile.imwrite(tmp_path / "a.tif", image, extratags=[(34118, 2, len(text), text, True)], metadata=None)
    assert_size(tmp_path / "a.tif", size_nm, "Zeiss metadata")


def test_the_argument_overrides_the_file(tmp_path: Path) -> None:
    micrograph = read_micrograph(write_dm(tmp_path / "a.dm4", IMAGE), pixel_size_nm=0.7)
    assert micrograph.pixel_size_nm == 0.7
    assert micrograph.metadata["pixel_size_source"] == "argument"


def assert_size(path: Path, size_nm: float | None, source: str) -> None:
    micrograph = read_micrograph(path)
    assert micrograph.pixel_size_nm == (None if size_nm is None else pytest.approx(size_nm, rel=1e-5))
    assert micrograph.metadata["pixel_size_source"] == (None if size_nm is None else source)


def test_a_png_of_very_small_pixels(tmp_path: Path) -> None:
    """Three billion pixels a metre are more than a signed number of 32 bits holds."""
    write_png_of_density(tmp_path / "a.png", 3_000_000_000)
    assert read_micrograph(tmp_path / "a.png").pixel_size_nm == pytest.approx(1 / 3)


def write_png_of_density(path: Path, per_metre: int) -> None:
    file = io.BytesIO()
    Image.fromarray((np.arange(32 * 32).reshape(32, 32) % 251).astype(np.uint8)).save(file, "PNG")
    content = struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", 9) + b"pHYs" + content + struct.pack(">I", zlib.crc32(b"pHYs" + content))
    path.write_bytes(file.getvalue()[:33] + chunk + file.getvalue()[33:])
