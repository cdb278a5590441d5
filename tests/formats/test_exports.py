"""What is exported is, to the pixel, what was found, as the programs that it is for read it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image
from pycocotools.coco import COCO
from roifile import roiread
from shapely.geometry import Polygon, shape
from skimage.draw import polygon2mask

from samiam.colours import colour_of
from samiam.errors import InputError
from samiam.formats import EXPORTS, write_results
from samiam.formats.brush_rle import decode_alpha
from samiam.formats.writers.earlier import is_result
from samiam.formats.writers.exports.contours import contours_of
from samiam.formats.writers.exports.imagej import write_imagej_labels, write_rois
from samiam.formats.writers.exports.kinds import EXPORT_FILES
from samiam.formats.writers.exports.materials import regions_of
from samiam.records import Masks, Micrograph, Segmentation

SHAPE_HW = (60, 80)


def labels() -> NDArray[np.uint32]:
    """A material in three parts, one with a hole that holds another material; parts that touch at a corner."""
    made = np.zeros(SHAPE_HW, np.uint32)
    made[5:40, 5:45] = 1
    made[12:25, 12:30] = 2
    made[15:18, 15:18] = 1
    made[14, 14] = 0
    made[40:50, 45:60] = 1
    made[50:, :] = 3
    return made


def micrograph(**options: Any) -> Micrograph:
    pixels = np.random.default_rng(0).random(SHAPE_HW, np.float32)
    given: dict[str, Any] = {"pixel_size_nm": 0.02, "pixel_aspect": 1.5, "name": "gold"}
    return Micrograph(pixels, **{**given, "metadata": {"path": "scans/gold.dm4"}, **options})


def segmentation(**options: Any) -> Segmentation:
    given: dict[str, Any] = {"names": ["Ge", None, 'Pt & "C"'], "confidences": [0.9, None, 0.7]}
    return Segmentation(labels(), [], 3, True, Masks.empty(SHAPE_HW), micrograph=micrograph(), **{**given, **options})


def written(folder: Path, *exports: str, **options: Any) -> dict[str, Path]:
    files = write_results(folder, micrograph(), segmentation(**options), config={}, seed=0, times_s={}, exports=exports)
    return {file.name: file for file in files}


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return written(tmp_path_factory.mktemp("out") / "my gold", *reversed(EXPORTS))


def painted(rings: list[Any], shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose centres lie within the first ring of corners (x, y) and in no other."""
    outer, *holes = (polygon2mask(shape_hw, np.asarray(ring)[:, ::-1] - 0.5) for ring in rings)
    return np.asarray(outer & ~np.any([np.zeros_like(outer), *holes], axis=0))


class TestContours:
    @given(arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 7))))
    def test_they_hold_exactly_the_pixels_of_the_mask_and_cross_nowhere(self, mask: NDArray[np.bool_]) -> None:
        found = contours_of(mask)
        again = [painted([part.outer, *part.holes], mask.shape) for part in found]
        assert np.array_equal(np.sum([np.zeros(mask.shape, int), *again], axis=0), mask.astype(int))
        for part in found:
            polygon = Polygon(part.outer, part.holes)
            assert polygon.is_valid
            assert polygon.exterior.is_ccw
            assert polygon.area == part.area_px
        assert [part.area_px for part in found] == sorted((part.area_px for part in found), reverse=True)

    def test_a_ring_has_the_corners_where_it_turns(self) -> None:
        (part,) = contours_of(np.pad(np.ones((2, 3), bool), 1))
        assert sorted(map(tuple, part.outer.tolist())) == [(1, 1), (1, 3), (4, 1), (4, 3)]
        assert part.holes == []


