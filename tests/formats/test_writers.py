from __future__ import annotations

import csv
import json
import platform
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from numpy.typing import NDArray
from pycocotools import mask as rle
from pycocotools.coco import COCO
from skimage import io

from samiam.errors import InputError
from samiam.formats import (
    measurements,
    read_micrograph,
    write_coco,
    write_decisions,
    write_labels,
    write_measurements,
    write_overlay,
    write_provenance,
    write_results,
)
from samiam.formats.writers.earlier import is_result
from samiam.records import Decision, Masks, Micrograph, Segmentation

SHAPE = (30, 40)


def make_labels() -> NDArray[np.uint32]:
    """Material 1 is a block, 2 two blocks that touch at a corner and a single pixel, 0 the rest."""
    labels = np.zeros(SHAPE, np.uint32)
    labels[2:12, 5:25] = 1
    labels[15:20, 5:10] = labels[20:25, 10:15] = 2
    labels[29, 39] = 2
    return labels


def make_segmentation(labels: NDArray[np.uint32] | None = None, names: tuple[str | None, ...] = ()) -> Segmentation:
    labels = make_labels() if labels is None else labels
    arrays = [labels == 1, labels == 2, labels > 0]
    generated = Masks.from_arrays(
        arrays,
        labels.shape,
        predicted_iou=[0.9, np.nan, 0.5],
        stability_score=[1.0, 0.8, np.inf],
        points_xy=[[3.5, 4], [np.nan, np.nan], [7, 8]],
    )
    decisions = [
        Decision(0, "kept", "alone", 0.25, 0.5, 1),
        Decision(1, "merged", "majority, vote", 1 / 3, 0.1, 2),
        Decision(2, "removed", "twin", float("nan"), 0.9, None, 0),
    ]
    return Segmentation(labels, decisions, 2, True, generated, names)


def make_micrograph(pixel_size_nm: float | None = 0.5, shape: tuple[int, int] = SHAPE) -> Micrograph:
    pixels = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    return Micrograph(pixels, pixel_size_nm, "gold on carbon", {"sha256": "00ff", "clip_values": [np.nan, 7.0]})


def nothing() -> Segmentation:
    return Segmentation(np.zeros(SHAPE, np.uint32), [], 0, False, Masks.empty(SHAPE))


class TestLabels:
    @pytest.mark.parametrize("size_nm", [0.001, 0.0123456789, 0.02, 1 / 3, 1.0, 47.11, 1e4, None])
    def test_comes_back_with_its_pixel_size(self, tmp_path: Path, size_nm: float | None) -> None:
        path = write_labels(tmp_path / "new" / "labels.tif", make_segmentation(), size_nm)
        assert path == tmp_path / "new" / "labels.tif"
        np.testing.assert_array_equal(tifffile.imread(path), make_labels())
        assert tifffile.imread(path).dtype == np.uint32
        np.testing.assert_array_equal(io.imread(path), make_labels())
        micrograph = read_micrograph(path, clip_percentiles=(0, 100))
        assert micrograph.pixel_size_nm == size_nm
        np.testing.assert_allclose(micrograph.pixels * 2, make_labels())

    @pytest.mark.parametrize("size_nm", [0.005, 0.0123456789, 0.02, 1 / 3, 1.0, 47.11, 1e4])
    def test_resolution_tags_for_other_programs(self, tmp_path: Path, size_nm: float) -> None:
        with tifffile.TiffFile(write_labels(tmp_path / "a.tif", make_segmentation(), size_nm)) as file:
            tags = file.pages.first.tags
            assert tags["ResolutionUnit"].value == tifffile.RESUNIT.CENTIMETER
            assert tags["XResolution"].value == tags["YResolution"].value
            numerator, denominator = tags["XResolution"].value
            assert 1e7 * denominator / numerator == pytest.approx(size_nm, rel=1e-4)
            assert json.loads(file.pages.first.description) == {
                "pixel_size_nm": size_nm,
                "n_materials": 2,
                "n_labels": 2,
            }

    def test_numbers_beyond_16_bits(self, tmp_path: Path) -> None:
        labels = np.arange(1, 262145, dtype=np.uint32).reshape(512, 512)
        segmentation = Segmentation(labels, [], 1, True, Masks.empty((512, 512)))
        assert tifffile.imread(write_labels(tmp_path / "a.tif", segmentation, None)).max() == 262144


