"""Exports of Label Studio, as JSON and as PNGs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_label_studio import brush, drawn
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal

from samiam.datasets.label_studio.annotations import annotator_name
from samiam.datasets.label_studio.exports import find_label_studio_images, has_label_studio, read_label_studio_image
from samiam.errors import InputError
from samiam.records import Scene

SHAPE = (24, 32)
Mask = NDArray[np.bool_]


def box(top: int, bottom: int, left: int = 0, right: int = 32) -> Mask:
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


GE, STO, ISLAND = box(0, 8), box(8, 24), box(4, 12, 4, 8)


def write_image(folder: Path, name: str = "a.png", seed: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, SHAPE).astype(np.uint8)
    Image.fromarray(pixels).save(folder / name)


def annotation(*results: dict[str, Any], number: int = 20, by: object = 2, **changes: Any) -> dict[str, Any]:
    return {"id": number, "completed_by": by, "was_cancelled": False, "result": list(results), **changes}


BOTH = (brush("Ge", GE), brush("SrTiO3", STO))


def task(*annotations: dict[str, Any], number: int = 12, image: str = "/data/upload/1/0a1b2c3d-a.png") -> Any:
    return {"id": number, "data": {"image": image}, "annotations": list(annotations), "predictions": []}


def export(folder: Path, *tasks: Any, name: str = "project-1.json") -> Path:
    (folder / name).write_text(json.dumps(list(tasks)))
    return folder


def scenes(folder: Path) -> list[Scene]:
    return [read_label_studio_image(found) for found in find_label_studio_images(folder)]


def only(folder: Path) -> Scene:
    (scene,) = scenes(folder)
    return scene


@pytest.mark.parametrize(
    ("completed_by", "expected"),
    [
        (7, "7"),
        ("a.b@c.de", "a.b@c.de"),
        ("../x y", "..xy"),
        ({"email": "a@b.c", "id": 3}, "a@b.c"),
        ({"email": "", "id": 3}, "3"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_names_of_annotators(completed_by: object, expected: str) -> None:
    assert annotator_name(completed_by) == expected


def names(folder: Path) -> list[str]:
    return [found.name for found in find_label_studio_images(folder)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_image(tmp_path)
    return tmp_path


class TestJson:
    def test_labels_and_what_is_known_beside(self, folder: Path) -> None:
        scene = only(export(folder, task(annotation(*BOTH, lead_time=61.5))))
        assert scene.micrograph.name == "a"
        assert list(scene.materials) == ["Ge", "SrTiO3"]
        np.testing.assert_array_equal(scene.labels, GE + 2 * STO)
        assert scene.parameters == {"annotator": "2", "labelling_s": 61.5}
        assert (scene.difficulty, list(scene.weights)) == (2, [10, 10])

    def test_regions_of_one_label_are_united(self, folder: Path) -> None:
        halves = brush("Ge", box(0, 4)), brush("SrTiO3", STO), brush("Ge", box(4, 8))
        np.testing.assert_array_equal(only(export(folder, task(annotation(*halves)))).labels, GE + 2 * STO)

    def test_the_smaller_label_lies_over_the_larger(self, folder: Path) -> None:
        scene = only(export(folder, task(annotation(brush("WO3", ISLAND), *BOTH))))
        np.testing.assert_array_equal(scene.labels == 1, ISLAND)
        assert scene.parameters["overlapping_px"] == ISLAND.sum()

    @pytest.mark.parametrize("by", [1, "expert.1@pnnl.gov", {"id": 1, "email": "expert.1@pnnl.gov"}])
    def test_annotators(self, folder: Path, by: object) -> None:
        export(folder, task(annotation(*BOTH), annotation(*BOTH, number=21, by=by)))
        assert names(folder) == [f"{annotator_name(by)}-a", "2-a"][:: 1 if by == 1 else -1]
        assert {found.image.stem for found in find_label_studio_images(folder)} == {"a"}

    def test_an_annotator_who_did_it_twice(self, folder: Path) -> None:
        export(folder, task(annotation(*BOTH), annotation(*BOTH, number=21)))
        assert names(folder) == ["a-annotation-20", "a-annotation-21"]

    def test_cancelled_annotations_and_predictions_are_left_out(self, folder: Path) -> None:
        cancelled = annotation(brush("Ge", STO), number=21, by=3, was_cancelled=True)
        done = task(cancelled, annotation(*BOTH)) | {"predictions": [{"result": [brush("Ge", STO)]}]}
        np.testing.assert_array_equal(only(export(folder, done, task(number=13))).labels, GE + 2 * STO)

    def test_old_exports_have_completions(self, folder: Path) -> None:
        old = task(annotation(*BOTH), annotation(*BOTH, number=21, skipped=True))
        old["completions"] = old.pop("annotations")
        del old["completions"][0]["completed_by"]
        assert only(export(folder, old)).parameters["annotator"] == "unknown"

    def test_results_that_label_no_region(self, folder: Path) -> None:
        others = [
            {"type": "choices", "value": {"choices": ["difficult"]}},
            {"type": "keypointlabels", "value": {"x": 1, "y": 1, "keypointlabels": ["Ge"]}},
            {"type": "relation", "direction": "right"},
        ]
        assert list(only(export(folder, task(annotation(*others, *BOTH)))).materials) == ["Ge", "SrTiO3"]

    def test_shapes_and_labels_in_two_results(self, folder: Path) -> None:
        whole = brush("Ge", GE, id="r1", type="labels")
        whole["value"]["labels"] = whole["value"].pop("brushlabels")
        shape = brush("", GE, id="r1", type="brush")
        np.testing.assert_array_equal(
            only(export(folder, task(annotation(shape, whole, brush("SrTiO3", STO))))).labels, GE + 2 * STO
        )

    def test_what_was_drawn_with_several_tools(self, folder: Path) -> None:
        ge = drawn("rectangle", "Ge", SHAPE, x=0, y=0, width=100, height=100 / 3)
        sto = drawn("polygon", "SrTiO3", SHAPE, points=[[0, 100 / 3], [100, 100 / 3], [100, 100], [0, 100]])
        island = drawn("ellipse", "WO3", SHAPE, x=50, y=50, radiusX=10, radiusY=20, from_name="other")
        scene = only(export(folder, task(annotation(ge, sto, island))))
        assert list(scene.materials) == ["Ge", "SrTiO3", "WO3"]
        oval = scene.labels == 3
        assert oval.sum() == pytest.approx(np.pi * 3.2 * 4.8, rel=0.1)
        np.testing.assert_array_equal(scene.labels, np.where(oval, 3, GE + 2 * STO))

    def test_a_shape_whose_labels_are_in_another_result(self, folder: Path) -> None:
        whole = drawn("rectangle", "Ge", SHAPE, x=0, y=0, width=100, height=100 / 3)
        named = whole | {"id": "r1", "type": "labels", "value": {**whole["value"], "labels": ["Ge"]}}
        shape = whole | {"id": "r1", "type": "rectangle"}
        scene = only(export(folder, task(annotation(shape, named, brush("SrTiO3", STO)))))
        np.testing.assert_array_equal(scene.labels, GE + 2 * STO)

    def test_noise_of_alpha_is_not_painted(self, folder: Path) -> None:
        # 1 bit: no run, 2 bits: counts of 16 bits, the count less 1, then every value.
        alpha = np.where(GE, 255, np.indices(SHAPE).sum(axis=0) % 4).astype(np.uint8)
        values = np.repeat(alpha.ravel(), 4)
        bits = f"{values.size:032b}00111" + "0010001101111111" + f"011{values.size - 1:016b}"
        bits += "".join(f"{value:08b}" for value in values)
        stream = np.packbits(np.frombuffer(bits.encode(), np.uint8) - ord("0")).tolist()
        noisy = brush("Ge", GE, value={"rle": stream, "brushlabels": ["Ge"]})
        np.testing.assert_array_equal(only(export(folder, task(annotation(noisy)))).labels == 1, GE)

    @pytest.mark.parametrize("labels", [["Ge", "Ge"], [" Ge "]])
    def test_one_label_in_several_spellings(self, folder: Path, labels: list[str]) -> None:
        said = brush("Ge", GE)
        said["value"]["brushlabels"] = labels
        assert list(only(export(folder, task(annotation(said, brush("Ge", box(8, 12)))))).materials) == ["Ge"]

    def test_several_images_of_a_task(self, folder: Path) -> None:
        entry = task(annotation(*BOTH)) | {"data": {"after": "b.png", "image": "a.png"}}
        assert names(export(folder, entry)) == ["a"]

    def test_several_files(self, folder: Path) -> None:
        write_image(folder, "b.png")
        export(folder, task(annotation(*BOTH)))
        export(folder, task(annotation(*BOTH), number=13, image="b.png"), name="project-2.json")
        (folder / "result.json").write_text('{"images": [], "categories": []}')
        assert names(folder) == ["a", "b"]

    def test_the_json_counts_where_there_are_pngs_too(self, folder: Path) -> None:
        export(folder, task(annotation(*BOTH)))
        export(folder, {"id": 12, "image": "a.png"}, name="min.json")
        write_png(folder, "task-12-annotation-20-by-2-tag-Ge-0.png", STO)
        np.testing.assert_array_equal(only(folder).labels, GE + 2 * STO)

    def test_they_can_be_sent_elsewhere(self, folder: Path) -> None:
        (found,) = find_label_studio_images(export(folder, task(annotation(*BOTH))))
        np.testing.assert_array_equal(read_label_studio_image(pickle.loads(pickle.dumps(found))).labels, GE + 2 * STO)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/data/upload/1/0a1b2c3d-my_image_1.png", "my image (1).png"),
        ("/data/upload/1/0a1b2c3d-a.png", "0a1b2c3d-a.png"),
        ("https://example.org/some/a%20b.png?X-Amz-Expires=3600", "a b.png"),
        ("s3://bucket/folder/a.png", "a.png"),
        ("/data/local-files/?d=folder/a.png", "a.png"),
        ("a.png", "a.png"),
    ],
)
@pytest.mark.parametrize("place", [".", "images"])
def test_addresses_of_images(tmp_path: Path, address: str, file: str, place: str) -> None:
    write_image(tmp_path / place, file)
    write_image(tmp_path / place, "other.png")
    (found,) = find_label_studio_images(export(tmp_path, task(annotation(*BOTH), image=address)))
    assert found.image == tmp_path / place / file
    assert found.name == Path(file).stem


def test_the_image_may_have_another_key(folder: Path) -> None:
    entry = task(annotation(*BOTH)) | {"data": {"sample": "LSFO", "micrograph": "a.png"}}
    assert names(export(folder, entry)) == ["a"]


def write_png(folder: Path, name: str, mask: Mask) -> None:
    Image.fromarray((mask * 255).astype(np.uint8)).save(folder / name)


class TestPngs:
    @pytest.fixture
    def folder(self, folder: Path) -> Path:
        write_png(folder, "task-12-annotation-20-by-2-tag-La-SrTiO3-10.png", STO)
        write_png(folder, "task-12-annotation-20-by-2-tag-Ge-0.png", box(0, 4))
        write_png(folder, "task-12-annotation-20-by-2-tag-Ge-1.png", box(4, 8))
        return folder

    def test_one_image_of_one_task(self, folder: Path) -> None:
        scene = only(folder)
        assert list(scene.materials) == ["Ge", "La-SrTiO3"]
        np.testing.assert_array_equal(scene.labels, GE + 2 * STO)
        assert scene.parameters == {"annotator": "2", "labelling_s": None}

    def test_two_annotators(self, folder: Path) -> None:
        write_png(folder, "task-12-annotation-21-by-x@y.z-tag-Ge-0.png", box(0, 24))
        assert names(folder) == ["2-a", "x@y.z-a"]
        assert [list(scene.materials) for scene in scenes(folder)] == [["Ge", "La-SrTiO3"], ["Ge"]]

    def test_the_json_tells_which_image(self, folder: Path) -> None:
        write_image(folder, "b.png")
        write_png(folder, "task-13-annotation-22-by-2-brush-Ge-0.png", GE)
        entries = [{"id": 13, "image": "/data/upload/1/0a1b2c3d-a.png"}, {"id": 12, "image": "b.png"}]
        export(folder, *entries, {"id": 12, "image": "b.png", "annotator": 3})
        found = {each.annotation.task: each.image.name for each in find_label_studio_images(folder)}
        assert found == {"12": "b.png", "13": "a.png"}

    def test_images_named_as_the_tasks(self, folder: Path) -> None:
        (folder / "a.png").rename(folder / "12.png")
        write_image(folder / "images", "task-13.png")
        write_png(folder, "task-13-annotation-22-by-2-tag-Ge-0.png", GE)
        assert names(folder) == ["12", "task-13"]

    def test_nothing_tells_which_image(self, folder: Path) -> None:
        write_image(folder, "b.png")
        with pytest.raises(InputError, match=r"task 12, annotation 20: nothing tells which image.*JSON-MIN"):
            find_label_studio_images(folder)

    def test_a_task_that_the_json_lacks(self, folder: Path) -> None:
        export(folder, {"id": 13, "image": "a.png"})
        with pytest.raises(InputError, match="task 12, annotation 20: the task is in no JSON file"):
            find_label_studio_images(folder)

    def test_another_shape(self, folder: Path) -> None:
        write_png(folder, "task-12-annotation-20-by-2-tag-Ge-0.png", np.ones((24, 31), bool))
        with pytest.raises(InputError, match=r"tag-Ge-0\.png: \(24, 31\) pixels, but the image has \(24, 32\)"):
            scenes(folder)

    def test_a_corrupt_png(self, folder: Path) -> None:
        (folder / "task-12-annotation-20-by-2-tag-Ge-0.png").write_bytes(b"x")
        with pytest.raises(InputError, match=r"tag-Ge-0\.png: not a readable PNG"):
            scenes(folder)


class TestRefusals:
    def refusal(self, folder: Path, *tasks: Any) -> str:
        if tasks:
            export(folder, *tasks)
        message = refusal(lambda: scenes(folder))
        assert str(folder) in message
        return message

    def test_no_annotations(self, folder: Path) -> None:
        assert "no annotations of Label Studio in it" in self.refusal(folder)
        assert "no annotations of Label Studio in it" in self.refusal(folder, task())
        assert not has_label_studio(folder / "..")

    def test_json_min_alone(self, folder: Path) -> None:
        assert "export them as JSON" in self.refusal(folder, {"id": 12, "image": "a.png", "tag": []})

    def test_no_images(self, tmp_path: Path) -> None:
        assert "no image in it; put the micrographs there" in self.refusal(tmp_path, task(annotation(*BOTH)))

    def test_a_missing_image(self, folder: Path) -> None:
        message = self.refusal(folder, task(annotation(*BOTH), image="/data/upload/1/0a1b2c3d-b.png"))
        assert "project-1.json: 0a1b2c3d-b.png, the image of task 12, is missing" in message

    def test_nothing_painted(self, folder: Path) -> None:
        message = self.refusal(folder, task(annotation({"type": "choices", "value": {}})))
        assert "project-1.json: task 12, annotation 20: nothing is painted" in message

    @pytest.mark.parametrize("kind", ["vectorlabels", "cuboidlabels", "bitmasklabels"])
    def test_regions_of_other_kinds(self, folder: Path, kind: str) -> None:
        region = {"type": kind, "value": {"vertices": [], kind: ["Ge"]}}
        assert f"annotation 20: {kind} cannot be read" in self.refusal(folder, task(annotation(*BOTH, region)))

    @pytest.mark.parametrize("changes", [{"points": [[0, 0], [50, 50]]}, {"closed": False}])
    def test_a_polygon_that_is_none(self, folder: Path, changes: dict[str, Any]) -> None:
        region = drawn("polygon", "Ge", SHAPE, points=[[0, 0], [50, 50], [0, 50]])
        region["value"] |= changes
        assert "corners that is not closed; close it" in self.refusal(folder, task(annotation(*BOTH, region)))

    def test_a_shape_on_a_turned_image_or_one_of_another_size(self, folder: Path) -> None:
        region = drawn("rectangle", "Ge", SHAPE, x=0, y=0, width=50, height=50)
        assert "turned" in self.refusal(folder, task(annotation(*BOTH, region | {"image_rotation": 90})))
        other = task(annotation(*BOTH, region | {"original_width": 31}))
        assert "(24, 31) pixels, but the image has (24, 32)" in self.refusal(folder, other)

    @pytest.mark.parametrize("kind", ["polygon", "rectangle", "ellipse", "brush", "bitmask", "vector"])
    def test_regions_without_a_label(self, folder: Path, kind: str) -> None:
        region = brush("", STO, id="r2", type=kind)
        del region["value"]["brushlabels"]
        message = self.refusal(folder, task(annotation(brush("Ge", GE, id="r1"), region)))
        assert "annotation 20: a region with no label" in message
        region["value"] = {"vertices": []}
        assert f"{kind} cannot be read" in self.refusal(folder, task(annotation(brush("Ge", GE), region)))

    @pytest.mark.parametrize(
        ("labels", "part"), [([], "no label"), ([" "], "no label"), (["Ge", "C"], "the labels C, Ge")]
    )
    def test_regions_of_none_or_several_labels(self, folder: Path, labels: list[str], part: str) -> None:
        region = brush("", STO)
        region["value"]["brushlabels"] = labels
        assert f"a region with {part}" in self.refusal(folder, task(annotation(*BOTH, region)))

    @pytest.mark.parametrize(
        ("data", "changes"),
        [
            ({"image": "a.png", "after": "b.png"}, {"to_name": "after"}),
            ({"image": ["a.png", "b.png"]}, {"item_index": 1}),
            ({"image": ["a.png", "b.png"]}, {"to_name": "image", "item_index": 1}),
            ({"first": "a.png", "second": "b.png"}, {"to_name": "image"}),
        ],
    )
    def test_a_region_of_another_image(self, folder: Path, data: dict[str, Any], changes: dict[str, Any]) -> None:
        write_image(folder, "b.png")
        entry = task(annotation(brush("Ge", GE), brush("C", STO, **changes))) | {"data": data}
        assert "the task has several images, and only its first is read" in self.refusal(folder, entry)

    def test_pngs_of_a_task_of_several_images(self, folder: Path) -> None:
        write_png(folder, "task-12-annotation-20-by-2-tag-Ge-0.png", GE)
        assert "several images; export it as JSON" in self.refusal(
            folder, {"id": 12, "image": "a.png", "after": "b.png"}
        )

    def test_the_shape_is_looked_at_before_run_lengths_are_read(self, folder: Path) -> None:
        vast = brush("Ge", GE, original_height=27000, original_width=27000)
        vast["value"]["rle"] = [*(4 * 27000**2).to_bytes(4), 57, 27, 252, *[255] * 200]
        message = self.refusal(folder, task(annotation(vast)))
        assert "annotation 20: (27000, 27000) pixels, but the image has (24, 32)" in message

    @pytest.mark.parametrize(
        "text", ["[" * 100_000, '[{"id": 1e999}]', '[{"id": NaN}]', '[{"id": ' + "9" * 5000 + "}]"]
    )
    def test_json_that_no_program_should_write(self, folder: Path, text: str) -> None:
        (folder / "project-1.json").write_text(text)
        assert "project-1.json: damaged or cut short" in self.refusal(folder)

    def test_a_turned_image(self, folder: Path) -> None:
        assert "turned" in self.refusal(folder, task(annotation(brush("Ge", GE, image_rotation=90))))

    def test_another_shape(self, folder: Path) -> None:
        turned = brush("Ge", GE, original_height=32, original_width=24)
        message = self.refusal(folder, task(annotation(turned)))
        assert "annotation 20: (32, 24) pixels, but the image has (24, 32)" in message

    def test_damaged_run_lengths(self, folder: Path) -> None:
        cut = brush("Ge", GE)
        cut["value"]["rle"] = cut["value"]["rle"][:9]
        assert "task 12, annotation 20: brush RLE ends after 9 bytes" in self.refusal(folder, task(annotation(cut)))

    def test_an_empty_and_a_hidden_label(self, folder: Path) -> None:
        empty = task(annotation(*BOTH, brush("C", box(0, 0))))
        assert "annotation 20: label C is empty" in self.refusal(folder, empty)
        hidden = task(annotation(*BOTH, brush("C", box(0, 4)), brush("W", box(4, 8))))
        assert "annotation 20: label Ge lies wholly within others" in self.refusal(folder, hidden)

    def test_a_task_in_two_exports(self, folder: Path) -> None:
        export(folder, task(annotation(*BOTH)), name="project-0.json")
        message = self.refusal(folder, task(annotation(*BOTH)))
        assert "project-1.json: task 12 is in project-0.json too" in message

    def test_damaged_json(self, folder: Path) -> None:
        (folder / "project-1.json").write_text('[{"id": 12, ')
        assert "project-1.json: damaged or cut short" in self.refusal(folder)

    @pytest.mark.parametrize(
        "entry",
        [
            {"id": 12, "data": {}, "annotations": []},
            {"id": 12, "data": {"text": "no image"}, "annotations": []},
            {"id": 12, "data": {"image": "a.png"}, "annotations": [3]},
            {"id": 12, "data": {"image": "a.png"}, "annotations": [{"id": 1}]},
            {"id": 12, "data": {"image": "a.png"}, "annotations": [{"id": 1, "result": [{"value": {}}]}]},
            task(annotation(brush("Ge", GE, value={"rle": [300], "brushlabels": ["Ge"]}))),
            task(annotation(brush("Ge", GE, original_height=None))),
            task(annotation(brush("Ge", GE, original_height=24.5))),
            task(annotation(brush("Ge", GE, value={"rle": 10**12, "brushlabels": ["Ge"]}))),
            task(annotation(brush("Ge", GE, value={"rle": "AAAA", "brushlabels": ["Ge"]}))),
            task(annotation(drawn("rectangle", "Ge", SHAPE, x="1", y=0, width=5, height=5))),
            task(annotation(drawn("rectangle", "Ge", SHAPE, x=1, y=0, width=-5, height=5))),
            task(annotation(drawn("ellipse", "Ge", SHAPE, x=1, radiusX=5, radiusY=5))),
            task(annotation(drawn("ellipse", "Ge", SHAPE, x=1, y=1e300, radiusX=5, radiusY=5))),
            task(annotation(drawn("polygon", "Ge", SHAPE, points=[[1, 2], [3]]))),
            task(annotation(*BOTH, lead_time="long")),
            task(annotation(*BOTH, lead_time=10**400)),
            task(annotation(*BOTH, number="../../20")),  # type: ignore[arg-type]
        ],
    )
    def test_entries_of_another_kind(self, folder: Path, entry: object) -> None:
        message = self.refusal(folder, entry)
        assert "task 12" in message
        assert "export it again" in message
