"""Pixels that are not square: both sides are read from every kind of file, and every result is of both."""

from __future__ import annotations

import csv
import json
import struct
import zlib
from collections.abc import Callable
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
from refusals import refusal
from scipy import ndimage

from samiam.formats import measurements, read_micrograph, write_labels, write_overlay, write_results
from samiam.formats.readers.pixel_size import PixelSize, pixel_size, printable, square
from samiam.formats.writers.wording import notes
from samiam.records import Decision, Masks, Micrograph, Segmentation

IMAGE = (np.arange(96 * 80).reshape(96, 80) * 7919 % 251).astype(np.uint16)


def imagej(path: Path, **metadata: Any) -> None:
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(50.0, 25.0), metadata={"unit": "nm", **metadata})


def fei(path: Path, height: str = "PixelHeight=4e-11\r\n") -> None:
    text = f"[User]\r\nUser=me\r\n[Scan]\r\nPixelWidth=2e-11\r\n{height}".encode()
    tifffile.imwrite(path, IMAGE, extratags=[(34682, 2, len(text), text, True)], metadata=None)


def mrc(path: Path, height_a: float = 0.4) -> None:
    content = bytearray(write_mrc(path, IMAGE[None]).read_bytes())
    struct.pack_into("<f", content, 44, 96 * height_a)
    path.write_bytes(bytes(content))


def png(path: Path, per_metre: tuple[int, int] = (50 * 10**6, 25 * 10**6), unit: int = 1) -> None:
    Image.fromarray(IMAGE).save(path)
    content = path.read_bytes()
    chunk = b"pHYs" + struct.pack(">IIB", *per_metre, unit)
    path.write_bytes(content[:33] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + content[33:])


def ome(path: Path, **metadata: Any) -> None:
    tifffile.imwrite(path, IMAGE, ome=True, metadata={"PhysicalSizeX": 2e-5, "PhysicalSizeY": 4e-5, **metadata})


WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "ImageJ": ("a.tif", imagej),
    "ImageJ with a unit of its own for y": (
        "a.tif",
        lambda path: tifffile.imwrite(
            path, IMAGE, imagej=True, resolution=(50.0, 25000.0), metadata={"unit": "nm", "yunit": "micron"}
        ),
    ),
    "OME": ("a.ome.tif", ome),
    "OME with two units": (
        "a.ome.tif",
        lambda path: ome(path, PhysicalSizeY=0.4, PhysicalSizeYUnit="Å"),
    ),
    "TIFF resolution": (
        "a.tif",
        lambda path: tifffile.imwrite(path, IMAGE, resolution=(5e8, 2.5e8), resolutionunit="CENTIMETER"),
    ),
    "FEI": ("a.tif", fei),
    "description": (
        "a.tif",
        lambda path: tifffile.imwrite(
            path, IMAGE, description=json.dumps({"pixel_size_nm": 0.02, "pixel_height_nm": 0.04}), metadata=None
        ),
    ),
    "DM3": ("a.dm3", lambda path: write_dm(path, IMAGE, version=3, scale=[0.02, 0.04])),
    "DM4 in two units": ("a.dm4", lambda path: write_dm(path, IMAGE, scale=[0.02, 4e-5], unit=["nm", "µm"])),
    "MRC": ("a.mrc", mrc),
    "SER": ("a.ser", lambda path: write_ser(path, IMAGE[None], 2e-11, 4e-11)),
    "Berkeley": (
        "a.emd",
        lambda path: emd.emdWriter(path, IMAGE, pixel_size=(0.4, 0.02), pixel_unit=("[A]", "[n_m]")),
    ),
    "Velox": ("a.emd", lambda path: write_velox(path, {"BF": IMAGE[..., None]}, height=(4e-11, "m"))),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_both_sides_are_read(tmp_path: Path, kind: str) -> None:
    name, write = WRITERS[kind]
    write(tmp_path / name)
    found = read_micrograph(tmp_path / name)
    assert found.shape_hw == (96, 80)
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04), rel=1e-4)
    assert found.pixel_aspect == pytest.approx(2, rel=1e-4)


