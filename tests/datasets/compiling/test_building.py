"""Data sets compiled of results and annotations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from made_labelled import HALVES, SHAPE, write_image, write_label_images, write_label_studio, write_result
from pycocotools import mask as rle
from refusals import refusal

from samiam.datasets import BuildOptions, build_dataset, find_labelled, read_splits
from samiam.datasets.compiling.splits import Place
from samiam.formats import read_micrograph
from samiam.records import Scene
from samiam.storage.files import sha256_of

THREE = np.where(np.indices(SHAPE)[0] < 9, 3, HALVES).astype(np.uint32)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two images of one specimen, one of another."""
    for seed, name in enumerate(("a-1", "a-2", "b-1")):
        write_result(tmp_path / "results" / name, write_image(tmp_path / "in" / f"{name}.tif", seed))
    return tmp_path / "results"


def read(folder: Path) -> dict[str, Scene]:
    return {found.name: found.read() for found in find_labelled(folder)}


class TestResults:
    def test_are_read_back_to_the_pixel(self, results: Path, tmp_path: Path) -> None:
        extra = np.where(np.indices(SHAPE)[0] > 30, 0, THREE).astype(np.uint32)
        write_result(
            results / "c", write_image(tmp_path / "in/c.tif", 3), extra, ("WO3", "Ge", "Pt"), pixel_size_nm=0.2
        )
        counts = build_dataset([results], tmp_path / "set")
        scenes = read(tmp_path / "set")
        assert list(scenes) == ["a-1", "a-2", "b-1", "c"]
        for name, scene in scenes.items():
            np.testing.assert_array_equal(scene.labels, extra if name == "c" else HALVES)
            assert list(scene.materials) == (["WO3", "Ge", "Pt"] if name == "c" else ["Ge", "SrTiO3"])
            assert scene.parameters == {"annotator": "samiam"}
            np.testing.assert_array_equal(scene.micrograph.pixels, read_micrograph(tmp_path / f"in/{name}.tif").pixels)
        assert scenes["a-1"].micrograph.pixel_size_nm == pytest.approx(0.1)
        assert scenes["c"].micrograph.pixel_size_nm == 0.2
        assert counts.pixels["SrTiO3"] == 3 * (HALVES == 2).sum()
        assert counts.words() == "4 images by 1 annotator, 4 materials (train 4 of 3 specimens)"

    def test_images_are_copied(self, results: Path, tmp_path: Path) -> None:
        build_dataset([results], tmp_path / "set", BuildOptions(annotator="Ann", licence="CC0"))
        copied = tmp_path / "set/Ann/dataset/a-1.tif"
        assert copied.read_bytes() == (tmp_path / "in/a-1.tif").read_bytes()
        card = json.loads((tmp_path / "set/card.json").read_text())
        assert card["licence"] == "CC0"
        assert card["counts"]["materials"] == {"Ge": 3, "SrTiO3": 3}
        assert card["images"]["a-1"]["sha256"] == sha256_of(copied)
        assert card["images"]["a-1"]["labels"] == {"Ann": "samiam segment"}
        assert card["files"]["Ann/manifest.json"] == sha256_of(tmp_path / "set/Ann/manifest.json")
        assert "Licence: CC0" in (tmp_path / "set/README.md").read_text()

    def test_a_frame_becomes_an_image(self, tmp_path: Path) -> None:
        stack = write_image(tmp_path / "stack.tif", n_frames=3)
        for number in (0, 1, 2):
            write_result(tmp_path / f"results/{number}", stack, frame=number)
        build_dataset([tmp_path / "results"], tmp_path / "set")
        assert {place.specimen for place in read_splits(tmp_path / "set").values()} == {"stack"}
        scene = read(tmp_path / "set")["stack-2"]
        frame = read_micrograph(stack, frame=2)
        np.testing.assert_allclose(scene.micrograph.pixels, frame.pixels, atol=1e-3)
        assert scene.micrograph.pixel_size_nm == pytest.approx(0.1)

    def test_parts_of_a_material_are_united(self, tmp_path: Path) -> None:
        image = write_image(tmp_path / "a.tif")
        write_result(tmp_path / "result", image, THREE, ("Ge", None, "Ge"), material_of=(1, 2, 1))
        build_dataset([tmp_path / "result"], tmp_path / "set")
        (scene,) = read(tmp_path / "set").values()
        assert list(scene.materials) == ["Ge", "material 2"]
        np.testing.assert_array_equal(scene.labels, np.where(THREE == 2, 2, 1))

    def test_twice_gives_the_same_bytes_but_of_the_date(self, results: Path, tmp_path: Path) -> None:
        first, second = tmp_path / "x/set", tmp_path / "y/set"
        for folder in (first, second):
            build_dataset([results], folder, BuildOptions(coco=True))
        files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
        assert len(files) == 3 * 4 + 5
        assert [f for f in files if (first / f).read_bytes() != (second / f).read_bytes()] in ([], [Path("card.json")])
        cards = [json.loads((folder / "card.json").read_text()) for folder in (first, second)]
        assert cards[0] | {"written_utc": ""} == cards[1] | {"written_utc": ""}