class TestImageJ:
    def test_the_rois_are_the_parts_of_the_labels(self, all_of_them: dict[str, Path]) -> None:
        rois = roiread(all_of_them["rois.zip"])
        again = np.zeros(SHAPE_HW, np.uint32)
        for roi in rois:
            again[painted(roi.coordinates(multi=True), SHAPE_HW)] += roi.group
            assert roi.stroke_color == bytes((255, *colour_of(roi.group)))
        assert np.array_equal(again, labels())
        names = ["Ge", "Ge, part 2", "Ge, part 3", "material 2", 'Pt & "C"']
        assert [roi.name for roi in rois] == names
        assert zipfile.ZipFile(all_of_them["rois.zip"]).namelist() == [f"{name}.roi" for name in names]

    def test_names_that_clash_or_are_paths(self, tmp_path: Path) -> None:
        regions = regions_of(segmentation(names=["a/b", "a-b", None]), micrograph(), "x")
        rois = roiread(write_rois(tmp_path / "a.zip", regions))
        assert [roi.name for roi in rois if "part" not in roi.name] == ["a-b", "a-b (2)", "material 3"]

    def test_labels_have_their_scale_and_their_colours(self, all_of_them: dict[str, Path]) -> None:
        with tifffile.TiffFile(all_of_them["labels_imagej.tif"]) as file:
            assert file.is_imagej
            about: Any = file.imagej_metadata
            assert np.array_equal(file.asarray(), labels())
            x, y = (file.pages[0].tags[name].value for name in ("XResolution", "YResolution"))
        assert (about["unit"], about["min"], about["max"]) == ("nm", 0, 3)
        assert (x[1] / x[0], y[1] / y[0]) == pytest.approx((0.02, 0.03))
        table = np.reshape(about["LUTs"], (3, 256))
        assert [tuple(table[:, place].tolist()) for place in (0, 85, 170, 255)] == [
            (0, 0, 0),
            *(colour_of(label) for label in (1, 2, 3)),
        ]

    def test_without_a_scale_there_is_none(self, tmp_path: Path) -> None:
        regions = regions_of(segmentation(), micrograph(pixel_size_nm=None, pixel_aspect=1.0), "x")
        with tifffile.TiffFile(write_imagej_labels(tmp_path / "a.tif", regions)) as file:
            assert "unit" not in (file.imagej_metadata or {})

    def test_more_labels_than_it_has_numbers_are_refused(self, tmp_path: Path) -> None:
        many = Masks.from_arrays([np.ones((1, 1))] * 65536)
        regions = replace(regions_of(segmentation(), micrograph(), "x"), masks=many)
        with pytest.raises(InputError, match="65536 regions are more than the 65535"):
            write_imagej_labels(tmp_path / "a.tif", regions)


class TestGeoJSON:
    def test_polygons_are_valid_and_hold_the_labels(self, all_of_them: dict[str, Path]) -> None:
        features = json.loads(all_of_them["outlines.geojson"].read_text(encoding="utf-8"))["features"]
        again = np.zeros(SHAPE_HW, np.uint32)
        for feature in features:
            about, found = feature["properties"], shape(feature["geometry"])
            assert found.is_valid
            assert found.area == about["area_px"]
            assert about["area_nm2"] == pytest.approx(found.area * 0.02 * 0.03)
            parts = found.geoms if found.geom_type == "MultiPolygon" else [found]
            for part in parts:
                rings = [part.exterior, *part.interiors]
                assert [ring.is_ccw for ring in rings] == [True] + [False] * (len(rings) - 1), "RFC 7946, 3.1.6"
                again[painted([np.array(ring.coords) for ring in rings], SHAPE_HW)] += about["label"]
        assert np.array_equal(again, labels())
        assert [one["properties"].get("score") for one in features] == [0.9, None, 0.7]
        assert features[1]["properties"]["classification"] == {"name": "material 2", "color": list(colour_of(2))}


