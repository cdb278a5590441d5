"""Images that lie in memory are what they are in files, and what is none is said to be none in one line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile

from samiam.errors import InputError
from samiam.formats import as_micrograph, read_micrograph
from samiam.records import Micrograph

COUNTS = np.random.default_rng(3).poisson(200, (40, 56)).astype(np.uint16)


@dataclass
class Axis:
    """An axis as hyperspy has it; `units` is an object of its own where it is undefined."""

    index_in_array: int
    scale: float = 1.0
    units: Any = field(default_factory=object)


@dataclass
class Turning:
    """What turns into an array, or refuses to."""

    counts: Any

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.counts is None:
            raise TypeError("lies on\na GPU")
        return self.counts


def signal(data: Any, along: Axis, down: Axis, title: str = "") -> Any:
    """What of a signal of hyperspy is looked at."""
    return SimpleNamespace(
        data=data,
        axes_manager=SimpleNamespace(signal_axes=(along, down)),
        metadata=SimpleNamespace(General=SimpleNamespace(title=title)),
    )


@pytest.mark.parametrize("dtype", ["u1", "u2", ">u2", "i4", "u8", "f2", "f4", "f8"])
def test_an_array_becomes_what_its_file_becomes(dtype: str, tmp_path: Path) -> None:
    counts = COUNTS.astype(dtype)
    np.save(tmp_path / "a.npy", counts)
    of_file = read_micrograph(tmp_path / "a.npy", pixel_size_nm=(0.02, 0.05))
    held = as_micrograph(counts, pixel_size_nm=(0.02, 0.05))
    assert np.array_equal(held.pixels, of_file.pixels)
    assert (held.pixel_size_nm, held.pixel_height_nm) == pytest.approx((0.02, 0.05))
    for fact in ("clip_values", "clip_percentiles", "dtype", "pixel_size_source"):
        assert held.metadata[fact] == of_file.metadata[fact]


def test_whatever_turns_into_an_array() -> None:
    of_array = as_micrograph(COUNTS.astype(np.float32)).pixels
    assert np.array_equal(as_micrograph(Turning(COUNTS)).pixels, of_array)
    coloured = np.dstack([COUNTS] * 3 + [np.full_like(COUNTS, 255)])
    assert np.array_equal(as_micrograph(coloured).pixels, of_array)
    assert np.array_equal(
        Micrograph.from_array(np.dstack([COUNTS, COUNTS.T[:40, :1] + 0 * COUNTS]), channel=0).pixels, of_array
    )


def test_a_path_is_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", COUNTS)
    for path in (tmp_path / "a.tif", str(tmp_path / "a.tif")):
        assert as_micrograph(path, pixel_size_nm=0.1).metadata["path"] == str(path)
        assert as_micrograph(path).file_name == "a.tif"


def test_a_micrograph_stays_what_it_is() -> None:
    micrograph = Micrograph.from_array(COUNTS, pixel_size_nm=0.1, name="gold", metadata={"kV": 300})
    assert as_micrograph(micrograph) is micrograph
    assert (micrograph.file_name, micrograph.metadata["kV"]) == ("gold", 300)
    changed = as_micrograph(micrograph, pixel_size_nm=(0.2, 0.1))
    assert (changed.pixel_size_nm, changed.pixel_height_nm) == (0.2, 0.1)
    assert (changed.name, changed.metadata["kV"]) == ("gold", 300)


@pytest.mark.parametrize(
    ("units", "scale", "nm"),
    [("nm", 0.02, 0.02), ("Å", 0.2, 0.02), ("A", 0.2, 0.02), ("µm", 2e-5, 0.02), ("um", 2e-5, 0.02), ("pm", 20, 0.02)],
)
def test_the_axes_of_a_signal_tell_both_sides_of_a_pixel(units: str, scale: float, nm: float) -> None:
    held = as_micrograph(signal(COUNTS, Axis(1, scale, units), Axis(0, 2 * scale, units), "gold"))
    assert (held.pixel_size_nm, held.pixel_height_nm) == pytest.approx((nm, 2 * nm))
    assert (held.name, held.metadata["pixel_size_source"]) == ("gold", "axes_manager")


def test_a_signal_is_seen_as_hyperspy_shows_it() -> None:
    upright = as_micrograph(COUNTS).pixels
    assert np.array_equal(as_micrograph(signal(COUNTS, Axis(1), Axis(0))).pixels, upright)
    turned = as_micrograph(signal(COUNTS.T, Axis(0, 0.1, "nm"), Axis(1, 0.3, "nm")))
    assert np.array_equal(turned.pixels, upright)
    assert (turned.pixel_size_nm, turned.pixel_height_nm) == pytest.approx((0.1, 0.3))
    assert np.array_equal(as_micrograph(signal(COUNTS[None, None], Axis(3), Axis(2))).pixels, upright)


def test_a_size_that_is_no_length_is_none_and_a_given_one_outranks() -> None:
    undefined = as_micrograph(signal(COUNTS, Axis(1), Axis(0)))
    assert (undefined.pixel_size_nm, undefined.metadata["pixel_size_source"]) == (None, None)
    reciprocal = as_micrograph(signal(COUNTS, Axis(1, 0.1, "1/nm"), Axis(0, 0.1, "1/nm")))
    assert reciprocal.pixel_size_nm is None
    mixed = as_micrograph(signal(COUNTS, Axis(1, 0.1, "nm"), Axis(0, 0.1, "eV")))
    assert mixed.pixel_size_nm is None
    assert "0.1 eV along y" in mixed.metadata["pixel_size_remark"]
    given = as_micrograph(signal(COUNTS, Axis(1, 0.1, "nm"), Axis(0, 0.2, "nm")), pixel_size_nm=0.5)
    assert (given.pixel_size_nm, given.pixel_height_nm) == (0.5, 0.5)
    assert "another shape" in given.metadata["pixel_size_remark"]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "NoneType: is no image; give a path, an array"),
        ([[0, 1], [1, 0]], "list: is no image"),
        (b"a.tif", "bytes: is no image"),
        ("missing.tif", "missing.tif: no such file"),
        (COUNTS[0], r"array: is an array of shape \(56,\); give one image"),
        (np.stack([COUNTS] * 9, axis=2), r"array: is an array of shape \(40, 56, 9\)"),
        (COUNTS[:8], "array: is 56 x 8 pixels; both sides must be at least 16"),
        (COUNTS > 200, "array: holds bool pixels; it is a mask"),
        (COUNTS * 1j, "array: holds complex128 pixels"),
        (np.full((32, 32), np.nan), "array: 1024 of 1024 pixels are NaN"),
        (np.zeros((32, 32)), "array: every pixel is 0"),
        (np.dstack([COUNTS, COUNTS + 1 % 7, COUNTS[::-1]]), "array: holds 3 channels that differ"),
        (np.ma.masked_greater(COUNTS, 200), "array: has masked pixels"),
        (Turning(None), r"array: gives no array \(lies on a GPU\); convert it first"),
        (signal(np.stack([COUNTS] * 3), Axis(2), Axis(1), "scan"), r"scan: holds 3 images; choose one, as signal.inav"),
        (
            SimpleNamespace(data=COUNTS, axes_manager=SimpleNamespace(signal_axes=(Axis(0),))),
            "signal: is a signal of 1 dimensions",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_image_is_refused_in_one_line(image: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        as_micrograph(image)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, float("nan"), (0.1, 50.0), 1e12])
def test_an_impossible_pixel_size_is_refused(size: Any) -> None:
    for image in (COUNTS, Micrograph.from_array(COUNTS)):
        with pytest.raises(InputError, match=r"a pixel size of|pixels of .* are too unequal"):
            as_micrograph(image, pixel_size_nm=size)
