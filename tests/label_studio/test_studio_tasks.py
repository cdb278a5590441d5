"""Results and labels as tasks of Label Studio, and back, by the command line."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from made_label_studio import brush, drawn
from made_labelled import HALVES, SHAPE, write_image, write_label_images, write_result
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal

from samiam.cli import main
from samiam.commands.label_studio import backend_of
from samiam.datasets import find_labelled
from samiam.datasets.compiling.splits import read_splits
from samiam.formats import read_micrograph
from samiam.formats.brush_rle import decode_alpha
from samiam.label_studio.addresses import Images
from samiam.label_studio.exporting import export_tasks
from samiam.records import Scene

GE, STO = HALVES == 1, HALVES == 2


def tasks_in(path: Path) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return tasks


def scenes_in(folder: Path) -> list[Scene]:
    return [found.read() for found in find_labelled(folder)]


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(["label-studio", *map(str, words)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out + said.err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two results and labels of the first of their images, as tasks."""
    folder = tmp_path_factory.mktemp("made")
    for seed, name in enumerate("ab"):
        write_result(folder / "results" / name, write_image(folder / "raw" / f"{name}.tif", seed))
    write_label_images(folder / "mine", {"a": np.flip(HALVES, 1)}, ["W", "Ge"])
    counts = export_tasks([folder / "results", folder / "mine"], folder / "tasks.json")
    assert counts == (2, 2, 1, folder / "tasks")
    return folder