class TestCoco:
    @pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
    def test_materials(self, tmp_path: Path) -> None:
        segmentation = make_segmentation()
        path = write_coco(tmp_path / "a.json", segmentation.masks, "gold")
        coco = COCO(str(path))
        assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["material 1", "material 2"]
        assert coco.loadImgs([1]) == [{"id": 1, "file_name": "gold", "width": 40, "height": 30}]
        for annotation in coco.loadAnns(coco.getAnnIds()):
            mask = make_labels() == annotation["category_id"]
            np.testing.assert_array_equal(coco.annToMask(annotation), mask)
            assert annotation["area"] == rle.area(annotation["segmentation"]) == mask.sum()
            assert annotation["bbox"] == rle.toBbox(annotation["segmentation"]).tolist()
            assert annotation["iscrowd"] == 0
            assert {"score", "predicted_iou", "stability_score", "point_coords"}.isdisjoint(annotation), "none is known"

    def test_generated_masks_share_a_category_and_nan_is_left_out(self, tmp_path: Path) -> None:
        path = write_coco(tmp_path / "a.json", make_segmentation().generated, "gold", "mask")
        content = json.loads(path.read_text(), parse_constant=pytest.fail)
        assert content["categories"] == [{"id": 1, "name": "mask"}]
        first, second, third = content["annotations"]
        assert [annotation["id"] for annotation in content["annotations"]] == [1, 2, 3]
        assert {annotation["category_id"] for annotation in content["annotations"]} == {1}
        assert first["point_coords"] == [[3.5, 4.0]]
        assert first["predicted_iou"] == pytest.approx(0.9)
        assert "point_coords" not in second
        assert "predicted_iou" not in second
        assert "stability_score" not in third

    def test_names(self, tmp_path: Path) -> None:
        masks = make_segmentation().masks
        path = write_coco(tmp_path / "a.json", masks, "gold", ["Au", "C"])
        assert [category["name"] for category in json.loads(path.read_text())["categories"]] == ["Au", "C"]
        with pytest.raises(InputError, match="1 category names for 2 masks"):
            write_coco(tmp_path / "b.json", masks, "gold", ["Au"])
        with pytest.raises(InputError, match="3 scores for 2 masks; give one for each"):
            write_coco(tmp_path / "b.json", masks, "gold", scores=[1, 1, 1])
        with pytest.raises(InputError, match="1 supercategories for 2 masks; give one for each"):
            write_coco(tmp_path / "b.json", masks, "gold", supercategories=["metal"])

    def test_no_masks(self, tmp_path: Path) -> None:
        content = json.loads(write_coco(tmp_path / "a.json", nothing().masks, "gold").read_text())
        assert content["annotations"] == content["categories"] == []


