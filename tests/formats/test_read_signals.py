"""hyperspy, NeXus, Zarr and OME-Zarr: which image, with which pixel size; never the first of several in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import zarr
from made_signals import write_hspy, write_nexus
from numpy.typing import NDArray
from refusals import refusal

from samiam.commands.files.inputs import expand
from samiam.formats import open_frames, read_micrograph
from samiam.records import Micrograph

IMAGE = np.random.default_rng(3).integers(0, 9999, (24, 32)).astype(np.uint16)


def assert_is(found: Micrograph, values: NDArray[Any]) -> None:
    np.testing.assert_allclose(found.pixels, (values - float(values.min())) / float(np.ptp(values)), atol=1e-6)


def read(path: Path, **how: Any) -> Micrograph:
    return read_micrograph(path, clip_percentiles=(0, 100), **how)


def sides(found: Micrograph) -> tuple[float, float]:
    assert found.pixel_size_nm is not None
    return found.pixel_size_nm, found.pixel_size_nm * found.pixel_aspect


def pyramid(path: Path, values: NDArray[Any], axes: list[dict[str, str]], version: int, name: str = "") -> None:
    """OME-Zarr of version 0.4 or 0.5, with a coarser level."""
    group = zarr.open_group(path / name, mode="w", zarr_format=version)
    group.create_array("0", data=values)
    group.create_array("1", data=values[..., ::2, ::2])
    scale = [0.5] * (values.ndim - 2) + [3e-5, 2e-5]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}, {"path": "1"}]
    said = {"multiscales": [{"axes": axes, "datasets": levels}]}
    group.attrs.update(said if version == 2 else {"ome": said})


SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def test_a_stack_of_hyperspy_with_its_axes(tmp_path: Path) -> None:
    stack = np.stack([IMAGE, IMAGE[::-1]])
    path = write_hspy(tmp_path / "a.hspy", stack)
    assert "2 frames (along an axis in s); choose one" in refusal(lambda: read(path))
    found = read(path, frame=1)
    assert_is(found, IMAGE[::-1])
    assert sides(found) == pytest.approx((0.02, 0.03))
    assert open_frames(path).interval.s == 1.0


def test_signals_of_hyperspy_are_listed(tmp_path: Path) -> None:
    path = write_hspy(tmp_path / "a.hspy", IMAGE, BF=IMAGE[::-1], EELS=np.arange(9.0))
    assert "0 (BF, 32 x 24), 1 (32 x 24)." in refusal(lambda: read(path))
    found = read(path, dataset="BF")
    assert_is(found, IMAGE[::-1])
    assert found.metadata["beside"] == "1 (32 x 24)"
    assert found.metadata["not_images"] == "EELS, 9"
    path = write_hspy(tmp_path / "b.hspy", np.arange(9.0))
    assert "no image of two dimensions (H, W), but 9;" in refusal(lambda: read(path))


def of_spectra(path: Path, name: str, unit: str) -> Path:
    """Spectra along a line, or over a map, of a signal that was one of images."""
    with h5py.File(path, "a") as file:
        signal = file["Experiments"][name]
        last = signal["data"].ndim - 1
        for index in range(last + 1):
            signal[f"axis-{index}"].attrs["navigate"] = index < last
        signal[f"axis-{last}"].attrs["units"] = unit
    return path


@pytest.mark.parametrize("unit", ["eV", "nm", ""])
def test_a_line_of_spectra_of_hyperspy_is_no_image(tmp_path: Path, unit: str) -> None:
    path = of_spectra(write_hspy(tmp_path / "a.hspy", IMAGE), "__unnamed__", unit)
    assert "no image of two dimensions (H, W), but 24 x 32;" in refusal(lambda: read(path))


def test_a_line_of_spectra_does_not_outrank_an_image(tmp_path: Path) -> None:
    large = np.kron(IMAGE, np.ones((4, 4), np.uint16))
    path = of_spectra(write_hspy(tmp_path / "a.hspy", IMAGE, CL=large), "CL", "nm")
    found = read(path)
    assert_is(found, IMAGE)
    assert found.metadata["not_images"] == "CL, 96 x 128"
    assert found.metadata["dataset"] is None


def test_a_map_of_spectra_of_hyperspy_is_read_plane_by_plane(tmp_path: Path) -> None:
    """By wavelength, which is a length as the sides of the map are."""
    cube = np.stack([IMAGE + 7 * n for n in range(20)], axis=-1)
    path = of_spectra(write_hspy(tmp_path / "a.hspy", cube), "__unnamed__", "nm")
    assert_is(read(path, frame=3), cube[..., 3])


def test_hyperspy_in_zarr(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zspy", mode="w", zarr_format=2)
    signal = group.create_group("Experiments/HAADF")
    signal.create_array("data", data=IMAGE)
    for index, step in enumerate((0.03, 0.02)):
        said = {"name": "_None_", "scale": step, "units": "nm", "navigate": False}
        signal.create_group(f"axis-{index}").attrs.update(said)
    found = read(tmp_path / "a.zspy")
    assert_is(found, IMAGE)
    assert sides(found) == pytest.approx((0.02, 0.03))
    assert found.metadata["dataset"] == "HAADF"


def test_nexus(tmp_path: Path) -> None:
    found = read(write_nexus(tmp_path / "a.nxs", IMAGE))
    assert_is(found, IMAGE)
    assert sides(found) == pytest.approx((0.02, 0.03))


@pytest.mark.parametrize("version", [2, 3])
def test_ome_zarr(tmp_path: Path, version: int) -> None:
    pyramid(tmp_path / "a.zarr", IMAGE, SPACE, version)
    found = read(tmp_path / "a.zarr")
    assert_is(found, IMAGE)
    assert sides(found) == pytest.approx((0.02, 0.03))
    assert expand([str(tmp_path)]) == expand([str(tmp_path / "**")]) == [tmp_path / "a.zarr"]
    (tmp_path / "a.zarr" / "notes.txt").write_text("another")
    assert read(tmp_path / "a.zarr").metadata["sha256"] != found.metadata["sha256"]


def test_channels_and_times_are_chosen(tmp_path: Path) -> None:
    values = np.stack([np.stack([IMAGE + 7 * t, IMAGE[:, ::-1] + t]) for t in range(3)])
    pyramid(tmp_path / "a.zarr", values, [{"name": "t", "unit": "second"}, {"name": "c", "type": "channel"}, *SPACE], 3)
    assert "3 frames (along t in second); choose one" in refusal(lambda: read(tmp_path / "a.zarr"))
    assert "2 channels that differ; choose one" in refusal(lambda: read(tmp_path / "a.zarr", frame=1))
    assert_is(read(tmp_path / "a.zarr", frame=2, channel=1), values[2, 1])


def test_several_pyramids_are_listed(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    for name in ("one", "two"):
        pyramid(tmp_path / "a.zarr", IMAGE, SPACE, 3, name)
    assert "0 (one, 32 x 24), 1 (two, 32 x 24)" in refusal(lambda: read(tmp_path / "a.zarr"))


def test_places_of_xarray(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3)
    array = group.create_array("image", data=IMAGE)
    array.attrs["_ARRAY_DIMENSIONS"] = ["y", "x"]
    for name, step, side in (("y", 0.03, 24), ("x", 0.02, 32)):
        places = group.create_array(name, data=step * np.arange(side))
        places.attrs.update({"_ARRAY_DIMENSIONS": [name], "units": "nm"})
    assert sides(read(tmp_path / "a.zarr")) == pytest.approx((0.02, 0.03))


def test_pieces_that_are_not_there_are_said(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "a.zarr", shape=(32, 32), chunks=(16, 32), dtype="u2", zarr_format=2)
    array[:16] = IMAGE[:16]
    assert "1 of the 2 pieces" in read(tmp_path / "a.zarr").metadata["unwritten"]


def test_damaged_zarr(tmp_path: Path) -> None:
    (tmp_path / "empty.zarr").mkdir()
    assert "is a folder; give one file (there is no Zarr in it)" in refusal(lambda: read(tmp_path / "empty.zarr"))
    pyramid(tmp_path / "a.zarr", IMAGE, SPACE, 2)
    said = tmp_path / "a.zarr" / "0" / ".zarray"
    whole = json.loads(said.read_text())
    for change in ({"shape": [30000, 30000]}, {"dtype": "<c8"}, {"shape": []}, {"chunks": [60000, 60000]}):
        said.write_text(json.dumps({**whole, **change}))
        refusal(lambda: read(tmp_path / "a.zarr"))
    said.unlink()
    refusal(lambda: read(tmp_path / "a.zarr"))


def test_emd_of_hyperspy_is_turned_back(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("signals/HAADF")
        group.attrs.update({"emd_group_type": 1, "signal_type": ""})
        group["data"] = IMAGE.T
    assert_is(read(tmp_path / "a.emd"), IMAGE)


@pytest.mark.parametrize(("write", "name"), [(write_hspy, "a.hspy"), (write_nexus, "a.nxs")])
def test_a_heap_that_leads_back_to_itself_is_refused(tmp_path: Path, write: Any, name: str) -> None:
    path = write(tmp_path / name, IMAGE)
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16  # of the first object: index, references, nothing, bytes
    while content[place : place + 2] != b"\x00\x00":  # free space
        place += 16 + -(-int.from_bytes(content[place + 8 : place + 16], "little") // 8) * 8
    content[place + 8 : place + 16] = bytes(8)
    path.write_bytes(content)
    said = refusal(lambda: read(path))
    assert said == f"{path}: is damaged: a heap of HDF5 leads back to itself; copy the file again."
