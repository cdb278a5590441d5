"""Small results of `samiam segment`, and labels of the same images by others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from made_label_studio import brush
from numpy.typing import NDArray
from PIL import Image

from samiam.formats import read_micrograph, write_labels, write_measurements, write_provenance
from samiam.records import Masks, Micrograph, Segmentation

SHAPE = (40, 48)
HALVES = np.where(np.indices(SHAPE)[1] < 20, 1, 2).astype(np.uint32)
"""Two materials side by side."""


def write_image(path: Path, seed: int = 0, n_frames: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 60000, (n_frames, *SHAPE)).astype(np.uint16)
    tifffile.imwrite(
        path, pixels.squeeze(), resolution=(1e8, 1e8), resolutionunit="CENTIMETER", photometric="minisblack"
    )
    return path


def write_result(
    folder: Path,
    image: Path,
    labels: NDArray[np.uint32] = HALVES,
    names: Sequence[str | None] = ("Ge", "SrTiO3"),
    material_of: Sequence[int] = (),
    **reading: Any,
) -> Path:
    """The files of a result that a data set is made of."""
    folder.mkdir(parents=True)
    micrograph: Micrograph = read_micrograph(image, **reading)
    n_materials = len(set(material_of) or names)
    found = Segmentation(labels, [], n_materials, True, Masks.empty(SHAPE), names=list(names), material_of=material_of)
    write_labels(folder / "labels.tif", found, micrograph.pixel_size_nm)
    write_labels(folder / "grains.tif", found.by_grains(), micrograph.pixel_size_nm)
    write_measurements(folder / "materials.csv", found, micrograph)
    write_provenance(folder / "provenance.json", micrograph, config={}, seed=0, times_s={}, segmentation=found)
    return folder


def write_label_images(folder: Path, labels: Mapping[str, NDArray[np.uint32]], names: Sequence[str]) -> Path:
    """Images with label images, the first of seed 0, the second of seed 1 …"""
    (folder / "labels").mkdir(parents=True)
    for seed, (name, numbers) in enumerate(labels.items()):
        write_image(folder / "images" / f"{name}.tif", seed)
        Image.fromarray(numbers.astype(np.uint8)).save(folder / "labels" / f"{name}.png")
    rows = [f"{number},{name}" for number, name in enumerate(names, start=1)]
    (folder / "materials.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def write_label_studio(folder: Path, name: str = "a-1", by: int = 7) -> Path:
    """An export of one task, in which `HALVES` was painted over the image of seed 0."""
    write_image(folder / "images" / f"{name}.tif")
    regions = [brush("Ge", HALVES == 1), brush("SrTiO3", HALVES == 2)]
    annotation = {"id": 20, "completed_by": by, "was_cancelled": False, "result": regions}
    task = {"id": 1, "data": {"image": f"/{name}.tif"}, "annotations": [annotation], "predictions": []}
    (folder / "project.json").write_text(json.dumps([task]), encoding="utf-8")
    return folder
