"""The benchmark's scenes and the data set that is written of them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from samiam.datasets.annotator_folders import annotated_scenes, find_annotator_images, read_annotator_image
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.records import Scene
from samiam.storage.files import sha256_of
from simulate.cli import main
from simulate.scenes import dataset
from simulate.scenes.benchmark import BENCHMARK, QUICK, Recipe, benchmark, benchmark_scene, recipe
from simulate.scenes.dataset import simulation_sha256, write_benchmark, write_scenes
from simulate.scenes.families import FAMILIES, draw
from simulate.scenes.realistic import realistic

SMALL = (Recipe("a", "LaMnO3-buried", 7, side_px=220), Recipe("b", "LaMnO3-buried", 2, side_px=200))
"""Of both depths, with several labels and grains."""
DRAWN_SHA256 = "b16856b690677275ef7f85babc3683cbab18073d3673072483ea87c60e10f809"
"""Of names, seeds, specimens and acquisitions of the 82 whose scores are published."""


def assert_equal(read: Scene, made: Scene) -> None:
    """Bit for bit what was made, whatever else a file tells of itself."""
    np.testing.assert_array_equal(read.micrograph.pixels, made.micrograph.pixels)
    np.testing.assert_array_equal(read.labels, made.labels)
    np.testing.assert_array_equal(read.grains, made.grains)
    assert read.micrograph.name == made.micrograph.name
    assert read.micrograph.pixel_size_nm == made.micrograph.pixel_size_nm
    assert list(read.materials) == list(made.materials)
    assert list(read.weights) == list(made.weights)
    assert read.difficulty == made.difficulty
    assert read.parameters == json.loads(json.dumps(made.parameters))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    assert write_scenes(folder, SMALL, scheduler=scheduler) == folder / "manifest.json"
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest(folder: Path) -> dict:  # type: ignore[type-arg]
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


class TestTheList:
    def test_82_scenes_with_names_and_seeds_of_their_own(self) -> None:
        assert len(BENCHMARK) == 82
        names = [found.name for found in BENCHMARK]
        assert len(set(names)) == len({found.seed for found in BENCHMARK}) == 82
        assert names == sorted(names)
        assert {found.family for found in BENCHMARK} == set(FAMILIES)
        assert min(Counter(found.family for found in BENCHMARK).values()) >= 10
        assert all(found.side_px is None for found in BENCHMARK)

    def test_every_quarter_has_every_family_and_frames_of_2048_are_some(self) -> None:
        assert {found.family for found in BENCHMARK[:20]} == set(FAMILIES)
        large = sum(found.drawn()[1].scan.shape_hw == (2048, 2048) for found in BENCHMARK)
        assert 4 <= large <= 16

    def test_quick_is_12_of_them_in_the_order_of_classes(self) -> None:
        names = [found.name for found in BENCHMARK]
        assert len(set(QUICK)) == 12
        for first in (0, 4, 8):
            places = [names.index(name) for name in QUICK[first : first + 4]]
            assert places == sorted(places)

    def test_by_number_or_name(self) -> None:
        assert recipe(1) == BENCHMARK[0]
        assert recipe(82) == recipe(BENCHMARK[81].name) == BENCHMARK[81]

    @pytest.mark.parametrize("which", [0, 83, -1, "nope", "1"])
    def test_an_unknown_scene(self, which: int | str) -> None:
        with pytest.raises(InputError, match=rf"no scene {which!r} in the benchmark; there are 01-.* to 82-"):
            benchmark_scene(which)

    def test_the_published_scenes_stay_what_they_were(self) -> None:
        """What is drawn decides the bytes, with the seed of the noise."""
        digest = hashlib.sha256()
        for found in BENCHMARK:
            digest.update(f"{found.name} {found.seed} {found.drawn()}\n".encode())
        assert digest.hexdigest() == DRAWN_SHA256

    def test_a_fresh_benchmark_shares_families_and_places_only(self) -> None:
        fresh = benchmark(7)
        assert [found.family for found in fresh] == [found.family for found in BENCHMARK]
        assert [found.name for found in fresh] == [f"seed7-{found.name}" for found in BENCHMARK]
        seeds = {found.seed for recipes in (BENCHMARK, fresh, benchmark(8)) for found in recipes}
        assert len(seeds) == 3 * 82
        assert fresh[0].drawn() != BENCHMARK[0].drawn()
        assert recipe(3, 7) == recipe("03-La-SrTiO3", 7) == recipe("seed7-03-La-SrTiO3", 7) == fresh[2]
        with pytest.raises(InputError, match=r"no benchmark of seed -1; give a whole number"):
            benchmark(-1)
        with pytest.raises(InputError, match=r"no scene 'seed7-03-La-SrTiO3' in the benchmark; there are seed8-01-"):
            recipe("seed7-03-La-SrTiO3", 8)

    def test_a_part_has_the_settings_of_the_whole(self) -> None:
        specimen, acquisition = draw(SMALL[1].family, SMALL[1].seed)
        part = SMALL[1].drawn()
        assert part[0] == specimen
        assert part[1].scan.shape_hw == (200, 200)
        assert part[1].scan.pixel_size_A == acquisition.scan.pixel_size_A


class TestWriting:
    def test_the_examples_are_worth_testing_with(self) -> None:
        exposures = [made.expose() for made in SMALL]
        assert {str(exposure.counts.dtype) for exposure in exposures} == {"uint8", "uint16"}
        assert all(len(exposure.materials) >= 2 < exposure.grains.max() for exposure in exposures)

    def test_files(self, written: Path) -> None:
        folders = {path.name for path in written.iterdir()}
        assert folders == {"dataset", "labels_merged", "grains", "notes.csv", "manifest.json"}
        assert {path.name for path in (written / "dataset").iterdir()} == {"a.tiff", "b.tiff"}

    def test_the_image(self, written: Path) -> None:
        for made in SMALL:
            exposure = made.expose()
            path = written / "dataset" / f"{made.name}.tiff"
            np.testing.assert_array_equal(tifffile.imread(path), exposure.counts)
            assert tifffile.imread(path).dtype == exposure.counts.dtype
            pixel_size_nm = made.drawn()[1].scan.pixel_size_A / 10
            read = read_micrograph(path)
            assert read.pixel_size_nm == pytest.approx(pixel_size_nm, rel=1e-6)
            with tifffile.TiffFile(path) as file:
                numerator, denominator = file.pages.first.tags["XResolution"].value
                assert 1e7 * denominator / numerator == pytest.approx(pixel_size_nm, rel=1e-6)

    def test_labels_and_grains(self, written: Path) -> None:
        for made in SMALL:
            exposure = made.expose()
            files = sorted((written / "labels_merged" / made.name).iterdir())
            expected = [f"{name}-merged-{label}.png" for label, name in enumerate(exposure.materials, start=1)]
            assert {file.name for file in files} == set(expected)
            for label, name in enumerate(expected, start=1):
                with Image.open(written / "labels_merged" / made.name / name) as picture:
                    np.testing.assert_array_equal(np.asarray(picture), 255 * (exposure.labels == label))
            with Image.open(written / "grains" / f"{made.name}.png") as picture:
                np.testing.assert_array_equal(np.asarray(picture), exposure.grains)

    def test_notes(self, written: Path) -> None:
        with open(written / "notes.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        scenes = [made.expose().scene(made.name) for made in SMALL]
        assert [row[1:] for row in rows[1:]] == [
            [f"{scene.micrograph.name}.tiff", str(scene.parameters["difficulty"]["level"]), "0"] for scene in scenes
        ]

    def test_manifest(self, written: Path) -> None:
        content = manifest(written)
        assert content["simulation_sha256"] == simulation_sha256()
        assert content["package_version"]
        files = {path: sha256 for record in content["scenes"] for path, sha256 in record["files"].items()}
        on_disk = {path for path in contents(written) if "/" in path}
        assert set(files) == on_disk
        assert all(sha256_of(written / path) == sha256 for path, sha256 in files.items())
        for record, made in zip(content["scenes"], SMALL, strict=True):
            assert (record["name"], record["family"], record["seed"]) == (made.name, made.family, made.seed)
            assert record["parameters"]["family"] == made.family
            assert record["level"] == record["parameters"]["difficulty"]["level"]

    def test_read_back_bit_for_bit(self, written: Path) -> None:
        for read, made in zip(annotated_scenes(written), SMALL, strict=True):
            assert_equal(read, made.expose().scene(made.name))

    def test_read_back_without_the_manifest(self, written: Path, tmp_path: Path) -> None:
        for path, content in contents(written).items():
            if path != "manifest.json":
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_bytes(content)
        for read, made in zip(annotated_scenes(tmp_path), SMALL, strict=True):
            scene = made.expose().scene(made.name)
            np.testing.assert_array_equal(read.micrograph.pixels, scene.micrograph.pixels)
            np.testing.assert_array_equal(read.labels, scene.labels)
            assert read.difficulty == scene.difficulty
            assert list(read.materials) == list(scene.materials)

    def test_the_same_bytes_again(self, written: Path, tmp_path: Path, scheduler: str) -> None:
        write_scenes(tmp_path, SMALL[::-1], scheduler=scheduler)
        assert contents(tmp_path) == contents(written)

    def test_scenes_of_uneven_lamellae(self, tmp_path: Path, scheduler: str) -> None:
        words = ["realistic", str(tmp_path), "--scenes", "1", "--first", "11", "--side", "64", "--scheduler", scheduler]
        assert main(words) == 0
        (read,) = annotated_scenes(tmp_path)
        assert_equal(read, realistic(11, side_px=64).scene())


class TestResuming:
    @pytest.fixture
    def folder(self, written: Path, tmp_path: Path) -> Path:
        """A copy to damage."""
        for path, content in contents(written).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        return tmp_path

    @pytest.fixture
    def made(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names of the scenes that are made from here on."""
        names: list[str] = []

        write = dataset._write

        def counted(folder: Path, record: dict[str, Any], files: dict[str, bytes]) -> None:
            names.append(record["name"])
            write(folder, record, files)

        monkeypatch.setattr(dataset, "_write", counted)
        return names

    def test_nothing_is_made_twice(self, folder: Path, made: list[str]) -> None:
        before = contents(folder)
        write_scenes(folder, SMALL, scheduler="tcp://127.0.0.1:1")  # it is not even asked
        assert made == []
        assert contents(folder) == before

    @pytest.mark.parametrize("damage", ["dataset/a.tiff", "grains/a.png", "labels_merged/a/SrTiO3-merged-1.png"])
    @pytest.mark.parametrize("how", ["changed", "missing"])
    def test_what_is_damaged_is_made_again(
        self, folder: Path, made: list[str], scheduler: str, damage: str, how: str
    ) -> None:
        before = contents(folder)
        (folder / damage).write_bytes(before[damage][:-1]) if how == "changed" else (folder / damage).unlink()
        write_scenes(folder, SMALL, scheduler=scheduler)
        assert made == ["a"]
        assert contents(folder) == before

    def test_a_stray_label_goes(self, folder: Path, made: list[str], scheduler: str) -> None:
        before = contents(folder)
        (folder / "labels_merged" / "a" / "C-merged-9.png").write_bytes(b"x")
        write_scenes(folder, SMALL, scheduler=scheduler)
        assert made == ["a"]
        assert contents(folder) == before

    def test_others_are_kept(self, folder: Path, made: list[str], scheduler: str) -> None:
        write_scenes(folder, [Recipe("c", "LaFeO3-film", 5, side_px=100)], scheduler=scheduler)
        assert made == ["c"]
        assert [found.name for found in find_annotator_images(folder)] == ["a", "b", "c"]
        assert_equal(read_annotator_image(find_annotator_images(folder)[0]), SMALL[0].expose().scene("a"))

    def test_another_recipe_of_the_name_is_made(self, folder: Path, made: list[str], scheduler: str) -> None:
        write_scenes(folder, [Recipe("a", "LaFeO3-film", 5, side_px=220)], scheduler=scheduler)
        assert made == ["a"]
        assert manifest(folder)["scenes"][0]["seed"] == 5

    def test_another_version_makes_all_again_and_leaves_nothing_of_the_old(
        self, folder: Path, made: list[str], scheduler: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dataset, "simulation_sha256", lambda: "another")
        write_scenes(folder, SMALL[:1], scheduler=scheduler)
        assert made == ["a"]
        assert [found.name for found in find_annotator_images(folder)] == ["a"]
        assert not any("/b" in path for path in contents(folder))

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"scenes": 1}', '{"scenes": [1], "simulation_sha256": "x"}'])
    def test_a_damaged_manifest_counts_as_none(self, folder: Path, made: list[str], scheduler: str, text: str) -> None:
        before = contents(folder)
        (folder / "manifest.json").write_text(text)
        write_scenes(folder, SMALL[:1], scheduler=scheduler)
        assert made == ["a"]
        assert {path for path in before if "/a" in path} <= set(contents(folder))


