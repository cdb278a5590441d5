"""What recorded an image, where the file says it: the name of the detector, and whether a probe was scanned."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from dm_writer import write_dm
from file_writers import write_ser, write_velox
from made_signals import write_hspy

from samiam.formats import as_micrograph, read_micrograph
from samiam.formats.writers.provenance import about_input

IMAGE = np.random.default_rng(5).integers(0, 900, (24, 20)).astype(np.uint16)


def detector_of(path: Path, **given: str) -> object:
    return read_micrograph(path, **given).metadata.get("detector")  # type: ignore[arg-type]


@pytest.mark.parametrize("detector", ["HAADF", "BM-Ceta"])
def test_velox_names_it(detector: str, tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {detector: IMAGE[..., None]})
    assert detector_of(path) == detector
    assert about_input(read_micrograph(path))["detector"] == detector


def test_velox_names_that_of_the_image_that_is_chosen(tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {"HAADF": IMAGE[..., None], "BF": IMAGE[::-1, :, None]})
    assert [detector_of(path, dataset=name) for name in ("HAADF", "BF")] == ["HAADF", "BF"]


@pytest.mark.parametrize(("mode", "said"), [("STEM NANOPROBE", "STEM HAADF"), ("TEM", None), ("", None)])
@pytest.mark.parametrize("version", [3, 4])
def test_digital_micrograph_tells_the_mode(mode: str, said: str | None, version: int, tmp_path: Path) -> None:
    tags = {"Microscope Info": {"Illumination Mode": mode}} if mode else None
    path = write_dm(tmp_path / f"a.dm{version}", IMAGE, version=version, name="HAADF", tags=tags)
    assert detector_of(path) == said


@pytest.mark.parametrize(("mode", "said"), [(" STEM nP SA Zoom Diffraction", "STEM"), (" TEM uP SA Zoom Image", None)])
def test_the_emi_beside_a_ser_tells_the_mode(mode: str, said: str | None, tmp_path: Path) -> None:
    path = write_ser(tmp_path / "gold on C_1.ser", IMAGE[None])
    assert detector_of(path) is None
    (tmp_path / "gold on C.emi").write_bytes(b"JI\0<Label>Mode</Label><Value>" + mode.encode() + b"</Value>\0")
    assert detector_of(path) == said


@pytest.mark.parametrize("emi", [b"", b"JI\0<Label>Mode</Label><Value>" + 9000 * b"STEM"])
def test_an_emi_that_tells_nothing(emi: bytes, tmp_path: Path) -> None:
    path = write_ser(tmp_path / "a_1.ser", IMAGE[None])
    (tmp_path / "a.emi").write_bytes(emi)
    assert detector_of(path) is None


@pytest.mark.parametrize(("mode", "said"), [("STEM", "STEM"), ("TEM", None), (None, None)])
def test_hyperspy_tells_the_mode(mode: str | None, said: str | None, tmp_path: Path) -> None:
    path = write_hspy(tmp_path / "a.hspy", IMAGE)
    if mode is not None:
        with h5py.File(path, "a") as file:
            file.create_group("Experiments/__unnamed__/metadata/Acquisition_instrument/TEM").attrs.update(
                {"acquisition_mode": mode}
            )
    assert detector_of(path) == said


@pytest.mark.parametrize(("mode", "said"), [("STEM", "STEM HAADF"), ("TEM", None)])
def test_a_signal_in_memory_tells_the_mode(mode: str, said: str | None) -> None:
    axes = [SimpleNamespace(index_in_array=place, scale=0.02, units="nm") for place in (1, 0)]
    of_microscope = SimpleNamespace(TEM=SimpleNamespace(acquisition_mode=mode))
    signal = SimpleNamespace(
        data=IMAGE,
        axes_manager=SimpleNamespace(signal_axes=axes),
        metadata=SimpleNamespace(General=SimpleNamespace(title="HAADF"), Acquisition_instrument=of_microscope),
    )
    assert as_micrograph(signal).metadata.get("detector") == said


def test_where_nothing_is_said_nothing_is_noted(tmp_path: Path) -> None:
    np.save(tmp_path / "HAADF.npy", IMAGE)
    assert "detector" not in read_micrograph(tmp_path / "HAADF.npy").metadata