class TestVerdicts:
    """What was accepted and rejected in the viewer."""

    @pytest.fixture(autouse=True)
    def given(self, results: Path) -> None:
        for name, accepted in (("a-1", True), ("b-1", False)):
            path = results / name / "provenance.json"
            by_hand = {"steps": [], "verdict": {"accepted": accepted, "who": "Ann", "when_utc": "2026-11-29T00:00:00"}}
            path.write_text(json.dumps(json.loads(path.read_text()) | {"by_hand": by_hand}))

    @pytest.mark.parametrize(
        ("only_accepted", "taken", "n_left_out"),
        [(False, ["Ann-a-1", "samiam-a-2"], "1 result"), (True, ["a-1"], "2 results")],
    )
    def test_the_rejected_are_left_out(
        self, only_accepted: bool, taken: list[str], n_left_out: str, results: Path, tmp_path: Path
    ) -> None:
        (results / "b-1" / "labels.tif").write_bytes(b"")  # which is why it was rejected
        counts = build_dataset([results], tmp_path / "set", BuildOptions(only_accepted=only_accepted))
        assert list(read(tmp_path / "set")) == taken
        assert counts.words().endswith(f", {n_left_out} left out")
        assert f"- left out: {n_left_out}, not accepted" in (tmp_path / "set/README.md").read_text()

    def test_somebody_else_may_answer_for_them(self, results: Path, tmp_path: Path) -> None:
        build_dataset([results], tmp_path / "set", BuildOptions(annotator="Bo"))
        assert [path.name for path in (tmp_path / "set").iterdir() if path.is_dir()] == ["Bo"]

    def test_none_is_left(self, results: Path, tmp_path: Path) -> None:
        line = refusal(lambda: build_dataset([results / "b-1"], tmp_path / "set"))
        assert line == f"{tmp_path / 'set'}: all of 1 result would be left out; accept some in samiam view."
        assert not (tmp_path / "set").exists()


