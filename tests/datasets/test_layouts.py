"""Labelled micrographs of every layout, found in one way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusals import refusal

from samiam.datasets.layouts import find_labelled
from samiam.datasets.material_names import tidy

HALVES = np.repeat(np.array([[1, 2]], np.uint8), 16, axis=1).repeat(24, axis=0)


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def micrograph(path: Path) -> None:
    write(path, np.random.default_rng(0).integers(0, 256, HALVES.shape).astype(np.uint8))


@pytest.mark.parametrize("layout", ["auto", "zenodo"])
def test_folders_of_annotators(tmp_path: Path, layout: str) -> None:
    micrograph(tmp_path / "ann" / "dataset" / "one.png")
    for number, name in ((1, "Ge"), (2, "SrTiO3")):
        write(
            tmp_path / "ann" / "labels_merged" / "one" / f"{name}-merged-{number}.png",
            (number == HALVES).astype(np.uint8) * 255,
        )
    (found,) = find_labelled(tmp_path, layout)  # type: ignore[arg-type]
    assert (found.name, found.image) == ("one", "one")
    np.testing.assert_array_equal(np.sort(np.unique(found.read().labels)), [1, 2])


@pytest.mark.parametrize("layout", ["auto", "label_images"])
def test_label_images(tmp_path: Path, layout: str) -> None:
    for name in ("a", "b"):
        micrograph(tmp_path / "images" / f"{name}.png")
        write(tmp_path / "labels" / f"{name}.png", HALVES if name == "a" else HALVES[:, ::-1])
    first, second = find_labelled(tmp_path, layout)  # type: ignore[arg-type]
    assert [(found.name, found.image) for found in (first, second)] == [("a", "a"), ("b", "b")]
    np.testing.assert_array_equal(first.read().labels, HALVES)
    assert second.read().labels[0, 0] == 2


@pytest.mark.parametrize("layout", ["auto", "label_studio"])
def test_exports_of_label_studio(tmp_path: Path, layout: str) -> None:
    micrograph(tmp_path / "a.png")
    for number, name in ((1, "Ge"), (2, "SrTiO3")):
        painted = (number == HALVES).astype(np.uint8) * 255
        write(tmp_path / f"task-12-annotation-20-by-2-tag-{name}-0.png", painted)
    (found,) = find_labelled(tmp_path, layout)  # type: ignore[arg-type]
    assert found.image == "a"
    assert len(np.unique(found.read().labels)) == 2


def test_names_are_tidy() -> None:
    assert tidy("  Pt  on\u00a0C ") == "Pt on C"


def test_what_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(lambda: find_labelled(tmp_path / "nowhere"))
    assert "choose auto, zenodo, label_images, label_studio" in refusal(
        lambda: find_labelled(tmp_path, "zenod")  # type: ignore[arg-type]
    )
    assert "no layout of labelled micrographs fits" in refusal(lambda: find_labelled(tmp_path))


def test_pixels_as_stored_are_of_the_paper_s_layout(tmp_path: Path) -> None:
    micrograph(tmp_path / "images" / "a.png")
    write(tmp_path / "labels" / "a.png", HALVES)
    told = "pixels as stored are of the layout zenodo, this is label_images; set pixels=stretched."
    assert refusal(lambda: find_labelled(tmp_path, pixels="stored")) == f"{tmp_path}: {told}"