class TestMeasurements:
    def test_by_hand(self, tmp_path: Path) -> None:
        path = write_measurements(tmp_path / "a.csv", make_segmentation(), make_micrograph(0.5))
        table = pd.read_csv(path)
        assert table.columns.tolist() == [
            *(
                "label",
                "material",
                "name",
                "name_confidence",
                "called",
                "area_nm2",
                "area_fraction",
                "regions",
                "perimeter_nm",
                "centroid_x_nm",
                "centroid_y_nm",
            ),
            *("width_nm", "height_nm", "intensity_mean", "intensity_std", "grains", "confidence"),
        ]
        first, second = table.to_dict("records")
        assert first["area_nm2"] == 200 * 0.25
        assert first["area_fraction"] == pytest.approx(200 / 1200)
        assert (first["centroid_x_nm"], first["centroid_y_nm"]) == (14.5 * 0.5, 6.5 * 0.5)
        assert (first["width_nm"], first["height_nm"]) == (10, 5)
        assert first["perimeter_nm"] == pytest.approx(2 * (20 + 10) * 0.5, rel=0.06)  # Corners are rounded.
        assert first["intensity_mean"] == pytest.approx(make_micrograph().pixels[2:12, 5:25].mean())
        assert (first["regions"], second["regions"]) == (1, 2)
        assert (second["width_nm"], second["height_nm"]) == (35 * 0.5, 15 * 0.5)
        assert (first["grains"], second["grains"]) == (1, 1)
        assert table["confidence"].isna().all()

    def test_pixels_where_the_size_is_unknown_and_agreement_with_the_masks(self, tmp_path: Path) -> None:
        segmentation = make_segmentation()
        table = pd.read_csv(write_measurements(tmp_path / "a.csv", segmentation, make_micrograph(None)))
        annotations = json.loads(write_coco(tmp_path / "a.json", segmentation.masks, "gold").read_text())["annotations"]
        counts = np.bincount(tifffile.imread(write_labels(tmp_path / "a.tif", segmentation, None)).ravel())[1:]
        assert table["area_px"].tolist() == [annotation["area"] for annotation in annotations] == counts.tolist()
        assert not [name for name in table if "nm" in name]

    def test_size_scales_every_length(self) -> None:
        in_px, in_nm = (measurements(make_segmentation(), make_micrograph(size)) for size in (None, 0.25))
        for name in ("perimeter", "centroid_x", "centroid_y", "width", "height"):
            np.testing.assert_allclose(in_nm[f"{name}_nm"], in_px[f"{name}_px"] * 0.25)

    @pytest.mark.parametrize("names", [(None, None), (None, "Ge, doped"), ("SrTiO3", "Ge")])
    def test_names(self, tmp_path: Path, names: tuple[str | None, ...]) -> None:
        segmentation = make_segmentation(names=names)
        assert measurements(segmentation, make_micrograph())["name"].tolist() == list(names)
        with write_measurements(tmp_path / "a.csv", segmentation, make_micrograph()).open(newline="") as file:
            assert [row["name"] for row in csv.DictReader(file)] == [name or "" for name in names]

    def test_how_sure_names_are(self, tmp_path: Path) -> None:
        segmentation = replace(make_segmentation(names=(None, "Ge")), name_confidence=(None, 0.9))
        table = pd.read_csv(write_measurements(tmp_path / "a.csv", segmentation, make_micrograph()))
        assert table["name_confidence"].isna().tolist() == [True, False]
        assert table["name_confidence"][1] == 0.9
        assert table["called"].tolist() == ["material 1", "Ge? 90 %"]

    def test_nothing_found(self, tmp_path: Path) -> None:
        table = pd.read_csv(write_measurements(tmp_path / "a.csv", nothing(), make_micrograph()))
        assert len(table) == 0
        assert "name" in table
        assert "area_nm2" in table

    def test_columns_are_of_the_same_type_whatever_is_found(self) -> None:
        named = replace(make_segmentation(names=("Au", "Ge")), name_confidence=(0.8, 0.9))
        expected, *others = (
            measurements(found, make_micrograph()).dtypes.to_dict() for found in (named, make_segmentation(), nothing())
        )
        assert others == [expected] * 2

    def test_shapes_must_agree(self) -> None:
        with pytest.raises(InputError, match="gold on carbon"):
            measurements(make_segmentation(), make_micrograph(shape=(20, 20)))


def test_names_of_materials_in_all_results(tmp_path: Path) -> None:
    def written(names: tuple[str | None, ...]) -> dict[str, bytes]:
        folder = tmp_path / str(names)
        segmentation = make_segmentation(names=names)
        files = write_results(folder, make_micrograph(), segmentation, config={}, seed=0, times_s={})
        assert all(map(is_result, files))
        return {file.name: file.read_bytes() for file in files if file.name != "provenance.json"}

    with_names, without = written((None, "SrTiO3")), written(())
    coco = {name: json.loads(content) for name, content in with_names.items() if name.endswith(".json")}
    assert [category["name"] for category in coco["materials.json"]["categories"]] == ["material 1", "SrTiO3"]
    assert [annotation["category_id"] for annotation in coco["materials.json"]["annotations"]] == [1, 2]
    changed = {name for name in without if with_names[name] != without[name]}
    assert changed == {"overlay.png", "materials.json", "materials.csv", "grains.json", "grains.csv"}


