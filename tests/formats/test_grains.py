"""Materials and their grains in the files of one result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from pycocotools import mask as rle

from samiam.formats import write_results
from samiam.records import Masks, Micrograph, Segmentation

LABELS = np.kron([[1, 1, 2, 0]], np.ones((24, 6), np.uint32)).astype(np.uint32)
GRAINS = np.kron([[1, 2, 3, 0]], np.ones((24, 6), np.uint32)).astype(np.uint32)
FILES = [
    *("labels.tif", "grains.tif", "overlay.png", "materials.json", "grains.json", "masks.json"),
    *("materials.csv", "grains.csv", "decisions.csv", "provenance.json"),
]


def made() -> Segmentation:
    return Segmentation(
        *(LABELS, [], 2, True, Masks.empty(LABELS.shape), ["SrTiO3", None]),
        grains=GRAINS,
        confidences=[0.75, None],
        remark="two orientations",
    )


def written(folder: Path, segmentation: Segmentation) -> dict[str, Any]:
    micrograph = Micrograph(np.full(LABELS.shape, 0.5, np.float32), 0.5, "gold")
    files = write_results(folder, micrograph, segmentation, config={}, seed=0, times_s={})
    assert [file.name for file in files] == FILES
    read = {".json": lambda file: json.loads(file.read_text()), ".tif": tifffile.imread, ".csv": pd.read_csv}
    return {file.name: read[file.suffix](file) for file in files if file.suffix in read and file.stem != "decisions"}


def categories(coco: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(category["name"], category.get("supercategory")) for category in coco["categories"]]


def test_both_levels_stand_beside_each_other(tmp_path: Path) -> None:
    found = written(tmp_path, made())
    for name, expected in (("labels", LABELS), ("grains", GRAINS)):
        np.testing.assert_array_equal(found[f"{name}.tif"], expected)
        assert found[f"{name}.tif"].dtype == np.uint32
    assert categories(found["materials.json"]) == [("SrTiO3", None), ("material 2", None)]
    assert categories(found["grains.json"]) == [
        *(("grain 1 of SrTiO3", "SrTiO3"), ("grain 2 of SrTiO3", "SrTiO3"), ("grain 3 of material 2", "material 2")),
    ]
    for annotation in found["grains.json"]["annotations"]:
        assert annotation["area"] == rle.area(annotation["segmentation"]) == 24 * 6
        assert annotation["bbox"][0] == 6 * (annotation["category_id"] - 1)
    materials, grains = found["materials.csv"], found["grains.csv"]
    assert materials["grains"].tolist() == [2, 1]
    assert grains["grain"].tolist() == [1, 2, 3]
    assert grains["material"].tolist() == [1, 1, 2]
    pd.testing.assert_series_equal(
        grains.groupby("material")["area_nm2"].sum(), materials.set_index("material")["area_nm2"]
    )
    assert grains["centroid_x_nm"].tolist() == [2.5 * 0.5, 8.5 * 0.5, 14.5 * 0.5]
    provenance = found["provenance.json"]
    assert (provenance["materials_found"], provenance["grains_found"]) == (2, 3)
    assert (provenance["not_segmented_fraction"], provenance["remark"]) == (0.25, "two orientations")
    assert materials["area_fraction"].sum() == 1 - provenance["not_segmented_fraction"]


def test_what_nobody_predicted_is_left_out(tmp_path: Path) -> None:
    found = written(tmp_path, made())
    assert found["materials.csv"]["confidence"].isna().tolist() == [False, True]
    first, second = found["materials.json"]["annotations"]
    assert first["score"] == 0.75
    assert {"score", "predicted_iou", "stability_score"}.isdisjoint(second)
    assert "confidence" not in found["grains.csv"], "that of a material is none of its grains'"
    assert all("score" not in annotation for annotation in found["grains.json"]["annotations"])


def test_grains_as_the_regions(tmp_path: Path) -> None:
    found = written(tmp_path, made().by_grains())
    for name in ("labels", "grains"):
        np.testing.assert_array_equal(found[f"{name}.tif"], GRAINS)
    assert categories(found["materials.json"]) == categories(found["grains.json"])
    assert [annotation.get("score") for annotation in found["materials.json"]["annotations"]] == [0.75, 0.75, None]
    table = found["materials.csv"]
    assert table["label"].tolist() == [1, 2, 3]
    assert table["material"].tolist() == [1, 1, 2]
    assert table["name"].tolist()[:2] == ["SrTiO3", "SrTiO3"]
    provenance = found["provenance.json"]
    assert (provenance["materials_found"], provenance["regions_found"], provenance["grains_found"]) == (2, 3, 3)


def test_parts_of_a_material_that_were_asked_for(tmp_path: Path) -> None:
    found = written(tmp_path, replace(made(), names=(None, None), material_of=(1, 1)))
    assert categories(found["materials.json"]) == [
        *(("part 1 of material 1", "material 1"), ("part 2 of material 1", "material 1")),
    ]
    assert found["materials.csv"]["material"].tolist() == [1, 1]
    assert found["grains.csv"]["material"].tolist() == [1, 1, 1]
    provenance = found["provenance.json"]
    assert (provenance["materials_found"], provenance["regions_found"], provenance["grains_found"]) == (1, 2, 3)


@pytest.mark.parametrize("by_grains", [False, True])
def test_the_description_of_the_labels(tmp_path: Path, by_grains: bool) -> None:
    written(tmp_path, made().by_grains() if by_grains else made())
    for name, n_labels in (("labels", 3 if by_grains else 2), ("grains", 3)):
        with tifffile.TiffFile(tmp_path / f"{name}.tif") as file:
            description = json.loads(file.pages.first.description)
        assert description == {"pixel_size_nm": 0.5, "n_materials": 2, "n_labels": n_labels}
