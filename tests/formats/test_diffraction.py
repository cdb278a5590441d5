"""Diffraction patterns: read as any image, and said to be none of the specimen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_ser, write_velox
from made_signals import write_hspy

from samiam.formats import as_micrograph, read_micrograph
from samiam.formats.writers.provenance import about_input
from samiam.formats.writers.wording import notes
from samiam.records import Micrograph

IMAGE = np.random.default_rng(5).integers(0, 900, (24, 20)).astype(np.uint16)
SAID = "the file says that it is a diffraction pattern, not an image of the specimen"
BY_UNITS = (
    "the file gives both sides of a pixel as reciprocal lengths or angles: "
    "a diffraction pattern or a Fourier transform, not an image of the specimen"
)


def said_of(found: Micrograph) -> object:
    said = found.metadata.get("diffraction")
    assert about_input(found)["diffraction"] == said
    assert said is None or said in notes(found)
    return said


@pytest.mark.parametrize(
    ("illumination", "imaging", "operation", "said"),
    [
        ("TEM", "DIFFRACTION", "DIFFRACTION", SAID),
        ("TEM", "EFTEM DIFFRACTION", "", SAID),
        ("TEM", "IMAGING", "IMAGING", None),
        ("STEM NANOPROBE", "DIFFRACTION", "SCANNING", None),
        ("STEM", "DIFFRACTION", "", None),
        ("", "DIFFRACTION", "SCANNING", None),
    ],
)
def test_the_modes_of_digital_micrograph(
    illumination: str, imaging: str, operation: str, said: str | None, tmp_path: Path
) -> None:
    modes = {"Illumination Mode": illumination, "Imaging Mode": imaging, "Operation Mode": operation}
    path = write_dm(tmp_path / "a.dm3", IMAGE, version=3, unit="", tags={"Microscope Info": modes})
    assert said_of(read_micrograph(path)) == said


@pytest.mark.parametrize(
    ("mode", "said"),
    [("TEM uP SA Zoom Diffraction", SAID), ("STEM nP SA Zoom Diffraction", None), ("TEM uP SA Zoom Image", None)],
)
def test_the_mode_in_the_emi_beside_a_ser(mode: str, said: str | None, tmp_path: Path) -> None:
    path = write_ser(tmp_path / "a_1.ser", IMAGE[None])
    (tmp_path / "a.emi").write_bytes(b"JI\0<Label>Mode</Label><Value>" + mode.encode() + b"</Value>\0")
    assert said_of(read_micrograph(path)) == said


@pytest.mark.parametrize(
    ("signal_type", "said"), [("electron_diffraction", SAID), ("diffraction", SAID), ("EELS", None), ("", None)]
)
def test_the_type_of_a_signal_of_hyperspy(signal_type: str, said: str | None, tmp_path: Path) -> None:
    path = write_hspy(tmp_path / "a.hspy", np.stack([IMAGE, IMAGE[::-1]]))
    with h5py.File(path, "a") as file:
        file.create_group("Experiments/__unnamed__/metadata/Signal").attrs["signal_type"] = signal_type
    assert said_of(read_micrograph(path, frame=1)) == said


def test_a_map_of_radial_profiles_is_an_image_of_the_specimen(tmp_path: Path) -> None:
    path = write_hspy(tmp_path / "a.hspy", np.stack([IMAGE, IMAGE[::-1]], axis=-1))
    with h5py.File(path, "a") as file:
        file.create_group("Experiments/__unnamed__/metadata/Signal").attrs["signal_type"] = "electron_diffraction"
        for index in range(3):
            file[f"Experiments/__unnamed__/axis-{index}"].attrs["navigate"] = index < 2
    assert said_of(read_micrograph(path, frame=1)) is None


@pytest.mark.parametrize(("unit", "said"), [("1/nm", BY_UNITS), ("mrad", BY_UNITS), ("nm", None), ("", None)])
def test_the_units_of_any_file(unit: str, said: str | None, tmp_path: Path) -> None:
    of_dm = read_micrograph(write_dm(tmp_path / "a.dm4", IMAGE, unit=unit))
    of_imagej = {"resolution": (50.0, 50.0), "metadata": {"unit": unit}}
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, imagej=True, **of_imagej)  # type: ignore[arg-type]
    of_velox = read_micrograph(write_velox(tmp_path / "a.emd", {"Ceta": IMAGE[..., None]}, unit=unit))
    assert [said_of(one) for one in (of_dm, read_micrograph(tmp_path / "a.tif"), of_velox)] == [said] * 3
    assert unit != "1/nm" or "which no pixel can have" in of_dm.metadata["pixel_size_remark"]


def test_one_side_alone_or_a_unit_alone_does_not_tell(tmp_path: Path) -> None:
    assert said_of(read_micrograph(write_dm(tmp_path / "a.dm4", IMAGE, unit=["1/nm", "nm"]))) is None
    assert said_of(read_micrograph(write_dm(tmp_path / "b.dm4", IMAGE, scale=0.0, unit="1/nm"))) is None
    assert said_of(read_micrograph(write_dm(tmp_path / "c.dm4", IMAGE, scale=0.5, unit="°"))) == BY_UNITS


def test_it_is_said_where_the_pixel_size_is_given(tmp_path: Path) -> None:
    assert said_of(read_micrograph(write_dm(tmp_path / "a.dm4", IMAGE, unit="1/nm"), pixel_size_nm=0.1)) == BY_UNITS


@pytest.mark.parametrize(
    ("signal_type", "unit", "said"),
    [("electron_diffraction", "px", "the signal says"), ("", "1/nm", "the signal gives both sides"), ("", "nm", None)],
)
def test_a_signal_in_memory(signal_type: str, unit: str, said: str | None) -> None:
    axes = [SimpleNamespace(index_in_array=place, scale=0.02, units=unit) for place in (1, 0)]
    signal = SimpleNamespace(
        data=IMAGE,
        axes_manager=SimpleNamespace(signal_axes=axes),
        metadata=SimpleNamespace(Signal=SimpleNamespace(signal_type=signal_type)),
    )
    found = said_of(as_micrograph(signal))
    assert found is said is None or str(found).startswith(str(said))