def test_png_resolution_unless_it_is_for_printing(tmp_path: Path) -> None:
    png(tmp_path / "a.png")
    found = read_micrograph(tmp_path / "a.png")
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((20, 40))
    assert found.metadata["pixel_size_source"] == "PNG resolution"
    for per_metre, unit in (((11811, 5906), 1), ((2, 1), 0), ((50 * 10**6, 0), 1)):
        png(tmp_path / "b.png", per_metre, unit)
        assert (read_micrograph(tmp_path / "b.png").pixel_size_nm, 1.0) == (None, 1.0)


NO_LENGTH: dict[str, tuple[str, Callable[[Path], object]]] = {
    "ImageJ": ("a.tif", lambda path: imagej(path, yunit="1/nm")),
    "OME": ("a.ome.tif", lambda path: ome(path, PhysicalSizeYUnit="pixel")),
    "FEI": ("a.tif", lambda path: fei(path, "PixelHeight=0\r\n")),
    "DM4": ("a.dm4", lambda path: write_dm(path, IMAGE, unit=["nm", "1/nm"])),
    "DM3 in seconds": ("a.dm3", lambda path: write_dm(path, IMAGE, version=3, unit=["nm", "s"])),
    "MRC": ("a.mrc", lambda path: mrc(path, 0.0)),
    "SER": ("a.ser", lambda path: write_ser(path, IMAGE[None], 2e-11, 5e7)),
    "Berkeley": (
        "a.emd",
        lambda path: emd.emdWriter(path, IMAGE, pixel_size=(0.04, 0.02), pixel_unit=("[1/n_m]", "[n_m]")),
    ),
    "Velox": ("a.emd", lambda path: write_velox(path, {"BF": IMAGE[..., None]}, height=(4e7, "1/m"))),
    "beyond belief": ("b.mrc", lambda path: mrc(path, 40.0)),
}


@pytest.mark.parametrize("kind", NO_LENGTH)
def test_y_that_is_no_length_is_unknown_and_said(tmp_path: Path, kind: str) -> None:
    name, write = NO_LENGTH[kind]
    write(tmp_path / name)
    found = read_micrograph(tmp_path / name)
    assert (found.pixel_size_nm, found.pixel_height_nm, found.pixel_aspect) == (None, None, 1)
    assert found.metadata["pixel_size_source"] is None
    assert "along y, so the pixel size is unknown" in found.metadata["pixel_size_remark"]
    assert found.metadata["pixel_size_remark"] in notes(found)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ((None, "nm"), "nothing"),
        ((0.04, "1/nm"), "0.04 1/nm"),
        (("much", b"\xb5m"), "much µm"),
        ((12345678, None), "1.235e+07"),
        (("x" * 30, "y" * 30), f"{'x' * 20} {'y' * 20}"),
    ],
)
def test_what_is_no_length_is_quoted(y: tuple[object, object], said: str) -> None:
    remark = f"here has 0.02 nm along x and {said} along y, so the pixel size is unknown"
    assert pixel_size("here", (0.02, "nm"), y) == PixelSize(remark=remark)


def test_one_side_is_taken_for_both_with_a_word(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, ome=True, metadata={"PhysicalSizeX": 2e-5})
    found = read_micrograph(tmp_path / "a.ome.tif")
    assert (found.pixel_size_nm, found.pixel_aspect) == (pytest.approx(0.02), 1)
    assert "one side" in found.metadata["pixel_size_remark"]


def test_rounding_is_no_difference() -> None:
    assert pixel_size("here", (0.02, "nm"), (0.0200001, "nm")) == PixelSize(0.02, 0.02, "here")
    assert pixel_size("here", None, None) == PixelSize()


def test_a_place_that_tells_no_size_hides_no_other(tmp_path: Path) -> None:
    description = "ImageJ=1.53\nunit=V\n"
    for unit, per_unit in (("CENTIMETER", 5e8), ("INCH", 1.27e9)):
        written = {"resolution": (per_unit, per_unit), "resolutionunit": unit, "description": description}
        tifffile.imwrite(tmp_path / "a.tif", np.eye(96, dtype=np.uint8), metadata=None, **written)
        assert read_micrograph(tmp_path / "a.tif").pixel_size_nm == pytest.approx(0.02)