def test_the_command_writes_a_fresh_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Recipe] = []
    monkeypatch.setattr(dataset, "write_scenes", lambda _, recipes, **__: asked.extend(recipes))
    assert main(["benchmark", str(tmp_path), "--quick", "--seed", "7"]) == 0
    assert [found.name for found in asked] == [f"seed7-{name}" for name in QUICK]
    asked.clear()
    assert main(["benchmark", str(tmp_path)]) == 0
    assert tuple(asked) == BENCHMARK


class TestRefusals:
    def test_one_name_twice(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="two scenes have the same name"):
            write_scenes(tmp_path, [SMALL[0], SMALL[0]])

    def test_an_unknown_name(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no scene 'nope'"):
            write_benchmark(tmp_path, ["nope"])
        assert list(tmp_path.iterdir()) == []

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "file").write_text("")
        assert main(["benchmark", str(tmp_path / "file"), "--quick"]) == 2
        assert "file: cannot be written to (Not a directory); choose another folder." in capsys.readouterr().err

    def test_no_workers(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(["benchmark", str(tmp_path / "new"), "--workers", "0"])
        assert "'0' is not a whole number; give 1 or more" in capsys.readouterr().err
        assert not (tmp_path / "new").exists()

    def test_what_a_worker_refuses(self, tmp_path: Path, scheduler: str) -> None:
        with pytest.raises(InputError, match="unknown family 'nope'"):
            write_scenes(tmp_path, [Recipe("a", "nope", 0)], scheduler=scheduler)


@pytest.mark.slow
def test_a_local_cluster_of_processes(tmp_path: Path, written: Path) -> None:
    write_scenes(tmp_path, SMALL, workers=2)
    assert contents(tmp_path) == contents(written)


@pytest.mark.slow
def test_the_whole_benchmark(tmp_path: Path) -> None:
    """The classes are filled; `QUICK` holds the first four of each; it is read back as it was made."""
    write_benchmark(tmp_path)
    records = manifest(tmp_path)["scenes"]
    assert [record["name"] for record in records] == [found.name for found in BENCHMARK]
    classes = {k: [r["name"] for r in records if r["difficulty"] == k] for k in (1, 2, 3)}
    assert all(22 <= len(names) <= 32 for names in classes.values()), {k: len(v) for k, v in classes.items()}
    assert tuple(name for k in (1, 2, 3) for name in classes[k][:4]) == QUICK
    assert all(2 <= len(record["materials"]) <= 4 for record in records)
    for found in find_annotator_images(tmp_path)[:3]:
        assert_equal(read_annotator_image(found), benchmark_scene(found.name))
    easiest_pair = {pair: [] for pair in ("SrTiO3 | La-SrTiO3", "Ge | SrTiO3")}  # type: ignore[var-annotated]
    for record in records:
        for pair, d in record["parameters"]["difficulty"]["separability"].items():
            easiest_pair.get(pair, []).append(d)
    assert np.median(easiest_pair["Ge | SrTiO3"]) > 2 * np.median(easiest_pair["SrTiO3 | La-SrTiO3"])