class TestLabelStudio:
    def test_predictions_hold_the_labels(self, all_of_them: dict[str, Path]) -> None:
        (task,) = json.loads(all_of_them["label_studio.json"].read_text(encoding="utf-8"))
        (prediction,) = task["predictions"]
        again = np.zeros(SHAPE_HW, np.uint32)
        for label, result in enumerate(prediction["result"], start=1):
            assert (result["original_height"], result["original_width"]) == SHAPE_HW
            again[decode_alpha(result["value"]["rle"], SHAPE_HW) > 0] += label
        assert np.array_equal(again, labels())
        assert [result.get("score") for result in prediction["result"]] == [0.9, None, 0.7]
        assert prediction["score"] == 0.7
        assert task["data"] == {"image": "/data/local-files/?d=my%20gold/label_studio.png", "file_name": "gold.dm4"}
        picture = np.asarray(Image.open(all_of_them["label_studio.png"]))
        assert np.array_equal(picture, np.rint(255 * micrograph().pixels))

    def test_the_interface_has_the_labels_and_names_of_the_predictions(self, all_of_them: dict[str, Path]) -> None:
        (task,) = json.loads(all_of_them["label_studio.json"].read_text(encoding="utf-8"))
        results = task["predictions"][0]["result"]
        view = ElementTree.parse(all_of_them["label_studio.xml"]).getroot()
        image, brush = view
        assert [label.get("value") for label in brush] == [result["value"]["brushlabels"][0] for result in results]
        assert {(result["from_name"], result["to_name"]) for result in results} == {
            (brush.get("name"), image.get("name"))
        }
        assert image.get("value") == "$image"


def test_the_page_needs_no_other_file_and_escapes_names(all_of_them: dict[str, Path]) -> None:
    page = all_of_them["summary.html"].read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 1
    assert "gold.dm4" in page
    assert "Pt &amp; &#34;C&#34;" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # within pycocotools
def test_coco_has_the_name_of_the_file_and_no_score_that_nobody_gave(all_of_them: dict[str, Path]) -> None:
    coco = COCO(str(all_of_them["materials.json"]))
    assert [image["file_name"] for image in coco.imgs.values()] == ["gold.dm4"]
    assert [one.get("score") for one in coco.anns.values()] == pytest.approx([0.9, None, 0.7])
    again = sum(coco.annToMask(one) * one["category_id"] for one in coco.anns.values())
    assert np.array_equal(again, labels())
    for name in ("grains.json", "masks.json"):
        assert json.loads(all_of_them[name].read_text(encoding="utf-8"))["images"][0]["file_name"] == "gold.dm4"


class TestTheFolder:
    def test_exports_are_files_of_the_result(self, all_of_them: dict[str, Path]) -> None:
        noted = json.loads(all_of_them["provenance.json"].read_text(encoding="utf-8"))["files"]
        assert [*noted, "provenance.json"] == list(all_of_them)
        assert [name for name in noted if name in EXPORT_FILES] == list(EXPORT_FILES)
        assert all(map(is_result, all_of_them.values()))

    def test_exports_of_an_earlier_result_do_not_stay_beside_a_new_one(self, tmp_path: Path) -> None:
        written(tmp_path, "roi", "geojson")
        (tmp_path / "notes.txt").write_text("mine")
        written(tmp_path, "geojson")
        there = {file.name for file in tmp_path.iterdir()}
        assert "outlines.geojson" in there
        assert "rois.zip" not in there
        assert "notes.txt" in there

    def test_an_unknown_name_writes_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="unknown export 'geo-json'; did you mean 'geojson'"):
            written(tmp_path / "new", "roi", "geo-json")
        assert not (tmp_path / "new").exists()

    def test_a_result_without_materials(self, tmp_path: Path) -> None:
        nothing = Segmentation(np.zeros(SHAPE_HW, np.uint32), [], 0, True, Masks.empty(SHAPE_HW))
        write_results(tmp_path, micrograph(), nothing, config={}, seed=0, times_s={}, exports=tuple(EXPORTS))
        assert roiread(tmp_path / "rois.zip") == []
        assert json.loads((tmp_path / "outlines.geojson").read_text())["features"] == []