@pytest.mark.parametrize("length", [(1, "1/nm"), (2, b"1/nm"), (1, "V"), (5, "km")])
def test_why_a_size_is_unknown(length: tuple[float, str | bytes]) -> None:
    said = f"here has {length[0]} {length[1] if isinstance(length[1], str) else length[1].decode()}, which no pixel can"
    for found in (pixel_size("here", length, length), square("here", *length)):
        assert (found.width_nm, (found.remark or "").startswith(said)) == (None, True)
    printed = printable("here", (353, "µm"), (353, "µm"))
    assert (printed.width_nm, printed.remark) == (None, "here has 353 µm, as for printing: the size is unknown")


@pytest.mark.parametrize("length", [(1, "pixel"), (1, ""), (0, "1/nm"), (1, None), ("a", "1/nm"), (1, "px")])
def test_what_claims_to_be_no_length_is_not_spoken_of(length: tuple[Any, Any]) -> None:
    assert pixel_size("here", length, length) == square("here", *length) == PixelSize()


def test_what_is_given_is_square_and_the_file_is_quoted(tmp_path: Path) -> None:
    imagej(tmp_path / "a.tif")
    found = read_micrograph(tmp_path / "a.tif", pixel_size_nm=0.5)
    assert (found.pixel_size_nm, found.pixel_aspect) == (0.5, 1)
    assert "ImageJ unit has 0.02 × 0.04 nm" in found.metadata["pixel_size_remark"]
    both = read_micrograph(tmp_path / "a.tif", pixel_size_nm=(0.5, 1.0))
    assert (both.pixel_size_nm, both.pixel_aspect) == (0.5, 2.0)
    assert both.metadata["pixel_size_remark"] == "the pixel size was given; ImageJ unit has 0.02 nm"
    calibrated = read_micrograph(tmp_path / "a.tif", pixel_size_nm=(0.021, 0.042))
    assert "pixel_size_remark" not in calibrated.metadata
    of_no_use = dict.fromkeys([1e9, 5e4, 1e-6], "none that an electron microscope has")
    of_no_use |= dict.fromkeys(["0.5", True, (0.5,), (0.5, 1.0, 1.0)], "give a number in nm")
    for size, why in of_no_use.items():
        assert why in refusal(lambda size=size: read_micrograph(tmp_path / "a.tif", pixel_size_nm=size))
    assert "too unequal" in refusal(lambda: read_micrograph(tmp_path / "a.tif", pixel_size_nm=(0.01, 2.0)))
    for sides in ((0.5, 0.0), (float("nan"), 0.5), (0.5, -1.0)):
        assert "impossible" in refusal(lambda sides=sides: read_micrograph(tmp_path / "a.tif", pixel_size_nm=sides))


LABELS = np.zeros((96, 80), np.uint32)
LABELS[10:70, 5:65] = 1
BLOCK = Segmentation(
    LABELS, [Decision(0, "kept", "majority_vote", 1.0, 0.0, material=1)], 1, True, Masks.from_labels(LABELS)
)
OBLONG = Micrograph(np.full((96, 80), 0.5), 0.02, "oblong", pixel_aspect=2.0)


def test_areas_and_lengths_of_the_issue() -> None:
    row = measurements(BLOCK, OBLONG).iloc[0]
    assert row["area_nm2"] == pytest.approx(2.88)
    assert (row["width_nm"], row["height_nm"]) == pytest.approx((1.2, 2.4))
    assert (row["centroid_x_nm"], row["centroid_y_nm"]) == pytest.approx((34.5 * 0.02, 39.5 * 0.04))
    assert row["perimeter_nm"] == pytest.approx(2 * (1.2 + 2.4), rel=0.03)


@pytest.mark.parametrize("aspect", [0.5, 1 / 7, 7.0])
def test_perimeters_of_other_aspects(aspect: float) -> None:
    row = measurements(BLOCK, Micrograph(OBLONG.pixels, 0.02, pixel_aspect=aspect)).iloc[0]
    assert row["perimeter_nm"] == pytest.approx(2 * 1.2 * (1 + aspect), rel=0.05)


def of_labels(labels: NDArray[np.integer]) -> Segmentation:
    labels = np.asarray(labels, np.uint32)
    return Segmentation(labels, [], int(labels.max()), True, Masks.empty(labels.shape))