class TestSeveralSources:
    def test_each_layout(self, results: Path, tmp_path: Path) -> None:
        painted = write_label_studio(tmp_path / "studio")
        numbered = write_label_images(tmp_path / "numbered", {"a-1": THREE}, ["Ge", "SrTiO3", "Pt"])
        build_dataset([results, painted], tmp_path / "one")
        build_dataset([tmp_path / "one", numbered], tmp_path / "two", BuildOptions(annotator="Ann"))
        scenes = read(tmp_path / "two")
        assert sorted(scenes) == ["7-a-1", "Ann-a-1", "samiam-a-1", "samiam-a-2", "samiam-b-1"]
        np.testing.assert_array_equal(scenes["7-a-1"].labels, HALVES)
        np.testing.assert_array_equal(scenes["Ann-a-1"].labels, THREE)
        assert [found.image for found in find_labelled(tmp_path / "two")].count("a-1") == 3

    def test_one_image_has_one_name(self, results: Path, tmp_path: Path) -> None:
        renamed = write_label_images(tmp_path / "by Ann", {"other": THREE}, ["Ge", "SrTiO3", "Pt"])
        build_dataset([renamed], tmp_path / "hers", BuildOptions(annotator="Ann", names={"Pt": "C"}))
        build_dataset([results, tmp_path / "hers"], tmp_path / "set")
        scenes = read(tmp_path / "set")
        assert "Ann-a-1" in scenes
        assert list(scenes["Ann-a-1"].materials) == ["Ge", "SrTiO3", "C"]

    def test_two_images_of_one_name_have_their_folders_before(self, results: Path, tmp_path: Path) -> None:
        write_result(tmp_path / "more/a-1", write_image(tmp_path / "day 2/a-1.tif", 9))
        build_dataset([results, tmp_path / "more"], tmp_path / "set")
        assert list(read(tmp_path / "set")) == ["a-1", "a-2", "b-1", "day 2-a-1"]

    def test_an_image_without_a_material_is_left_out_and_counted(self, results: Path, tmp_path: Path) -> None:
        write_result(tmp_path / "blank/c", write_image(tmp_path / "raw/c.tif", 9), np.zeros(SHAPE, np.uint32), [])
        counts = build_dataset([results, tmp_path / "blank"], tmp_path / "set")
        assert sorted(read(tmp_path / "set")) == ["a-1", "a-2", "b-1"]
        assert counts.words().endswith(", 1 image without a material left out")
        assert "- left out: 1 image without a material\n" in (tmp_path / "set" / "README.md").read_text()
        alone = refusal(lambda: build_dataset([tmp_path / "blank"], tmp_path / "other"))
        assert "in none of 1 image is there a material" in alone
        assert not (tmp_path / "other").exists()

    def test_images_of_one_name_are_of_one_specimen(self, tmp_path: Path) -> None:
        for seed, day in enumerate(("mon", "tue", "late/tue")):
            write_result(tmp_path / "results" / str(seed), write_image(tmp_path / day / "STO-3_001.tif", seed))
        build_dataset([tmp_path / "results"], tmp_path / "set", BuildOptions("Ann", splits={"STO-3": "test"}))
        names = ["STO-3_001", "tue-STO-3_001", "tue-STO-3_001-2"]
        assert read_splits(tmp_path / "set") == dict.fromkeys(names, Place("STO-3", "test"))

    def test_what_is_the_same_is_taken_once(self, results: Path, tmp_path: Path) -> None:
        assert build_dataset([results, results / "a-1"], tmp_path / "set").scenes == 3

    def test_two_names_become_one(self, results: Path, tmp_path: Path) -> None:
        build_dataset([results], tmp_path / "set", BuildOptions(names={"SrTiO3": "Ge"}))
        scene = read(tmp_path / "set")["a-1"]
        assert (list(scene.materials), scene.labels.min(), scene.labels.max()) == (["Ge"], 1, 1)


class TestSplits:
    def test_a_specimen_is_in_one(self, results: Path, tmp_path: Path) -> None:
        counts = build_dataset([results], tmp_path / "set", BuildOptions(splits={"a": "test"}))
        places = read_splits(tmp_path / "set")
        assert {name: tuple(place) for name, place in places.items()} == {
            "a-1": ("a", "test"),
            "a-2": ("a", "test"),
            "b-1": ("b", "train"),
        }
        assert (counts.images, counts.specimens) == ({"test": 2, "train": 1}, {"test": 1, "train": 1})

    def test_an_earlier_one_stays(self, results: Path, tmp_path: Path) -> None:
        build_dataset([results], tmp_path / "one", BuildOptions(splits={"a": "test"}))
        build_dataset([results, tmp_path / "one"], tmp_path / "two")
        assert read_splits(tmp_path / "two") == read_splits(tmp_path / "one")
        by_number = BuildOptions(specimen=re.compile(r"\d"))
        message = refusal(lambda: build_dataset([tmp_path / "one"], tmp_path / "three", by_number))
        assert message == "specimen 1 is in two splits already; say by --split which it is to be in."
        build_dataset([tmp_path / "one"], tmp_path / "two too", BuildOptions(splits={"a": "val"}))
        assert read_splits(tmp_path / "two too")["a-2"].split == "val"


class TestCoco:
    @pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
    def test_all_images_in_one_file(self, results: Path, tmp_path: Path) -> None:
        build_dataset([results], tmp_path / "set", BuildOptions(coco=True))
        content = json.loads((tmp_path / "set/samiam/annotations.json").read_text())
        assert [image["file_name"] for image in content["images"]] == [
            f"dataset/{n}.tif" for n in ("a-1", "a-2", "b-1")
        ]
        assert content["images"][2]["specimen"] == "b"
        assert content["categories"] == [{"id": 1, "name": "Ge"}, {"id": 2, "name": "SrTiO3"}]
        assert [annotation["id"] for annotation in content["annotations"]] == [1, 2, 3, 4, 5, 6]
        for annotation in content["annotations"]:
            assert annotation["area"] == (annotation["category_id"] == HALVES).sum()
            np.testing.assert_array_equal(rle.decode(annotation["segmentation"]), annotation["category_id"] == HALVES)
        assert [annotation["image_id"] for annotation in content["annotations"]] == [1, 1, 2, 2, 3, 3]


