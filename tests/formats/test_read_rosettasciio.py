"""Kinds of files that RosettaSciIO reads, written by RosettaSciIO itself; it is GPL and not among the requirements."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refusal

from samiam.formats import read_micrograph

pytest.importorskip("rsciio", reason="pip install 'samiam[rosettasciio]' to try what it reads")

IMAGE = np.random.default_rng(0).integers(0, 255, (40, 60), np.int32)


def write(path: Path, plugin: str, data: NDArray[Any], n_navigation: int = 0, signal_type: str = "") -> None:
    """A signal of 0.02 nm a pixel."""
    names = ("frame", "y", "x")[-data.ndim :]
    axes = [
        {
            "_type": "UniformDataAxis",
            "name": name,
            "size": size,
            "scale": 0.02,
            "offset": 0.0,
            "units": "nm",
            "navigate": place < n_navigation,
            "index_in_array": place,
            "is_binned": False,
        }
        for place, (name, size) in enumerate(zip(names, data.shape, strict=True))
    ]
    metadata = {"General": {"title": "made"}, "Signal": {"signal_type": signal_type}}
    signal = {"data": data, "axes": axes, "metadata": metadata, "original_metadata": {}, "attributes": {"_lazy": False}}
    beside = {"package": "hyperspy", "package_version": "2", "tmp_parameters": {}, "learning_results": {}, "models": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module(f"rsciio.{plugin}").file_writer(str(path), signal | beside)


@pytest.mark.parametrize(
    ("plugin", "suffix", "nm"),
    [("pantarhei", "prz", None), ("semper", "unf", 0.02), ("ripple", "rpl", 0.02), ("digitalsurf", "sur", 0.02)],
)
def test_an_image(plugin: str, suffix: str, nm: float | None, tmp_path: Path) -> None:
    write(tmp_path / f"a.{suffix}", plugin, IMAGE)
    found = read_micrograph(tmp_path / f"a.{suffix}", clip_percentiles=(0, 100))
    np.testing.assert_allclose(found.pixels, IMAGE / np.float32(254), atol=1e-6)
    assert found.pixel_size_nm == (None if nm is None else pytest.approx(nm, rel=1e-6))


@pytest.mark.parametrize("frame", [0, 2])
def test_one_of_a_stack(frame: int, tmp_path: Path) -> None:
    stack = np.stack([IMAGE, IMAGE[::-1], IMAGE[:, ::-1]])
    write(tmp_path / "a.rpl", "ripple", stack, n_navigation=1)
    found = read_micrograph(tmp_path / "a.rpl", frame=frame, clip_percentiles=(0, 100))
    expected = stack[frame].astype(np.float32) - stack[frame].min()
    np.testing.assert_allclose(found.pixels, expected / expected.max(), atol=1e-6)
    assert found.metadata["n_frames"] == 3


@pytest.mark.parametrize("signal_type", ["electron_diffraction", ""])
def test_a_diffraction_pattern_is_said_to_be_one(signal_type: str, tmp_path: Path) -> None:
    write(tmp_path / "a.rpl", "ripple", IMAGE, signal_type=signal_type)
    assert ("diffraction" in read_micrograph(tmp_path / "a.rpl").metadata) == bool(signal_type)


def test_a_spectrum_is_no_image(tmp_path: Path) -> None:
    write(tmp_path / "a.msa", "msa", IMAGE[0])
    assert "holds no image of two dimensions" in refusal(lambda: read_micrograph(tmp_path / "a.msa"))


def test_a_line_of_spectra_is_no_image(tmp_path: Path) -> None:
    write(tmp_path / "a.rpl", "ripple", IMAGE, n_navigation=1)
    assert "but made, 40 x 60; export" in refusal(lambda: read_micrograph(tmp_path / "a.rpl"))


def test_what_only_looks_like_one(tmp_path: Path) -> None:
    (tmp_path / "a.rpl").write_bytes(b"no header of Ripple at all")
    said = refusal(lambda: read_micrograph(tmp_path / "a.rpl"))
    assert "cannot be read by RosettaSciIO (" in said
    assert said.endswith("); check that the files that belong to it lie beside it, or export it as TIFF or .hspy.")