def perimeters_nm(labels: NDArray[np.integer], aspect: float, width_nm: float = 0.05) -> list[float]:
    micrograph = Micrograph(np.full(labels.shape, 0.5), width_nm, pixel_aspect=aspect)
    return [float(perimeter) for perimeter in measurements(of_labels(labels), micrograph)["perimeter_nm"]]


@pytest.mark.parametrize("aspect", [1.0, 1.3, 2.0, 3.0, 0.9, 0.5, 1 / 3])
def test_a_perimeter_does_not_depend_on_the_pixels(aspect: float) -> None:
    """Of a disc in a material, whose hole has no part in it, at an angle to the axes and upright."""
    y, x = (np.indices((round(400 / aspect), 400)) + 0.5) * np.array([aspect, 1])[:, None, None]
    x, y = x - 200, y - 200
    disc = np.hypot(x, y) < 130
    assert perimeters_nm(disc + 1, aspect) == pytest.approx([4 * 400 * 0.05, 2 * np.pi * 130 * 0.05], rel=0.015)
    turned = np.abs(x * 0.8 - y * 0.6) + np.abs(x * 0.6 + y * 0.8) < 120
    assert perimeters_nm(turned.astype(int), aspect) == pytest.approx([4 * 2**0.5 * 120 * 0.05], rel=0.025)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_the_perimeter_of_a_material_is_that_of_its_regions(aspect: float) -> None:
    labels = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(200, 200)), 4) > 0.01
    micrograph = Micrograph(np.full(labels.shape, 0.5), 0.05, pixel_aspect=aspect)
    parts, n = ndimage.label(labels, np.ones((3, 3)))
    table = measurements(of_labels(labels), micrograph)
    assert n == table["regions"].iloc[0] > 3
    assert table["perimeter_nm"].iloc[0] == pytest.approx(sum(perimeters_nm(parts, aspect)))


def test_a_speck_is_as_long_around_as_the_disc_of_its_area() -> None:
    labels = np.zeros((40, 40), int)
    labels[3, 3] = labels[10:13, 10:13] = 1
    assert perimeters_nm(labels, 2.0) == pytest.approx([2 * np.sqrt(np.pi * 2) * 0.05 * (1 + 3)])


def test_where_the_size_is_unknown_all_is_in_pixels() -> None:
    row = measurements(BLOCK, Micrograph(OBLONG.pixels, pixel_aspect=2.0)).iloc[0]
    assert (row["area_px"], row["height_px"], row["width_px"]) == (3600, 60, 60)


def test_label_images_carry_both(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.tif", BLOCK, 0.02, pixel_aspect=2.0)
    with tifffile.TiffFile(tmp_path / "labels.tif") as file:
        page = file.pages.first
        assert json.loads(page.description)["pixel_height_nm"] == 0.04
        per_cm = [float(np.divide(*page.tags[f"{axis}Resolution"].value)) for axis in "XY"]
    assert per_cm == pytest.approx([5e8, 2.5e8])
    assert read_micrograph(tmp_path / "labels.tif").pixel_aspect == 2.0


def test_results_say_it(tmp_path: Path) -> None:
    write_results(tmp_path, OBLONG, BLOCK, config={}, seed=0, times_s={})
    said = json.loads((tmp_path / "provenance.json").read_text())["input"]
    assert (said["pixel_size_nm"], said["pixel_height_nm"]) == (0.02, 0.04)
    with (tmp_path / "materials.csv").open() as file:
        assert float(next(csv.DictReader(file))["area_nm2"]) == pytest.approx(2.88)
    assert "0.02 × 0.04 nm/px" in repr(OBLONG)
    assert notes(OBLONG) == ["pixels are not square (0.02 × 0.04 nm/px); lengths are true along both axes"]
    square = Micrograph(OBLONG.pixels, 0.02, "oblong")
    write_overlay(tmp_path / "square.png", square, BLOCK)
    with Image.open(tmp_path / "overlay.png") as noted, Image.open(tmp_path / "square.png") as plain:
        assert noted.height > plain.height


def test_impossible_aspects(tmp_path: Path) -> None:
    for aspect in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="pixel aspect"):
            Micrograph(OBLONG.pixels, pixel_aspect=aspect)
    OBLONG.save(tmp_path / "a.npz")
    assert Micrograph.load(tmp_path / "a.npz").pixel_aspect == 2.0
