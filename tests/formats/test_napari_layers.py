"""Results as napari's layers, and the reader that napari finds for their folder."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samiam
from samiam.errors import InputError
from samiam.formats import write_results
from samiam.formats.readers.results_folder import read_layers
from samiam.records import Masks, Micrograph, Segmentation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of how it uses pydantic
    from npe2 import PluginManager, PluginManifest
    from npe2.io_utils import read_get_reader

MANIFEST = Path(samiam.__file__).with_name("napari.yaml")
COUNTS = np.random.default_rng(0).poisson(99, (32, 48)).astype(np.uint16)


def segmentation(micrograph: Micrograph | None) -> Segmentation:
    labels = np.ones((32, 48), np.uint32)
    labels[:, 30:] = 2
    labels[:4] = 0
    return Segmentation(labels, [], 2, True, Masks.empty((32, 48)), names=["Ge", None], micrograph=micrograph)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "a.npy", COUNTS)
    micrograph = samiam.read_micrograph(tmp_path / "a.npy", pixel_size_nm=(0.1, 0.2))
    write_results(tmp_path / "a", micrograph, segmentation(micrograph), config={}, seed=0, times_s={})
    return tmp_path / "a"


@pytest.fixture
def only_samiam(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other plugin, and nothing of what is installed, is known to npe2."""
    manager = PluginManager()
    manager.register(PluginManifest.from_file(MANIFEST))
    monkeypatch.setattr(PluginManager, "instance", lambda: manager)


def by_name(layers: Any) -> dict[str, tuple[Any, dict[str, Any], str]]:
    return {about["name"]: (data, about, kind) for data, about, kind in layers}


def test_the_manifest_is_valid_and_names_what_is_there() -> None:
    manifest = PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    assert manifest.name == "samiam"


@pytest.mark.usefixtures("only_samiam")
def test_napari_reads_a_folder_of_results(folder: Path) -> None:
    for path in (folder, folder / "provenance.json"):
        layers, reader = read_get_reader([str(path)], stack=False)
        assert reader.command == "samiam.read_results"
        found = by_name(layers)
        assert list(found) == ["a", "materials", "grains"]
        pixels, about, kind = found["a"]
        assert (kind, about["scale"], about["units"]) == ("image", (0.2, 0.1), ("nm", "nm"))
        assert np.array_equal(pixels, samiam.read_micrograph(folder.with_name("a.npy")).pixels)
        labels, about, kind = found["materials"]
        assert (kind, about["scale"]) == ("labels", (0.2, 0.1))
        assert np.array_equal(labels, segmentation(None).labels)
        assert about["features"]["called"] == ["Ge", "material 2"]
        assert about["features"]["index"] == [1, 2]


def test_an_image_that_is_another_by_now_is_not_shown_under_its_labels(folder: Path) -> None:
    np.save(folder.with_name("a.npy"), COUNTS[::-1])
    assert list(by_name(read_layers(folder))) == ["materials", "grains"]
    folder.with_name("a.npy").unlink()
    assert list(by_name(read_layers(folder))) == ["materials", "grains"]


@pytest.mark.usefixtures("only_samiam")
def test_what_is_no_result_is_left_to_other_readers(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No readers returned data"):
        read_get_reader([str(tmp_path)], stack=False)
    (tmp_path / "provenance.json").write_text("{}")
    with pytest.raises(InputError, match="none of a result"):
        read_layers(tmp_path)


def test_layers_of_a_segmentation() -> None:
    micrograph = Micrograph.from_array(COUNTS, pixel_size_nm=0.1, name="gold")
    found = by_name(segmentation(micrograph).to_napari())
    assert list(found) == ["gold", "materials", "grains"]
    labels, about, _ = found["materials"]
    assert np.array_equal(labels, segmentation(None).labels)
    assert about["features"] == {"index": [1, 2], "material": (1, 2), "name": ("Ge", None), "confidence": (None, None)}
    assert about["colormap"][1][:3] == pytest.approx(np.array((230, 159, 0)) / 255)
    without = by_name(segmentation(None).to_napari())
    assert list(without) == ["materials", "grains"]
    assert without["materials"][1]["units"] == ("pixel", "pixel")
