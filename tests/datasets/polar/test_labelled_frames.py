"""Labelled frames: points as CSV and as Label Studio's keypoints, with whatever the frames are in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from samiam.datasets.polar.keypoints import LABELING_CONFIG, read_keypoint_tasks, write_keypoint_tasks
from samiam.datasets.polar.labelled import read_labelled_frames
from samiam.datasets.polar.points_csv import read_points_csv, write_points_csv
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.records.polar_scene import Points

SHAPE_HW = (40, 50)
STACK = np.random.default_rng(0).integers(0, 60000, (5, *SHAPE_HW), np.uint16)


def write_stack(folder: Path) -> Path:
    tifffile.imwrite(folder / "video.tif", STACK, metadata={"axes": "TYX"})
    return folder / "video.tif"


def result(x: float, y: float, *labels: str, **changes: Any) -> dict[str, Any]:
    """A keypoint as Label Studio exports it."""
    value = {"x": x, "y": y, "width": 0.5, "keypointlabels": list(labels)}
    of_image = {"original_width": SHAPE_HW[1], "original_height": SHAPE_HW[0], "image_rotation": 0}
    return {
        "id": "a",
        "from_name": "kp",
        "to_name": "image",
        "type": "keypointlabels",
        **of_image,
        "value": value,
    } | changes


def task(number: int, image: str, *results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    annotation = {"id": number, "result": list(results), "was_cancelled": False}
    return {"id": number, "data": {"image": image}, "annotations": [annotation], **changes}


def write_tasks(folder: Path, *tasks: dict[str, Any]) -> Path:
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


class TestCsv:
    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("frame,row_px,column_px,kind", "3,10.5,20,end"),
            ("kind,x,y,frame", "Meron,20,10.5,3"),
            ("frame,row_nm,column_nm,kind,sign", "3,21,40,end,dark"),
        ],
    )
    def test_columns_and_units(self, tmp_path: Path, header: str, row: str) -> None:
        (tmp_path / "points.csv").write_text(f"{header}\n{row}\n")
        write_stack(tmp_path)
        (frame,) = read_labelled_frames(tmp_path, pixel_size_nm=2.0)
        assert (frame.frame, frame.video, frame.sign) == (3, "video", "dark" if "dark" in row else "bright")
        assert frame.points.positions_px.tolist() == [[10.5, 20.0]]
        assert not frame.points.is_junction.any()
        expected = Micrograph.stretched(STACK[3])
        np.testing.assert_array_equal(frame.micrograph.pixels, expected.pixels)

    def test_a_frame_without_points_is_labelled_too(self, tmp_path: Path) -> None:
        (tmp_path / "points.csv").write_text("frame,y,x,kind\n4,,,\n1,3,4,antimeron\n1,5,6,end\n")
        frames = read_labelled_frames(tmp_path / "points.csv", video=write_stack(tmp_path), sign="dark")
        assert [(one.frame, len(one.points), one.sign) for one in frames] == [(1, 2, "dark"), (4, 0, "dark")]
        assert frames[0].points.is_junction.tolist() == [True, False]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty; give frame, row_px, column_px, kind"),
            ("frame,row,kind\n", "it needs row_px and column_px"),
            ("frame,row_nm,column,kind\n", "both in nm"),
            ("frame,row,y,column,kind\n", "one of each"),
            ("row,column\n", "it needs frame and kind"),
            ("frame,row,column,kind\n1.5,3,4,end\n", "row 2: frame='1.5': give a whole number"),
            ("frame,row,column,kind\n1,3,nan,end\n", "row 2: column='nan': give a number"),
            ("frame,row,column,kind\n\n1,3,,end\n", "row 3: column='': give a number"),
            ("frame,row,column,kind\n1,3,4,merron\n", "'merron' is no kind of point; did you mean 'meron'"),
            ("frame,row,column,kind,score\n1,3,4,end,2\n", "score=2: give a number from 0 to 1"),
            ("frame,row,column,kind,sign\n1,3,4,end,bright\n1,3,4,end,dark\n", "bright and dark; give bright or dark"),
            ("frame,row,column,kind\n9,3,4,end\n", "frame 9 is not in .*, which has 0 to 4"),
            ("frame,row,column,kind\n0,3,49.6,end\n", "row 3.0, column 49.6 lies outside of it; check the units"),
            ("frame,row_nm,column_nm,kind\n0,3,4,end\n", "pixel size is unknown; give the pixel size"),
        ],
    )
    def test_what_is_refused(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "points.csv").write_text(text)
        write_stack(tmp_path)
        with pytest.raises(InputError, match=message):
            read_labelled_frames(tmp_path)

    @pytest.mark.parametrize("row", ["{0},3,4,end,dark", "1,{0},4,end,dark", "1,3,4,{0},dark", "1,3,4,end,{0}"])
    def test_a_cell_however_long_is_refused_in_a_line(self, tmp_path: Path, row: str) -> None:
        (tmp_path / "points.csv").write_text(f"frame,y,x,kind,sign\n{row.format(9000 * 'a')}\n")
        with pytest.raises(InputError) as refused:
            read_points_csv(tmp_path / "points.csv")
        assert len(str(refused.value)) < len(str(tmp_path)) + 500

    def test_a_sign_that_contradicts(self, tmp_path: Path) -> None:
        (tmp_path / "points.csv").write_text("frame,y,x,kind,sign\n1,3,4,end,dark\n")
        write_stack(tmp_path)
        with pytest.raises(InputError, match="labels dark stripes, not bright ones"):
            read_labelled_frames(tmp_path, sign="bright")

    def test_which_video_is_meant(self, tmp_path: Path) -> None:
        (tmp_path / "points.csv").write_text("frame,y,x,kind\n1,3,4,end\n")
        with pytest.raises(InputError, match="no video, stack or image lies beside it"):
            read_labelled_frames(tmp_path)
        with pytest.raises(InputError, match="holds no labels"):
            read_labelled_frames(tmp_path / "..", video=tmp_path)

    @given(
        places=st.lists(st.tuples(st.floats(-0.5, 39.5), st.floats(-0.5, 49.5)), max_size=5),
        score=st.floats(0, 1, width=32),
    )
    def test_what_is_written_is_read_back_bit_for_bit(self, tmp_path_factory: Any, places: Any, score: float) -> None:
        path = tmp_path_factory.mktemp("points") / "points.csv"
        points = Points(places, [n % 2 for n in range(len(places))], [score] * len(places))
        marked, sign = read_points_csv(write_points_csv(path, [(7, points), (8, Points([], []))], "dark"))
        assert (list(marked), sign) == ([7, 8], "dark")
        found = marked[7].on(Micrograph(np.eye(40, 50)))
        for name in ("positions_px", "is_junction", "scores"):
            np.testing.assert_array_equal(getattr(found, name), getattr(points, name))


class TestLabelStudio:
    def test_percent_is_of_the_whole_image_from_its_corner(self, tmp_path: Path) -> None:
        """The middle of the first pixel, and of the last."""
        Image.fromarray((STACK[0] >> 8).astype(np.uint8)).save(tmp_path / "frame_0.png")
        results = result(1.0, 1.25, "end"), result(99.0, 98.75, "antimeron")
        write_tasks(tmp_path, task(1, "/data/upload/1/0a1b2c3d-frame_0.png", *results))
        (frame,) = read_labelled_frames(tmp_path)
        np.testing.assert_allclose(frame.points.positions_px, [[0, 0], [39, 49]], atol=1e-9)
        assert frame.points.is_junction.tolist() == [False, True]

    def test_tasks_of_a_video(self, tmp_path: Path) -> None:
        labels = write_tasks(tmp_path, task(1, "v_3.png", result(50, 50, "end")), task(2, "v_1.png"))
        frames = read_labelled_frames(labels, video=write_stack(tmp_path))
        assert [(one.frame, len(one.points)) for one in frames] == [(1, 0), (3, 1)]

    def test_images_of_a_folder_in_their_order(self, tmp_path: Path) -> None:
        folder = tmp_path / "film"
        folder.mkdir()
        for number in (7, 10, 12):
            tifffile.imwrite(folder / f"f{number}.tif", STACK[0])
        labels = write_tasks(tmp_path, task(1, "f12.tif"), task(2, "f10.tif", result(50, 50, "end")))
        frames = read_labelled_frames(labels, video=folder)
        assert [(one.video, one.micrograph.name, len(one.points)) for one in frames] == [
            ("film", "f10", 1),
            ("film", "f12", 0),
        ]

    def test_json_min(self, tmp_path: Path) -> None:
        point = {"x": 50, "y": 50, "width": 1, "keypointlabels": ["end"], "original_width": 50, "original_height": 40}
        entry = {"id": 1, "image": "a_2.png", "kp": [point], "annotator": 1, "annotation_id": 4}
        (found,) = read_keypoint_tasks(write_tasks(tmp_path, entry, {"id": 2, "image": "b.png"}))
        assert (found.file_name, found.percents, found.shape_hw) == ("a_2.png", [(50.0, 50.0)], SHAPE_HW)

    def test_unfinished_and_cancelled_ones_are_left_out(self, tmp_path: Path) -> None:
        cancelled = {"id": 9, "result": [result(1, 1, "end")], "was_cancelled": True}
        write_tasks(
            tmp_path,
            task(1, "a.png", annotations=[]),
            task(2, "b.png", annotations=[cancelled]),
            task(3, "c.png", {"type": "choices", "value": {"choices": ["good"]}}),
        )
        assert [one.file_name for one in read_keypoint_tasks(tmp_path / "export.json")] == ["c.png"]

    @pytest.mark.parametrize(
        ("made", "message"),
        [
            (task(1, "a.png", result(1, 1, "endd")), "'endd' is no kind of point; did you mean"),
            (task(1, "a.png", result(1, 1)), "keypointlabels with 0 labels"),
            (task(1, "a.png", result(1, 1, "end", "junction")), "with 2 labels"),
            (task(1, "a.png", result(101, 1, "end")), "not as Label Studio writes it"),
            (task(1, "a.png", result(1, 1, "end", image_rotation=90)), "turned image"),
            (task(1, "a.png", result(1, 1, "end", type="brushlabels")), "holds brushlabels"),
            (task(1, "a.png", result(1, 1, "end"), result(1, 1, "end", original_width=9)), "different sizes"),
            (task(1, "a.png", annotations=[{"id": 1, "result": []}, {"id": 2, "result": []}]), "annotated 2 times"),
            (task(1, "nothing"), "not as Label Studio writes it"),
            ({"id": 1, "data": {"image": "a.png"}}, "no finished annotation"),
        ],
    )
    def test_what_is_refused(self, tmp_path: Path, made: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            read_keypoint_tasks(write_tasks(tmp_path, made))

    def test_an_image_that_is_missing_or_of_another_size(self, tmp_path: Path) -> None:
        labels = write_tasks(tmp_path, task(1, "a.png", result(1, 1, "end")))
        with pytest.raises(InputError, match=r"a\.png, which is labelled, is not in"):
            read_labelled_frames(labels)
        Image.fromarray((STACK[0, :30] >> 8).astype(np.uint8)).save(tmp_path / "a.png")
        with pytest.raises(InputError, match=r"\(40, 50\) pixels in Label Studio, but the image has \(30, 50\)"):
            read_labelled_frames(labels)

    def test_tasks_come_back_once_somebody_has_submitted_them(self, tmp_path: Path) -> None:
        points = Points([[10.25, 20.5], [39.0, 0.0]], [False, True], [0.5, 0.75])
        path = write_keypoint_tasks(tmp_path / "tasks.json", [("frame_4.png", SHAPE_HW, points)])
        (written,) = json.loads(path.read_text())
        assert written["predictions"][0]["score"] == 0.625
        assert {one["value"]["keypointlabels"][0] for one in written["predictions"][0]["result"]} <= {"end", "junction"}
        assert all(f'value="{kind}"' in LABELING_CONFIG for kind in ("end", "junction"))
        submitted = task(1, written["data"]["image"], *written["predictions"][0]["result"])
        (found,) = read_keypoint_tasks(write_tasks(tmp_path, submitted))
        np.testing.assert_allclose(found.on(Micrograph(np.eye(*SHAPE_HW))).positions_px, points.positions_px, atol=1e-9)