@pytest.fixture
def exported(made: Path, tmp_path: Path) -> Path:
    """A copy of these, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def mask_of(result: dict[str, Any]) -> NDArray[np.bool_]:
    return decode_alpha(result["value"]["rle"], SHAPE) > 0


class TestExport:
    def test_results_are_predictions_and_labels_annotations_of_one_task(self, exported: Path) -> None:
        first, second = tasks_in(exported / "tasks.json")
        assert first["data"]["image"] == "/data/local-files/?d=tasks/a.png"
        assert (first["data"]["file_name"], first["data"]["annotators"]) == ("a.tif", ["unknown"])
        (prediction,), (annotation,) = first["predictions"], first["annotations"]
        for results, masks in ((prediction["result"], (GE, STO)), (annotation["result"], (GE[:, ::-1], STO[:, ::-1]))):
            np.testing.assert_array_equal([mask_of(result) for result in results], masks)
        assert [result["value"]["brushlabels"] for result in annotation["result"]] == [["W"], ["Ge"]]
        assert {result["origin"] for result in annotation["result"]} == {"manual"}
        assert (len(second["predictions"]), second["annotations"]) == (1, [])

    def test_pictures_and_interface_lie_beside(self, exported: Path) -> None:
        pixels = read_micrograph(exported / "raw" / "b.tif").pixels
        np.testing.assert_array_equal(Image.open(exported / "tasks" / "b.png"), np.rint(255 * pixels))
        tags = list(ElementTree.parse(exported / "tasks" / "interface.xml").getroot())
        assert [(tag.tag, tag.get("smart")) for tag in tags] == [
            ("Image", None),
            ("BrushLabels", "false"),
            ("KeyPointLabels", "true"),
            ("RectangleLabels", "true"),
        ]
        assert [label.get("value") for label in tags[1]] == ["Ge", "SrTiO3", "W"]

    def test_embedded_pictures(self, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(capsys, "export", exported / "results", "-o", exported / "in.json", "--embed")[0] == 0
        first, _ = tasks_in(exported / "in.json")
        with Images([]).file(first["data"]["image"]) as path:
            picture = path.read_bytes()
        np.testing.assert_array_equal(Image.open(BytesIO(picture)), Image.open(exported / "tasks" / "a.png"))
        assert [file.name for file in (exported / "in").iterdir()] == ["interface.xml"]

    def test_images_of_one_name_have_pictures_of_their_own(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for seed in range(2):
            image = write_image(tmp_path / str(seed) / "a.tif", seed)
            write_result(tmp_path / "results" / str(seed), image)
        assert run(capsys, "export", tmp_path / "results", "-o", tmp_path / "t.json")[0] == 0
        addresses = [task["data"]["image"] for task in tasks_in(tmp_path / "t.json")]
        assert addresses == ["/data/local-files/?d=t/a.png", "/data/local-files/?d=t/a-2.png"]

    def test_refusals(self, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for words, why in (
            (["missing", "-o", exported / "t.json"], "no such folder"),
            ([exported / "results", "-o", exported / "t.txt"], "give -o TASKS.json"),
            ([exported / "results", "-o", exported / "results.json"], "its pictures would go into"),
            ([exported / "raw", "-o", exported / "t.json"], "no layout of labelled micrographs fits"),
        ):
            code, said = run(capsys, "export", *words)
            assert (code, said.count("\n")) == (2, 1)
            assert why in said
        assert not (exported / "t.json").exists()
        assert not (exported / "t").exists()


def done(*results: dict[str, Any], number: int = 1, by: object = 1, **changes: Any) -> dict[str, Any]:
    return {"id": number, "completed_by": by, "result": list(results), "was_cancelled": False, **changes}


def test_predictions_are_as_sure_as_their_least_sure_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    thirds = np.repeat(np.array([1, 2, 3], np.uint32), 16)[None] * np.ones(SHAPE, np.uint32)
    image = write_image(tmp_path / "a.tif")
    folder = write_result(tmp_path / "results", image, thirds, ["Ge", "Ge", "STO"], material_of=[1, 1, 2])
    table = pd.read_csv(folder / "materials.csv")
    table.assign(confidence=[0.9, 0.6, None]).to_csv(folder / "materials.csv", index=False)
    assert run(capsys, "export", folder, "-o", tmp_path / "tasks.json")[0] == 0
    (prediction,) = tasks_in(tmp_path / "tasks.json")[0]["predictions"]
    assert [result.get("score") for result in prediction["result"]] == [0.6, None]
    assert prediction["score"] == 0.6


def test_an_image_without_a_material_is_a_task_too(tmp_path: Path) -> None:
    image = write_image(tmp_path / "raw" / "a.tif")
    write_result(tmp_path / "results" / "a", image, np.zeros(SHAPE, np.uint32), [])
    assert export_tasks([tmp_path / "results"], tmp_path / "tasks.json")[:3] == (1, 1, 0)
    (task,) = tasks_in(tmp_path / "tasks.json")
    assert [prediction["result"] for prediction in task["predictions"]] == [[]]


class TestImport:
    def test_predictions_come_back_with_the_micrograph_itself(
        self, exported: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = [exported / "tasks.json", "-o", exported / "back", "--predictions", "--images", exported / "raw"]
        assert run(capsys, "import", *words)[0] == 0
        for scene, name in zip(scenes_in(exported / "back"), "ab", strict=True):
            np.testing.assert_array_equal(scene.labels, HALVES)
            assert list(scene.materials) == ["Ge", "SrTiO3"]
            original = read_micrograph(exported / "raw" / f"{name}.tif")
            np.testing.assert_array_equal(scene.micrograph.pixels, original.pixels)
            assert scene.micrograph.pixel_size_nm == original.pixel_size_nm is not None

    def test_annotations_come_back(self, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tasks = tasks_in(exported / "tasks.json")
        tasks[0]["annotations"][0] |= done(*tasks[0]["annotations"][0]["result"], by={"email": "a@b.c"})
        tasks[0]["annotations"].append(done(number=2, was_cancelled=True))
        (exported / "export.json").write_text(json.dumps(tasks))
        for folder in ("raw", "mine"):
            shutil.rmtree(exported / folder)
        code, said = run(capsys, "import", exported / "export.json", "-o", exported / "back")
        assert code == 0
        (scene,) = scenes_in(exported / "back")
        np.testing.assert_array_equal(scene.labels, np.flip(HALVES, 1))
        assert (list(scene.materials), scene.parameters["annotator"]) == (["W", "Ge"], "a@b.c")
        assert "1 task without an annotation, left out" in said
        assert "1 annotation cancelled, left out" in said
        assert "1 micrograph known only by the picture of 8 bits" in said

    def test_embedded_pictures_and_every_tool(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_result(tmp_path / "results" / "a", write_image(tmp_path / "raw" / "a.tif"))
        run(capsys, "export", tmp_path / "results", "-o", tmp_path / "tasks.json", "--embed")
        (task,) = tasks_in(tmp_path / "tasks.json")
        box = drawn("rectangle", "W", SHAPE, x=0, y=0, width=100 * 20 / 48, height=100)
        over = drawn("polygon", "Pt", SHAPE, points=[[0, 0], [25, 0], [25, 50], [0, 50]], from_name="other")
        task["annotations"] = [done(box, over), done(brush("Ge", STO), number=2, by=7)]
        (tmp_path / "export.json").write_text(json.dumps([task]))
        code, said = run(capsys, "import", tmp_path / "export.json", "-o", tmp_path / "back")
        assert code == 0
        assert "240 pixels in several labels, given to the smaller one" in said
        first, second = scenes_in(tmp_path / "back")
        np.testing.assert_array_equal(first.labels == 1, GE & ~(first.labels == 2))
        assert (first.labels == 2).sum() == 12 * 20
        np.testing.assert_array_equal(second.labels == 1, STO)
        assert [scene.parameters["annotator"] for scene in (first, second)] == ["1", "7"]

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("[", "damaged or cut short"),
            ("{}", "holds no tasks of Label Studio"),
            ("[]", "holds no tasks of Label Studio"),
            ('[{"id": 1}]', "holds no tasks of Label Studio"),
            ('[{"id": 1, "data": {}}]', "task 1 is not as Label Studio writes it"),
            ('[{"id": 1, "data": {"image": "a.png"}}]', "holds no annotations"),
            (
                json.dumps([{"data": {"image": "../a.png"}, "annotations": [done(brush("Ge", GE))]}]),
                "give --images DIR",
            ),
        ],
    )
    def test_refusals(self, tmp_path: Path, content: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "e.json").write_text(content)
        code, said = run(capsys, "import", tmp_path / "e.json", "-o", tmp_path / "back")
        assert (code, said.count("\n")) == (2, 1)
        assert why in said
        assert not (tmp_path / "back").exists()

    def test_another_file_of_the_same_name(self, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_image(exported / "raw" / "a.tif", seed=9)
        shutil.rmtree(exported / "mine")
        words = [exported / "tasks.json", "-o", exported / "back", "--predictions", "--images", exported / "raw"]
        code, said = run(capsys, "import", *words)
        assert code == 2
        assert "is not the file that was exported (its SHA-256 is another)" in said

    def test_of_several_files_of_one_name_that_which_was_exported(
        self, exported: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for folder in ("first", "below/them"):
            (exported / folder).mkdir(parents=True)
        original = read_micrograph(exported / "raw" / "a.tif")
        (exported / "raw" / "a.tif").rename(exported / "below" / "them" / "a.tif")
        write_image(exported / "first" / "a.tif", seed=9)
        folders = [word for folder in ("first", "below", "raw") for word in ("--images", exported / folder)]
        run(capsys, "import", exported / "tasks.json", "-o", exported / "back", "--predictions", *folders)
        first, _ = scenes_in(exported / "back")
        np.testing.assert_array_equal(first.micrograph.pixels, original.pixels)

    @pytest.mark.parametrize("beside", [{}, {"sha256": "0" * 64}, {"frame": "a/b"}, {"frame": [1]}])
    def test_files_below_are_taken_by_their_hash_alone(
        self, beside: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "pics" / "old").mkdir(parents=True)
        rng = np.random.default_rng(0)
        labelled, other = (rng.integers(0, 256, SHAPE).astype(np.uint8) for _ in range(2))
        Image.fromarray(labelled).save(tmp_path / "pics" / "p.png")
        Image.fromarray(other).save(tmp_path / "pics" / "old" / "img.png")
        data = {"image": "/data/local-files/?d=p.png", "file_name": "img.png", **beside}
        task = {"id": 1, "data": data, "annotations": [done(brush("Ge", GE))]}
        (tmp_path / "e.json").write_text(json.dumps([task]))
        words = [tmp_path / "e.json", "-o", tmp_path / "back", "--images", tmp_path / "pics"]
        code, said = run(capsys, "import", *words)
        assert (code, "known only by the picture of 8 bits" in said) == (0, True)
        (scene,) = scenes_in(tmp_path / "back")
        np.testing.assert_array_equal(np.rint(255 * scene.micrograph.pixels), labelled)

    def test_pictures_of_micrographs_of_one_name_are_of_one_specimen(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for seed, day in enumerate(("mon", "tue")):
            write_result(tmp_path / "results" / day, write_image(tmp_path / "raw" / day / "STO-3_001.tif", seed))
        run(capsys, "export", tmp_path / "results", "-o", tmp_path / "tasks.json")
        shutil.rmtree(tmp_path / "raw")
        run(capsys, "import", tmp_path / "tasks.json", "-o", tmp_path / "back", "--predictions")
        assert {place.specimen for place in read_splits(tmp_path / "back").values()} == {"STO-3"}

    @pytest.mark.parametrize("given", [False, True])
    def test_originals_below_the_export_are_searched_for_where_a_folder_of_images_says_so(
        self, *, given: bool, exported: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = [exported / "tasks.json", "-o", exported / "back", "--predictions"]
        code, said = run(capsys, "import", *words, *(["--images", exported] if given else []))
        assert (code, "2 micrographs known only by the picture of 8 bits" in said) == (0, not given)
        assert all((scene.micrograph.pixel_size_nm is not None) == given for scene in scenes_in(exported / "back"))

    @pytest.mark.parametrize("place", [".", "images"])
    def test_originals_beside_the_export_are_taken(
        self, place: str, exported: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (exported / place).mkdir(exist_ok=True)
        for name in ("a.tif", "b.tif"):
            (exported / "raw" / name).rename(exported / place / name)
        code, said = run(capsys, "import", exported / "tasks.json", "-o", exported / "back", "--predictions")
        assert (code, "known only by the picture" in said) == (0, False)

    def test_pictures_within_an_export_are_of_one_specimen_at_every_import(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for seed, day in enumerate(("mon", "tue", "wed")):
            write_result(tmp_path / "results" / day, write_image(tmp_path / day / f"{'017'[: seed + 2]}.tif", seed))
        run(capsys, "export", tmp_path / "results", "-o", tmp_path / "tasks.json", "--embed")
        (tmp_path / "elsewhere").mkdir()
        export = (tmp_path / "tasks.json").rename(tmp_path / "elsewhere" / "t2.json")
        found = []
        for name in ("first", "second"):
            assert run(capsys, "import", export, "-o", tmp_path / name, "--predictions")[0] == 0
            found.append(read_splits(tmp_path / name))
        assert found[0] == found[1]
        assert {place.specimen for place in found[0].values()} == {"t2"}
        assert set(found[0]) == {"01", "017", "t2-017"}

    def test_a_folder_that_is_there(self, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, said = run(capsys, "import", exported / "tasks.json", "-o", exported / "raw", "--predictions")
        assert (code, "is there already" in said) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--port", "x"], "'x' is no port"),
        (["--images", "missing"], "missing: is no folder"),
        (["--label-studio", "localhost"], "localhost: is no address of Label Studio"),
    ],
)
def test_a_backend_that_cannot_be(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["label-studio", "backend", *words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    assert why in capsys.readouterr().err


def test_a_generator_that_takes_no_clicks() -> None:
    job: Any = SimpleNamespace(generator=SimpleNamespace(name="texture"))
    assert "texture takes no clicks and boxes" in refusal(lambda: backend_of(job, Images([]), print))
