"""Which axes are the image: by names and units, by shape where it is plain, and asked for where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from dm_writer import write_dm
from numpy.typing import NDArray
from refusals import refusal

from samiam.formats import read_micrograph
from samiam.formats.readers.axes import Axis, image_axes
from samiam.formats.readers.units import to_nm

EXACT = (0.0, 100.0)
RNG = np.random.default_rng(11)
CUBE = RNG.integers(0, 9999, (18, 24, 32)).astype(np.uint16)
IMAGE = CUBE[3]
LOW = CUBE[5, :16, :17]


def assert_is(path: Path, values: NDArray[Any], **options: Any) -> None:
    found = read_micrograph(path, clip_percentiles=EXACT, **options)
    expected = (values - float(values.min())) / (float(values.max()) - float(values.min()))
    np.testing.assert_allclose(found.pixels, expected, atol=1e-6)


def berkeley(path: Path, data: NDArray[Any], axes: Sequence[tuple[str, float, str]], *, first: int = 1) -> Path:
    """EMD 0.2 with vectors of full length from dim1, or EMD 1.0 as py4DSTEM writes it, two places from dim0."""
    kind: int | str = 1 if first else "array"
    with h5py.File(path, "w") as file:
        if not first:
            file.attrs.update({"emd_group_type": "file", "version_major": 1, "version_minor": 0})
            file.create_group("root").attrs["emd_group_type"] = "root"
        group = file.create_group("root/image")
        group.attrs["emd_group_type"] = kind
        group["data"] = data
        for number, (name, step, unit) in enumerate(axes):
            vector = np.arange(2 if not first else data.shape[number]) * step
            group[f"dim{number + first}"] = vector
            group[f"dim{number + first}"].attrs.update({"name": name, "units": unit})
    return path


@pytest.mark.parametrize("first", [0, 1])
class TestBerkeley:
    def test_rows_first(self, tmp_path: Path, first: int) -> None:
        path = berkeley(tmp_path / "a.emd", IMAGE, [("y", 0.4, "A"), ("x", 0.02, "[n_m]")], first=first)
        assert_is(path, IMAGE)
        found = read_micrograph(path)
        assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))

    def test_columns_first(self, tmp_path: Path, first: int) -> None:
        path = berkeley(tmp_path / "a.emd", IMAGE.T, [("x", 0.02, "nm"), ("y", 0.04, "nm")], first=first)
        assert_is(path, IMAGE)
        found = read_micrograph(path)
        assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))

    def test_frames_last(self, tmp_path: Path, first: int) -> None:
        axes = [("y", 0.02, "nm"), ("x", 0.02, "nm"), ("time", 1.0, "s")]
        path = berkeley(tmp_path / "a.emd", CUBE.transpose(1, 2, 0), axes, first=first)
        assert "18 frames" in refusal(lambda: read_micrograph(path))
        assert_is(path, IMAGE, frame=3)

    def test_by_units_alone(self, tmp_path: Path, first: int) -> None:
        axes = [("energy", 1.0, "eV"), ("a", 0.02, "nanometers"), ("b", 0.2, "ångström")]
        assert_is(berkeley(tmp_path / "a.emd", CUBE, axes, first=first), IMAGE, frame=3)
        back = [axes[1], axes[2], axes[0]]
        assert_is(berkeley(tmp_path / "b.emd", CUBE.transpose(1, 2, 0), back, first=first), IMAGE, frame=3)

    def test_diffraction_patterns_of_a_scan(self, tmp_path: Path, first: int) -> None:
        data = RNG.integers(0, 999, (20, 24, 16, 17)).astype(np.uint16)
        axes = [("Rx", 0.02, "nm"), ("Ry", 0.02, "nm"), ("Qx", 0.1, "A^-1"), ("Qy", 0.1, "A^-1")]
        path = berkeley(tmp_path / "a.emd", data, axes, first=first)
        assert_is(path, data[:, :, 2, 5], frame=2 * 17 + 5)
        assert read_micrograph(path, frame=0).pixel_size_nm == pytest.approx(0.02)

    def test_nothing_is_said_and_the_shape_is_plain(self, tmp_path: Path, first: int) -> None:
        nothing = [("", 1.0, "")] * 3
        assert_is(berkeley(tmp_path / "a.emd", CUBE[:5], nothing, first=first), CUBE[3], frame=3)

    def test_nothing_is_said_and_the_shape_is_not_plain(self, tmp_path: Path, first: int) -> None:
        path = berkeley(tmp_path / "a.emd", CUBE, [("", 1.0, "")] * 3, first=first)
        message = refusal(lambda: read_micrograph(path))
        assert "0 (image axes 0 and 1, 24 x 18, 32 frames), 1 (image axes 1 and 2, 32 x 24, 18 frames)" in message
        assert_is(path, IMAGE, dataset="1", frame=3)
        assert_is(path, CUBE[..., 4], dataset="image axes 0 and 1", frame=4)


def test_labels_of_a_stack_are_no_axis_of_an_image(tmp_path: Path) -> None:
    path = berkeley(tmp_path / "a.emd", CUBE.transpose(1, 2, 0), [("a", 1.0, "pixels"), ("b", 1.0, "pixels")], first=0)
    with h5py.File(path, "a") as file:
        file["root/image/dim2"] = [b"first", b"second"]
        file["root/image/dim2"].attrs["name"] = "_labels_"
    assert_is(path, IMAGE, frame=3)


@pytest.mark.parametrize(
    ("shape", "pairs"),
    [
        ((512, 512), [(0, 1)]),
        ((100, 512, 512), [(1, 2)]),
        ((512, 512, 100), [(0, 1)]),
        ((64, 1024, 2048), [(1, 2)]),
        ((1024, 2048, 64), [(0, 1)]),
        ((9, 20, 24), [(1, 2)]),
        ((20, 24, 9), [(0, 1)]),
        ((2, 64, 64, 3), [(1, 2)]),
        ((20, 24, 18), [(0, 1), (1, 2)]),
        ((20, 20, 24), [(0, 1), (1, 2)]),
        ((600, 96, 96), [(1, 2)]),  # 96 images of 96 x 600 px are none
        ((96, 96, 600), [(0, 1)]),
        ((300, 96, 96), [(0, 1), (1, 2)]),
        ((300, 100, 400), [(0, 1), (1, 2)]),
        ((64, 128, 1024), [(0, 1), (1, 2)]),
        ((64, 64, 64), [(0, 1), (1, 2)]),
        ((64, 64, 128, 128), [(0, 1), (1, 2), (2, 3)]),
        ((5, 5, 5), [(1, 2)]),
    ],
)
def test_shapes_alone(shape: tuple[int, ...], pairs: list[tuple[int, int]]) -> None:
    assert image_axes([Axis()] * len(shape), shape) == pairs


class TestNumpy:
    def test_four_detectors_are_four(self, tmp_path: Path) -> None:
        detectors = RNG.integers(0, 999, (24, 32, 4))
        np.save(tmp_path / "a.npy", detectors)
        assert "4 channels that differ" in refusal(lambda: read_micrograph(tmp_path / "a.npy"))
        for channel in range(4):
            assert_is(tmp_path / "a.npy", detectors[..., channel], channel=channel)

    def test_an_opaque_picture_is_one_image(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.dstack([IMAGE] * 3 + [np.full_like(IMAGE, 255)]))
        assert_is(tmp_path / "a.npy", IMAGE)

    def test_frames_of_channels(self, tmp_path: Path) -> None:
        data = RNG.integers(0, 999, (5, 24, 32, 2))
        np.save(tmp_path / "a.npy", data)
        assert_is(tmp_path / "a.npy", data[3, ..., 1], frame=3, channel=1)

    def test_frames_last(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", CUBE[:9].transpose(1, 2, 0))
        assert "9 frames" in refusal(lambda: read_micrograph(tmp_path / "a.npy"))
        assert_is(tmp_path / "a.npy", IMAGE, frame=3)

    def test_larger_images_along_other_axes_are_not_plain(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.zeros((120, 40, 20)))
        message = refusal(lambda: read_micrograph(tmp_path / "a.npy"))
        assert "0 (axes 0 and 1, 40 x 120, 20 frames), 1 (axes 1 and 2, 20 x 40, 120 frames)" in message

    def test_shapes_that_do_not_tell(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", CUBE)
        assert "1 (axes 1 and 2, 32 x 24, 18 frames)" in refusal(lambda: read_micrograph(tmp_path / "a.npy"))
        assert_is(tmp_path / "a.npy", IMAGE, dataset="1", frame=3)
        assert_is(tmp_path / "a.npy", CUBE[..., 3], dataset="0", frame=3)


@pytest.mark.parametrize("energy_last", [True, False])
def test_spectrum_images_of_dm(tmp_path: Path, energy_last: bool) -> None:
    data = CUBE if energy_last else CUBE.transpose(1, 2, 0)  # the slowest first
    scales, units = [0.02, 0.04, 1.0], ["nm", "nm", "eV"]
    order = slice(None) if energy_last else [2, 0, 1]
    path = write_dm(
        tmp_path / "a.dm4", data, scale=np.array(scales)[order].tolist(), unit=np.array(units)[order].tolist()
    )
    assert_is(path, IMAGE, frame=3)
    found = read_micrograph(path, frame=3)
    assert (found.pixel_size_nm, found.pixel_height_nm) == pytest.approx((0.02, 0.04))
    assert "holds 18 frames (along an axis in eV); choose one" in refusal(lambda: read_micrograph(path))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([("Energy loss", "eV")], " (along Energy loss in eV)"),
        ([("", "[_e_V_]")], " (along an axis in eV)"),
        ([("time", "")], " (along time)"),
        ([("Qx", "A^-1"), ("Qy", "A^-1")], " (along Qx in A^-1 and Qy in A^-1)"),
        ([("_labels_", ""), ("t", "s")], " (along another axis and t in s)"),
        ([("", "")], ""),
    ],
)
def test_it_is_said_what_frames_lie_along(others: list[tuple[str, str]], said: str, tmp_path: Path) -> None:
    data = np.stack([IMAGE] * 2 ** len(others)).reshape(*[2] * len(others), *IMAGE.shape)
    axes = [*((name, 1.0, unit) for name, unit in others), ("y", 0.02, "nm"), ("x", 0.02, "nm")]
    path = berkeley(tmp_path / "a.emd", data, axes)
    assert f"holds {2 ** len(others)} frames{said}; choose one" in refusal(lambda: read_micrograph(path))


@pytest.mark.parametrize(
    ("step", "unit", "said"),
    [
        (1.0, "eV", ""),
        (0.5, "nm", "Spectrum image"),  # wavelengths, as cathodoluminescence has them
        (0.5, "", "Spectrum"),
    ],
)
def test_a_line_of_spectra_of_dm_is_no_image(tmp_path: Path, step: float, unit: str, said: str) -> None:
    tags = {"Meta Data": {"Format": said}} if said else None
    path = write_dm(tmp_path / "a.dm4", IMAGE, scale=[step, 0.02], unit=[unit, "nm"], tags=tags)
    assert "holds a spectrum, not an image; give an image." in refusal(lambda: read_micrograph(path))
    path = write_dm(tmp_path / "b.dm4", IMAGE, scale=[step, 0.02], unit=[unit, "nm"], tags=tags, others={"HAADF": LOW})
    assert_is(path, LOW)


def test_a_map_that_keeps_the_tags_of_its_spectra_is_an_image(tmp_path: Path) -> None:
    assert_is(write_dm(tmp_path / "a.dm4", IMAGE, tags={"Meta Data": {"Format": "Spectrum image"}}), IMAGE)
    assert_is(write_dm(tmp_path / "b.dm4", IMAGE, unit="", tags={"Meta Data": {"Format": "Image"}}), IMAGE)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("unit", ["eV", "keV", "[_m_e_V_]", "electronvolts"])
def test_a_line_of_spectra_of_berkeley_is_no_image(tmp_path: Path, unit: str, first: int) -> None:
    path = berkeley(tmp_path / "a.emd", IMAGE, [("x", 0.02, "nm"), ("loss", 0.5, unit)], first=first)
    assert "no image of two dimensions (H, W), but image, 24 x 32;" in refusal(lambda: read_micrograph(path))


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("nanometers", 1),
        ("Nanometre", 1),
        ("nano meter", 1),
        ("nm/pixel", 1),
        ("nm per px", 1),
        ("(nm)", 1),
        ("micrometers", 1e3),
        ("microns", 1e3),
        ("μ", 1e3),
        ("Âµm", 1e3),
        (b"\xc2\xb5m", 1e3),
        (b"\xb5m", 1e3),
        ("ångström", 0.1),
        ("Ångstroms", 0.1),
        ("ångströms", 0.1),
        ("\\u00c5", 0.1),
        ("\\u212B", 0.1),
        (b"\xc5", 0.1),
        ("[_A_]", 0.1),
        ("meters", 1e9),
        ("millimetres", 1e6),
        ("centimeter", 1e7),
        ("picometers", 1e-3),
        ("1/\\u00c5", None),
        ("nm-1", None),
        ("nm^2", None),
        ("a.u.", None),
        ("counts", None),
        ("pixels", None),
        ("min", None),
        ("inch", None),
    ],
)
def test_units_in_words(unit: str | bytes, factor: float | None) -> None:
    assert to_nm(2.5, unit) == (None if factor is None else pytest.approx(2.5 * factor))