def test_decisions(tmp_path: Path) -> None:
    with write_decisions(tmp_path / "a.csv", make_segmentation()).open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [field.name for field in fields(Decision)]
    assert rows[0] == ["0", "kept", "alone", "0.25", "0.5", "1", ""]
    assert rows[1][2] == "majority, vote"
    assert float(rows[1][3]) == 1 / 3
    assert rows[2][5:] == ["", "0"]


def test_provenance(tmp_path: Path) -> None:
    path = write_provenance(
        tmp_path / "a.json",
        make_micrograph(),
        config={"weights": Path("a/b"), "threshold": np.float32(0.5), "sizes": (1, 2), "bad": float("nan")},
        seed=7,
        times_s={"generate": 1.5},
        segmentation=make_segmentation(),
    )
    content = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert content["config"] == {"weights": "a/b", "threshold": 0.5, "sizes": [1, 2], "bad": None}
    assert (content["input"]["name"], content["input"]["shape_hw"]) == ("gold on carbon", [30, 40])
    assert content["input"]["sha256"] == "00ff"
    assert content["input"]["clip_values"] == [None, 7.0]
    assert content["input"]["pixel_size_nm"] == 0.5
    assert (content["seed"], content["times_s"]) == (7, {"generate": 1.5})
    assert (content["n_materials"], content["n_materials_given"]) == (2, True)
    assert (content["masks_generated"], content["materials_found"], content["grains_found"]) == (3, 2, 2)
    assert content["not_segmented_fraction"] == pytest.approx(1 - 251 / 1200)
    assert content["remark"] is None
    assert content["packages"]["numpy"] == np.__version__
    assert (content["platform"], content["python"]) == (platform.platform(), platform.python_version())
    assert abs(datetime.fromisoformat(content["written_utc"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_provenance_of_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", make_micrograph().pixels)
    micrograph = read_micrograph(tmp_path / "a.npy")
    path = write_provenance(
        tmp_path / "a.json", micrograph, config={}, seed=0, times_s={}, segmentation=make_segmentation()
    )
    given = json.loads(path.read_text())["input"]
    assert given["path"] == str(tmp_path / "a.npy")
    assert given["sha256"] == micrograph.metadata["sha256"]
    assert given["clip_percentiles"] == [0.1, 99.9]


WRITERS: dict[str, Any] = {
    "tif": lambda path: write_labels(path, make_segmentation(), 0.1),
    "coco.json": lambda path: write_coco(path, make_segmentation().masks, "gold"),
    "table.csv": lambda path: write_measurements(path, make_segmentation(), make_micrograph()),
    "log.csv": lambda path: write_decisions(path, make_segmentation()),
    "png": lambda path: write_overlay(path, make_micrograph(), make_segmentation()),
    "made.json": lambda path: write_provenance(
        path, make_micrograph(), config={}, seed=0, times_s={}, segmentation=make_segmentation()
    ),
}
WORK = {
    "tif": "tifffile.imwrite",
    "coco.json": "pathlib.Path.write_text",
    "table.csv": "pandas.DataFrame.to_csv",
    "log.csv": "csv.DictWriter.writerows",
    "png": "pathlib.Path.write_bytes",
    "made.json": "pathlib.Path.write_text",
}


@pytest.mark.parametrize("kind", list(WRITERS))
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, exists: bool
) -> None:
    path = tmp_path / f"a.{kind}"
    if exists:
        path.write_bytes(b"the old one")

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(WORK[kind], fail)
    with pytest.raises(OSError, match="disk full"):
        WRITERS[kind](path)
    assert [file.name for file in tmp_path.iterdir()] == ([path.name] if exists else [])
    assert not exists or path.read_bytes() == b"the old one"


@pytest.mark.parametrize("kind", list(WRITERS))
def test_writers_return_their_path_and_leave_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "new" / f"a.{kind}"
    assert WRITERS[kind](str(path)) == path
    assert [file.name for file in path.parent.iterdir()] == [path.name]
