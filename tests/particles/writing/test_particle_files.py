"""What is written on particles, and that it comes back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from made_particles import disc, made_particles
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as rle
from refusals import refusal
from roifile import roiread

from samiam.formats.writers.earlier import is_result
from samiam.particles import Dropped, FaultDetection, Particles, StatisticsOptions
from samiam.particles.measured import MeasuredImage
from samiam.particles.statistics.pooling import pool
from samiam.particles.writing.labels import label_image
from samiam.particles.writing.pooled import write_statistics
from samiam.particles.writing.reading import image_folders, read_measured
from samiam.particles.writing.report import About
from samiam.particles.writing.results import write_particles
from samiam.records import Masks, Micrograph

FILES = ["particles.csv", "overlay.png", "labels.tif", "particles.json", "decisions.csv", "provenance.json"]
POOLED = [
    *("particles.csv", "statistics.csv", "statistics.json", "by_size.csv", "sizes.png", "faults_by_size.png"),
    *("report.html", "provenance.json"),
]
SAID = ("stacking fault", "unsure", "no fault")


def overlapping(**given: Any) -> Particles:
    """Two discs that overlap, the second the surer, and one that the edge cuts."""
    found = made_particles(
        [(24, 30, 22), (38, 30, 20), (70, 1, 12)],
        classes=SAID,
        dropped=[Dropped("too small", 0.4, 1.0, (3, 4, 5, 6)), Dropped("=low score", float("nan"), 0.5, (0, 0, 2, 2))],
        detection=FaultDetection(10, 9, 10, 8),
        remark="thick carbon",
        **given,
    )
    scores = np.array([0.5, 0.9, np.nan], np.float32)
    return replace(found, masks=replace(found.masks, predicted_iou=scores))


def write(folder: Path, found: Particles) -> MeasuredImage:
    measured = MeasuredImage.of(found)
    written = write_particles(folder, found, measured, config={"material": "Au"}, times_s={"find": 1.0})
    assert [file.name for file in written] == FILES
    return measured


def test_the_surer_particle_lies_on_top() -> None:
    found = overlapping()
    labels = label_image(found)
    both = found.masks[0] & found.masks[1]
    assert both.any()
    assert (labels[both] == 2).all()
    assert (labels[found.masks[0] & ~both] == 1).all()
    assert (labels[found.masks[2]] == 3).all()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
def test_the_files_of_an_image(tmp_path: Path) -> None:
    found = overlapping(aspect=1.25)
    write(tmp_path / "a", found)
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == sorted(FILES)
    with tifffile.TiffFile(tmp_path / "a" / "labels.tif") as file:
        np.testing.assert_array_equal(file.asarray(), label_image(found))
        assert file.asarray().dtype == np.uint32
        noted = json.loads(file.pages[0].description)
    assert noted == {
        "pixel_size_nm": 0.1,
        "pixel_height_nm": 0.125,
        "n_particles": 3,
        "overlaps": "the surer particle on top",
    }
    coco = json.loads((tmp_path / "a" / "particles.json").read_text())
    assert [one["name"] for one in coco["categories"]] == list(SAID)
    for annotation, mask in zip(coco["annotations"], found.masks, strict=True):
        np.testing.assert_array_equal(rle.decode(annotation["segmentation"]), mask)  # whole where they overlap
    decisions = pd.read_csv(tmp_path / "a" / "decisions.csv")
    assert decisions["action"].tolist() == ["kept"] * 3 + ["dropped"] * 2
    assert decisions["rule"].tolist()[3:] == ["too small", "'=low score"]
    assert decisions.loc[3, ["left_px", "top_px", "width_px", "height_px"]].tolist() == [3, 4, 5, 6]
    provenance = json.loads((tmp_path / "a" / "provenance.json").read_text(), parse_constant=pytest.fail)
    assert (provenance["kind"], provenance["n_particles"]) == ("particles", 3)
    assert all(is_result(tmp_path / "a" / name) for name in FILES)


def test_particles_of_one_class_share_a_category(tmp_path: Path) -> None:
    write(tmp_path, made_particles())
    coco = json.loads((tmp_path / "particles.json").read_text())
    assert coco["categories"] == [{"id": 1, "name": "particle"}]
    assert [one["category_id"] for one in coco["annotations"]] == [1, 1, 1]


def test_particles_are_exported_whole_where_they_overlap(tmp_path: Path) -> None:
    found = overlapping()
    measured = MeasuredImage.of(found)
    chosen = ("roi", "geojson", "label-studio", "html")
    write_particles(tmp_path, found, measured, config={}, times_s={}, exports=chosen)
    features = json.loads((tmp_path / "outlines.geojson").read_text(encoding="utf-8"))["features"]
    said = [one["properties"] for one in features]
    assert [one["area_px"] for one in said] == found.masks.areas.tolist()
    assert [one["name"] for one in said] == ["particle 1", "particle 2", "particle 3"]
    assert [one["classification"]["name"] for one in said] == list(SAID)
    assert [one.get("score") for one in said] == pytest.approx([0.5, 0.9, None])
    assert [roi.name for roi in roiread(tmp_path / "rois.zip")] == ["particle 1", "particle 2", "particle 3"]
    assert "stacking fault" in (tmp_path / "summary.html").read_text(encoding="utf-8")
    write(tmp_path, found)
    assert {file.name for file in tmp_path.iterdir()} == set(FILES)


def test_the_overlay_shows_each_class(tmp_path: Path) -> None:
    found = overlapping()
    write(tmp_path, found)
    with Image.open(tmp_path / "overlay.png") as picture:
        shown = np.asarray(picture.convert("RGB")).astype(int)
    factor = 5  # 80 px enlarged to 384 and more
    assert shown.shape[1] == 80 * factor
    red = (abs(shown - (213, 94, 0)) < 16).all(axis=2)[: 64 * factor]
    assert np.nonzero(red)[1].min() // factor == found.masks.boxes_xywh[0][0]
    grey = np.ptp(shown[60 * factor, : 60 * factor], axis=1)
    assert grey.max() == 0  # where there is no particle, the image stays as it is


def test_what_was_measured_comes_back(tmp_path: Path) -> None:
    for number, found in enumerate((overlapping(), made_particles(), made_particles([]))):
        measured = write(tmp_path / str(number), found)
        again = read_measured(tmp_path / str(number))
        pd.testing.assert_frame_equal(again.table, measured.table)
        beside = {"table": None, "way": None}
        assert {**vars(again), **beside} == {**vars(measured), **beside}
        assert '{"material": "Au"}' in again.way  # which is not known of what was found now
        first, second = (pool([one], StatisticsOptions(resamples=100)) for one in (measured, again))
        assert str(first.as_dict()) == str(second.as_dict())


def test_folders_of_a_run(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / name, overlapping())
    (tmp_path / "else").mkdir()
    assert image_folders(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert image_folders(tmp_path / "b") == [tmp_path / "b"]
    assert refusal(lambda: image_folders(tmp_path / "else")).endswith(
        "else: holds no results of samiam particles; give the folder that was its -o."
    )
    assert "No such file" in refusal(lambda: image_folders(tmp_path / "nowhere"))
    (tmp_path / "a" / "provenance.json").unlink()
    assert refusal(lambda: image_folders(tmp_path)).startswith(
        f"{tmp_path / 'a'}: was interrupted while it was written;"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("particles.csv", "solidity", "solid", "particles.csv lacks solidity"),
        ("particles.csv", "unsure", "perhaps", "class in row 2 of particles.csv is perhaps"),
        ("particles.csv", ",True,", ",maybe,", "touches_edge in row 3 of particles.csv is maybe"),
        ("particles.csv", "\n1,", "\n1,nan,inf,", "particle in row 1 of particles.csv is inf"),
        ("particles.csv", "\n2,", "\n1,", "particle in row 2 of particles.csv is 1, which cannot be"),
        ("particles.csv", ",False,", ",,", "touches_edge in row 1 of particles.csv is nothing"),
        (
            "provenance.json",
            '"n_particles": 3',
            '"n_particles": 4',
            "3 particles in particles.csv, 4 in provenance.json",
        ),
        ("provenance.json", '"pixel_size_from": "file"', '"pixel_size_from": "luck"', "luck"),
        ("provenance.json", '"window_xy_nm": [', '"window_xy_nm": [-1,', "too many values"),
        ("provenance.json", '"detection": {', '"detection": {"x": 1,', "x"),
        ("provenance.json", '"found": 9', '"found": 99', "found 99 of 10 is impossible"),
        ("provenance.json", '"kind": "particles"', '"kind": "particles", ,', "cannot be read"),
    ],
)
def test_damaged_results_are_refused(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    write(tmp_path, overlapping())
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in refusal(lambda: read_measured(tmp_path))


def test_an_empty_class_beside_named_ones_is_refused(tmp_path: Path) -> None:
    write(tmp_path, overlapping())
    table = pd.read_csv(tmp_path / "particles.csv")
    table.loc[1, "class"] = None
    table.to_csv(tmp_path / "particles.csv", index=False)
    assert refusal(lambda: read_measured(tmp_path)) == (
        f"{tmp_path / 'particles.csv'}: class in row 2 is nothing, beside others that are named; give one, as unsure."
    )
    table["class"] = None
    table.to_csv(tmp_path / "particles.csv", index=False)
    assert read_measured(tmp_path).table["class"].isna().all(), "nobody has asked for classes"


def test_a_table_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    write(tmp_path, overlapping())
    (tmp_path / "particles.csv").write_bytes((tmp_path / "particles.csv").read_bytes()[:-1])
    assert "particles.csv is cut short in its last line" in refusal(lambda: read_measured(tmp_path))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("diameter_nm", 500.0, "diameter_nm in row 1 of particles.csv is 500.0, which cannot be"),
        ("circularity", 50.0, "circularity in row 1 of particles.csv is 50.0, which cannot be"),
        ("feret_max_nm", 1e6, "feret_max_nm in row 1 of particles.csv is 1000000.0, which cannot be"),
        ("width_nm", -500.0, "width_nm in row 1 of particles.csv is -500.0, which cannot be"),
        ("x_nm", 99999.0, "x_nm in row 1 of particles.csv is 99999.0, which cannot be"),
        ("solidity", 0.0, "solidity in row 1 of particles.csv is 0.0, which cannot be"),
        ("perimeter_nm", np.inf, "perimeter_nm in row 1 of particles.csv is inf, which cannot be"),
        ("area_nm2", 1.0, "area_nm2 in row 1 of particles.csv is 1.0, which cannot be beside diameter_nm 2.1"),
        ("feret_min_nm", 3.0, "feret_min_nm in row 1 of particles.csv is 3.0, which cannot be beside feret_max_nm 2.2"),
        ("score", 12.0, "score in row 1 of particles.csv is 12.0, which cannot be"),
        ("p_no_fault", 7.0, "p_no_fault in row 1 of particles.csv is 7.0, which cannot be"),
        ("p_no_fault", np.nan, "particles.csv has a particle with probabilities of some classes only"),
    ],
)
def test_what_no_particle_can_be_is_refused(column: str, value: float, said: str, tmp_path: Path) -> None:
    write(tmp_path, overlapping())
    table = pd.read_csv(tmp_path / "particles.csv")
    assert table[column].notna()[0]
    table.loc[0, column] = value
    table.to_csv(tmp_path / "particles.csv", index=False)
    assert said in refusal(lambda: read_measured(tmp_path))


def shapes(shape_hw: tuple[int, int]) -> list[NDArray[np.bool_]]:
    """One pixel in each corner, lines along all edges, the whole image, a ring, two parts, and discs and noise."""
    made = []
    corner, whole = np.zeros(shape_hw, bool), np.ones(shape_hw, bool)
    corner[0, 0] = True
    made += [corner[::up, ::left] for up in (1, -1) for left in (1, -1)]
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        made.append(np.zeros(shape_hw, bool))
        made[-1][edge] = True
    ring = whole.copy()
    ring[3:-3, 3:-3] = False
    rng = np.random.default_rng(0)
    discs = [disc(shape_hw, (rng.uniform(0, 80), rng.uniform(0, 64)), rng.uniform(2, 90), 1.0) for _ in range(20)]
    specks = [disc(shape_hw, (rng.uniform(3, 70), rng.uniform(3, 60)), diameter, 1.0) for diameter in (1, 1.5, 2, 3, 4)]
    noise = [rng.random(shape_hw) < share for share in (0.01, 0.3, 0.6)]
    return [one for one in (*made, whole, ring, discs[0] | corner, *discs, *specks, *noise) if one.any()]


@pytest.mark.parametrize("aspect", [1.0, 0.25, 4.0])
def test_whatever_is_written_is_possible(aspect: float, tmp_path: Path) -> None:
    """Also what the edge cuts, specks, and images that show something in a part only."""
    shape_hw = (64, 80)
    arrays = shapes(shape_hw)
    at_edge = np.array([bool(one[0].any() or one[-1].any() or one[:, 0].any() or one[:, -1].any()) for one in arrays])
    masks = Masks.from_arrays(arrays, shape_hw, predicted_iou=np.full(len(arrays), 0.5))
    shown = np.zeros(shape_hw, bool)
    shown[20:40, 30:50] = True
    for part in (None, shown):
        seen = Micrograph(np.zeros(shape_hw, np.float32), 0.1, "all", {}, pixel_aspect=aspect, shown=part)
        measured = write(tmp_path, Particles(seen, masks, at_edge, "file"))
        pd.testing.assert_frame_equal(read_measured(tmp_path).table, measured.table)


def test_what_somebody_left_out_stays_so_in_the_words_of_a_spreadsheet(tmp_path: Path) -> None:
    own = write(tmp_path, overlapping()).table["left_out"]
    table = pd.read_csv(tmp_path / "particles.csv")
    whole, *_ = np.flatnonzero(own.isna())
    table["touches_edge"] = table["touches_edge"].map(lambda touches: str(touches).upper())
    table["left_out"] = table["left_out"].astype(object)
    table.loc[:, "left_out"] = None  # whoever cuts the edge stays left out
    table.loc[whole, "left_out"] = "dirt"
    table.to_csv(tmp_path / "particles.csv", index=False)
    again = read_measured(tmp_path).table["left_out"]
    assert again[whole] == "dirt"
    pd.testing.assert_series_equal(again.drop(whole), own.drop(whole))


def test_a_class_that_is_corrected_by_hand_counts(tmp_path: Path) -> None:
    """The reason beside it is what the program wrote for the class that stood there."""
    found = made_particles(classes=("agglomeration", "no fault", "no fault"))
    assert write(tmp_path, found).table["left_out"].tolist()[:2] == ["agglomeration", None]
    table = pd.read_csv(tmp_path / "particles.csv")
    table.loc[:1, "class"] = ["no fault", "agglomeration"]
    table.to_csv(tmp_path / "particles.csv", index=False)
    assert read_measured(tmp_path).table["left_out"].tolist()[:2] == [None, "agglomeration"]


@pytest.mark.parametrize("said", ["touches the edge", "as large as the image", "agglomeration", "empty", "dirt"])
def test_what_somebody_left_out_stays_so_in_any_words(said: str, tmp_path: Path) -> None:
    own = write(tmp_path, overlapping()).table["left_out"]
    assert own[0] is None
    table = pd.read_csv(tmp_path / "particles.csv")
    table.loc[0, "left_out"] = said
    table.to_csv(tmp_path / "particles.csv", index=False)
    assert read_measured(tmp_path).table["left_out"].tolist() == [said, *own[1:]]


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pooled")
    names = ("<b>bold</b>", "=1+1", "c")
    images = [write(folder / str(number), overlapping(name=name)) for number, name in enumerate(names)]
    overlays = {name: folder / str(number) / "overlay.png" for number, name in enumerate(names)}
    about = About({"date": "today", "command": "samiam particles '<x>'"}, overlays, ["d.tif: <i>no</i> such file."])
    write(folder / "extra", overlapping())
    statistics = pool(images, StatisticsOptions(resamples=100))
    written = write_statistics(folder / "all", statistics, images, about, {})
    assert [file.name for file in written] == POOLED
    write_statistics(folder / "again", statistics, images, about, {})
    return folder


def test_all_files_of_the_statistics(pooled: Path) -> None:
    assert sorted(file.name for file in (pooled / "all").iterdir()) == sorted(POOLED)
    table = pd.read_csv(pooled / "all" / "particles.csv")
    assert table["image"].unique().tolist() == ["<b>bold</b>", "'=1+1", "c"]
    assert len(table) == 9
    assert pd.read_csv(pooled / "all" / "by_size.csv")["n"].sum() == 6
    noted = json.loads((pooled / "all" / "provenance.json").read_text())
    assert (noted["kind"], len(noted["images"])) == ("particles-statistics", 3)


def test_the_same_statistics_make_the_same_bytes(pooled: Path) -> None:
    for name in POOLED[:-1]:
        assert (pooled / "all" / name).read_bytes() == (pooled / "again" / name).read_bytes(), name


def test_the_report_needs_no_other_file_and_escapes_what_it_says(pooled: Path) -> None:
    page = (pooled / "all" / "report.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "<i>" not in page
    for said in ("&lt;b&gt;bold&lt;/b&gt;", "samiam particles &#39;&lt;x&gt;&#39;", "d.tif: &lt;i&gt;no&lt;/i&gt;"):
        assert said in page
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 5
    assert all(source.startswith("data:image/") for source in sources)
    for said in ("circularity 4πA/P²", "thick carbon", "too small", "sensitivity 0.90 (9 of 10)", "unsure 3"):
        assert said in page


def test_charts_of_nothing_say_so(tmp_path: Path) -> None:
    images = [write(tmp_path / "a", made_particles([]))]
    write_statistics(tmp_path / "all", pool(images), images, About({}), {})
    assert sorted(file.name for file in (tmp_path / "all").iterdir()) == sorted(POOLED)
    page = (tmp_path / "all" / "report.html").read_text(encoding="utf-8")
    assert "No whole particle was found." in page
    assert "Faults" not in page