class TestRefusals:
    def test_nothing_is_left(self, results: Path, tmp_path: Path) -> None:
        write_image(tmp_path / "in/b-1.tif", 8)
        message = refusal(lambda: build_dataset([results], tmp_path / "set"))
        assert f"{results / 'b-1'}: {tmp_path / 'in/b-1.tif'}: changed since it was segmented" in message
        assert {path.name for path in tmp_path.iterdir()} == {"in", "results"}

    def test_an_image_that_is_gone(self, results: Path, tmp_path: Path) -> None:
        (tmp_path / "in/a-1.tif").unlink()
        assert "in/a-1.tif: no such file" in refusal(lambda: build_dataset([results], tmp_path / "set"))

    def test_labels_that_differ(self, results: Path, tmp_path: Path) -> None:
        write_result(tmp_path / "again", tmp_path / "in/a-2.tif", THREE, ("Ge", "SrTiO3", "Pt"))
        message = refusal(lambda: build_dataset([results, tmp_path / "again"], tmp_path / "set"))
        assert "a-2.tif: samiam labelled it twice, differently" in message

    @pytest.mark.parametrize(
        ("names", "options", "part"),
        [
            (("Pt/C", "Ge"), {}, "material 'Pt/C' cannot be the name of a file"),
            (("Ge-tag-x", "Ge"), {}, "material 'Ge-tag-x' cannot be the name of a file"),
            (("Ge", "ge"), {}, "'Ge' beside 'ge'; give one material one name"),
            (("Ge", "C"), {"splits": {"c": "test"}}, "--split c: no such specimen; there are a."),
            (("Ge", "C"), {"names": {"GE": "Si"}}, "--rename GE: no material is called that"),
            (("Ge", "C"), {"annotator": "a/b"}, "annotator 'a/b': cannot be the name of a folder"),
            (("Ge", "C"), {"specimen": re.compile("z(.)")}, "a-1: has no specimen in its name"),
        ],
    )
    def test_names(self, names: tuple[str, str], options: dict[str, object], part: str, tmp_path: Path) -> None:
        write_result(tmp_path / "result", write_image(tmp_path / "a-1.tif"), names=names)
        chosen = BuildOptions(**options)  # type: ignore[arg-type]
        assert part in refusal(lambda: build_dataset([tmp_path / "result"], tmp_path / "set", chosen))
        assert not (tmp_path / "set").exists()

    def test_names_that_become_one_but_for_case(self, results: Path, tmp_path: Path) -> None:
        chosen = BuildOptions(names={"SrTiO3": "ge"})
        assert "'Ge' beside 'ge'" in refusal(lambda: build_dataset([results], tmp_path / "set", chosen))

    def test_whose_labels_they_are_is_not_said(self, tmp_path: Path) -> None:
        folder = write_label_images(tmp_path / "numbered", {"a": HALVES}, ["Ge", "Si"])
        assert "give --annotator NAME" in refusal(lambda: build_dataset([folder], tmp_path / "set"))

    def test_folders(self, results: Path, tmp_path: Path) -> None:
        assert "is there already" in refusal(lambda: build_dataset([results], tmp_path / "in"))
        assert "of which it is made" in refusal(lambda: build_dataset([results], results / "set"))
        assert "no such folder" in refusal(lambda: build_dataset([tmp_path / "none"], tmp_path / "set"))

    def test_results_that_were_interrupted_or_are_of_others(self, results: Path, tmp_path: Path) -> None:
        noted = results / "a-1/provenance.json"
        noted.write_text(json.dumps(json.loads(noted.read_text()) | {"kind": "particles"}))
        assert "of samiam particles" in refusal(lambda: build_dataset([results], tmp_path / "set"))
        noted.unlink()
        assert "it was interrupted" in refusal(lambda: build_dataset([results], tmp_path / "set"))
