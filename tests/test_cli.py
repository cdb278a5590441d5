from __future__ import annotations

import contextlib
import errno
import io
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from runpy import run_path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as rle
from pycocotools.coco import COCO
from skimage import io as skimage_io

import samiam
from samiam.boosting import SemanticBooster
from samiam.cli import main
from samiam.commands import segmenting
from samiam.errors import InputError
from samiam.formats.writers.wording import percent
from samiam.geometry import pole_of_inaccessibility
from samiam.records import Masks, Micrograph, Segmentation
from samiam.storage.checkpoints import CHECKPOINTS
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import model_cards
from samiam.texture import Answers
from simulate import SceneRanges, procedural_scene

WRITERS = Path(__file__).parent / "formats"
write_dm = run_path(str(WRITERS / "dm_writer.py"))["write_dm"]
write_mrc = run_path(str(WRITERS / "file_writers.py"))["write_mrc"]

H, W, EDGE = 128, 160, 70
OUTPUTS = [
    "labels.tif",
    "grains.tif",
    "overlay.png",
    "materials.json",
    "grains.json",
    "masks.json",
    "materials.csv",
    "grains.csv",
    "decisions.csv",
    "regions.csv",
    "layers.csv",
    "lattices.csv",
    "layers.png",
    "provenance.json",
]
OVERVIEW = ["materials.csv", "regions.csv", "summary.html"]
INPUTS: dict[str, float | None] = {"a.png": None, "b.tif": 0.05, "c.mrc": 0.02, "d.dm4": 0.03}
FILES = pytest.mark.parametrize("name", INPUTS)

Run = Callable[..., tuple[int, str, str]]


def two_textures() -> NDArray[np.float32]:
    """Stripes on the left, columns on the right."""
    y, x = np.mgrid[:H, :W]
    stripes = np.sin(2 * np.pi * x / 8)
    columns = np.clip(np.cos(2 * np.pi * x / 10) + np.cos(2 * np.pi * y / 10), 0, None) - 1
    image = np.where(x < EDGE, stripes, columns) + 0.1 * np.random.default_rng(0).normal(size=(H, W))
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def write_png(path: Path) -> Path:
    Image.fromarray((255 * two_textures()).astype(np.uint8)).save(path)
    return path


def called(arguments: list[str]) -> int:
    """The exit code of `samiam ARGUMENTS`."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)


@dataclass(frozen=True)
class Result:
    """What one call on all four inputs gave."""

    inputs: Path
    output: Path
    code: int
    out: str
    err: str

    def file(self, name: str, output: str) -> Path:
        return self.output / Path(name).stem / output

    def labels(self, name: str) -> NDArray[np.uint32]:
        return np.asarray(tifffile.imread(self.file(name, "labels.tif")))

    def provenance(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self.file(name, "provenance.json").read_text(encoding="utf-8")))

    def printed(self, name: str) -> list[str]:
        """The lines about one file."""
        _, _, after = self.out.partition(f"{self.inputs / name}: ")
        return re.split(r"\n(?=\S)", after)[0].splitlines()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder, pixels = tmp_path_factory.mktemp("in"), two_textures()
    write_png(folder / "a.png")
    per_cm = (1e7 / 0.05, 1e7 / 0.05)
    grey = np.round(60000 * pixels).astype(np.uint16)
    tifffile.imwrite(folder / "b.tif", grey, resolution=per_cm, resolutionunit="CENTIMETER")
    write_mrc(folder / "c.mrc", pixels[None], pixel_size_a=0.2)
    write_dm(folder / "d.dm4", pixels, scale=0.03)
    output, out, err = tmp_path_factory.mktemp("out") / "new" / "results", io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = called(["segment", str(folder), "-o", str(output), "-k", "2", "--verbose"])
    return Result(folder, output, code, out.getvalue(), err.getvalue())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = called([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def png(tmp_path: Path) -> Path:
    return write_png(tmp_path / "a.png")


@dataclass(frozen=True)
class Halves:
    """A generator that takes no time: left and right."""

    name = "halves"
    options: Mapping[str, Any]

    def generate(self, micrograph: Micrograph) -> Masks:
        left = np.arange(micrograph.shape_hw[1])[None] < EDGE
        return Masks.from_arrays([np.broadcast_to(half, micrograph.shape_hw) for half in (left, ~left)])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the masks do not matter."""
    monkeypatch.setattr(segmenting, "build_generator", lambda _, **options: Halves(options))


class Leftish:
    """A classifier that knows stripes, and is unsure of all that varies along them too."""

    name = "leftish"
    materials = ("columns", "stripes")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def classify(self, crops: Sequence[NDArray[np.float32]]) -> Answers:
        steps = [float(np.abs(np.diff(crop, axis=0)).mean() / np.abs(np.diff(crop, axis=1)).mean()) for crop in crops]
        is_striped = np.array([step < 0.7 for step in steps])
        shares = np.stack([np.zeros(len(crops)), np.where(is_striped, 0.9, 0.1)], axis=1)
        return Answers(np.where(is_striped, 1, -1), shares.astype(np.float32))


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classifier that needs no weights."""
    monkeypatch.setattr(segmenting, "build_classifier", lambda **options: Leftish(options))


def one_line(err: str, *parts: object) -> None:
    assert err.count("\n") == 1, err
    assert err.startswith("samiam: ")
    for part in parts:
        assert str(part) in err


class TestOutputs:
    def test_all_went_well(self, result: Result) -> None:
        assert (result.code, result.err) == (0, "")
        assert sorted(path.name for path in result.output.iterdir()) == ["a", "b", "c", "d", *OVERVIEW]

    @FILES
    def test_the_files_named_are_the_files_there(self, result: Result, name: str) -> None:
        place = result.output / Path(name).stem
        assert f"  wrote {place}/: {' '.join(OUTPUTS)}" in result.printed(name)
        assert sorted(path.name for path in place.iterdir()) == sorted(OUTPUTS)

    @FILES
    def test_labels_open_everywhere(self, result: Result, name: str) -> None:
        labels = result.labels(name)
        assert labels.shape == (H, W)
        assert labels.dtype == np.uint32
        assert np.unique(labels[labels > 0]).tolist() == [1, 2]
        np.testing.assert_array_equal(skimage_io.imread(result.file(name, "labels.tif")), labels)

    @FILES
    def test_the_textures_are_told_apart(self, result: Result, name: str) -> None:
        labels = result.labels(name)
        left, right = (np.bincount(part.ravel(), minlength=3) for part in (labels[:, :EDGE], labels[:, EDGE:]))
        assert {int(left.argmax()), int(right.argmax())} == {1, 2}
        for side in (left, right):
            assert side.max() > 0.6 * side.sum()
            assert side.max() > 0.8 * side[1:].sum()

    @FILES
    @pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
    def test_labels_run_lengths_and_tables_agree(self, result: Result, name: str) -> None:
        labels, size_nm = result.labels(name), INPUTS[name]
        counts = np.bincount(labels.ravel())[1:]
        coco = COCO(str(result.file(name, "materials.json")))
        annotations = coco.loadAnns(coco.getAnnIds())
        assert [rle.area(annotation["segmentation"]) for annotation in annotations] == counts.tolist()
        assert [annotation["area"] for annotation in annotations] == counts.tolist()
        for annotation in annotations:
            np.testing.assert_array_equal(coco.annToMask(annotation), labels == annotation["category_id"])
        table = pd.read_csv(result.file(name, "materials.csv"))
        assert table["material"].tolist() == [1, 2]
        np.testing.assert_allclose(table["area_fraction"], counts / (H * W))
        if size_nm is None:
            assert table["area_px"].tolist() == counts.tolist()
        else:
            np.testing.assert_allclose(table["area_nm2"], counts * size_nm**2, rtol=1e-5)

    @FILES
    def test_the_unit_is_in_the_columns(self, result: Result, name: str) -> None:
        columns = set(pd.read_csv(result.file(name, "materials.csv")))
        lengths = {"perimeter", "centroid_x", "centroid_y", "width", "height"}
        unit, other = ("px", "nm") if INPUTS[name] is None else ("nm", "px")
        area = {"px": "area_px", "nm": "area_nm2"}
        assert {area[unit], *(f"{length}_{unit}" for length in lengths)} <= columns
        assert columns.isdisjoint({area[other], *(f"{length}_{other}" for length in lengths)})

    @FILES
    @pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
    def test_one_decision_for_each_mask(self, result: Result, name: str) -> None:
        coco = COCO(str(result.file(name, "masks.json")))
        masks = coco.loadAnns(coco.getAnnIds())
        decisions = pd.read_csv(result.file(name, "decisions.csv"))
        assert decisions["mask"].tolist() == list(range(len(masks)))
        assert all(coco.annToMask(mask).sum() == mask["area"] > 0 for mask in masks)
        assert set(decisions["action"]) <= {"kept", "merged", "removed"}
        assert decisions["material"].isna().tolist() == (decisions["action"] == "removed").tolist()
        assert set(decisions["material"].dropna()) == {1, 2}
        assert f"{len(masks)} masks → 2 materials (number given: 2) in " in result.printed(name)[1]

    @FILES
    def test_overlay(self, result: Result, name: str) -> None:
        with Image.open(result.file(name, "overlay.png")) as picture:
            picture.load()
            assert picture.mode == "RGB"
            assert picture.width >= W
            assert picture.height >= H

    @FILES
    def test_provenance(self, result: Result, name: str) -> None:
        found = result.provenance(name)
        assert (found["n_materials"], found["n_materials_given"], found["materials_found"]) == (2, True, 2)
        assert found["masks_generated"] == len(pd.read_csv(result.file(name, "decisions.csv")))
        assert found["seed"] == 0
        assert found["config"]["generator"]["name"] == "compact"
        assert found["config"]["booster"]["encoder"]["name"] == "compact"
        assert found["config"]["n_materials"] == 2
        assert found["input"]["path"] == str(result.inputs / name)
        assert found["input"]["sha256"] == sha256_of(result.inputs / name)
        assert found["input"]["shape_hw"] == [H, W]
        size_nm = INPUTS[name]
        assert found["input"]["pixel_size_nm"] == (None if size_nm is None else pytest.approx(size_nm, rel=1e-6))
        assert set(found["times_s"]) == {"read", "generate", "boost", "measure"}
        assert all(seconds >= 0 for seconds in found["times_s"].values())

    @FILES
    def test_what_is_printed(self, result: Result, name: str) -> None:
        size_nm, lines = INPUTS[name], result.printed(name)
        counts = np.bincount(result.labels(name).ravel())[1:]
        assert lines[0] == f"160 × 128 px, {'pixel size unknown' if size_nm is None else f'{size_nm} nm/px'}"
        for line, label, count in zip(lines[2:4], (1, 2), counts, strict=True):
            area = f"{count:,} px" if size_nm is None else f"{count * size_nm**2:,.2f} nm²"
            assert line.startswith(f"  material {label}: {100 * count / (H * W):5.1f} %, {area}")
        unsegmented = H * W - counts.sum()
        said = [f"  not segmented: {percent(unsegmented / (H * W))}"] if unsegmented else []
        assert [line for line in lines if line.startswith("  not segmented")] == said

    def test_the_same_command_gives_the_same_bytes(self, result: Result, tmp_path: Path, run: Run) -> None:
        code, _, _ = run("segment", result.inputs / "b.tif", "-k", 2, "-o", tmp_path)
        assert code == 0
        for output in OUTPUTS:
            same = (tmp_path / "b" / output).read_bytes() == result.file("b.tif", output).read_bytes()
            assert same or output == "provenance.json", output

    def test_what_is_left_out_is_said(self, tmp_path: Path, run: Run) -> None:
        grey = np.pad(np.round(10000 + 1000 * two_textures()).astype(np.uint16), ((0, 0), (13, 0)))
        tifffile.imwrite(tmp_path / "a.tif", grey)
        words = ("--generator", "texture", "--encoder", "spectrum")
        code, out, _ = run("segment", tmp_path / "a.tif", "-k", 2, "-o", tmp_path / "out", *words)
        said = "a frame of 13 px at the left"
        assert code == 0
        assert out.splitlines()[1] == f"  left out: {said}"
        folder = tmp_path / "out" / "a"
        assert json.loads((folder / "provenance.json").read_text())["input"]["left_out"] == said
        labels = tifffile.imread(folder / "labels.tif")
        assert not labels[:, :14].any()
        shares = pd.read_csv(folder / "materials.csv")["area_fraction"]
        assert shares.sum() == pytest.approx((labels > 0).sum() / (H * (W - 1)))  # the pixels at the cut are left out

    def test_nothing_in_any_file_is_no_success(self, tmp_path: Path, png: Path, run: Run) -> None:
        rng = np.random.default_rng(0)
        for name in ("noise.png", "more.png"):
            Image.fromarray(rng.integers(0, 255, (H, W)).astype(np.uint8)).save(tmp_path / name)
        words = ("--generator", "texture", "--encoder", "spectrum", "-o", tmp_path / "out")
        strict = ("--generator-option", "pred_iou_thresh=0.99")
        code, _, err = run("segment", tmp_path / "noise.png", tmp_path / "more.png", *words, *strict)
        assert code == 1
        assert err.splitlines()[-1].startswith("samiam: no material was found: ")
        assert (tmp_path / "out" / "noise" / "labels.tif").exists()
        assert run("segment", png, tmp_path / "noise.png", *words)[0] == 0

    def test_a_second_call_replaces_its_own_files_only(self, tmp_path: Path, run: Run, quick: None, png: Path) -> None:
        del quick
        (tmp_path / "out" / "a").mkdir(parents=True)
        (tmp_path / "out" / "a" / "notes.txt").write_text("mine")
        assert run("segment", png, "-k", 2, "-o", tmp_path / "out")[0] == 0
        (tmp_path / "out" / "a" / "labels.tif").unlink()
        assert run("segment", png, "-k", 2, "-o", tmp_path / "out")[0] == 0
        assert (tmp_path / "out" / "a" / "notes.txt").read_text() == "mine"
        assert tifffile.imread(tmp_path / "out" / "a" / "labels.tif").shape == (H, W)


class TestPointing:
    def test_materials_that_are_pointed_at(self, tmp_path: Path, run: Run) -> None:
        rng = np.random.default_rng(0)
        bands = np.concatenate([rng.normal(0.2, 0.03, (160, 256)), rng.normal(0.7, 0.1, (96, 256))]).clip(0, 1)
        np.save(tmp_path / "bands.npy", bands.astype(np.float32))
        code, out, _ = run("segment", tmp_path / "bands.npy", "-o", tmp_path, "--point", "100,40", "--point=9,230")
        assert code == 0
        assert "2 masks → 2 materials (number given: 2)" in out
        provenance = json.loads((tmp_path / "bands" / "provenance.json").read_text())
        assert provenance["config"]["pointers"][0]["point"] == [100, 40]
        assert list(provenance["config"]) == ["generator", "pointers", "measurements"]
        assert sorted(path.name for path in (tmp_path / "bands").iterdir()) == sorted(OUTPUTS)
        labels = tifffile.imread(tmp_path / "bands" / "labels.tif")
        assert sorted([labels[40, 100], labels[230, 9]]) == [1, 2] == np.unique(labels[labels > 0]).tolist()
        assert len(pd.read_csv(tmp_path / "bands" / "materials.csv")) == 2
        again = run("segment", tmp_path / "bands.npy", "-o", tmp_path, "--point", "100,40", "--no-measurements")
        assert again[0] == 0
        left_out = {"regions.csv", "layers.csv", "lattices.csv", "layers.png"}
        assert {path.name for path in (tmp_path / "bands").iterdir()} == set(OUTPUTS) - left_out

    def test_a_click_and_a_box_in_a_scene(self, tmp_path: Path, run: Run) -> None:
        ranges = SceneRanges(n_materials=(2, 2), period_px=(9, 16), thinnest_layer=0.4, p_islands=0, p_similar=0)
        scene = procedural_scene(2**35 + 4, shape_hw=(192, 192), ranges=ranges)
        np.save(tmp_path / "scene.npy", scene.micrograph.pixels)
        first, second = scene.truth
        (y, x), (rows, columns) = pole_of_inaccessibility(first)[0], np.nonzero(second)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        options = (f"--point={x},{y}", f"--box={','.join(map(str, box))}")
        code, out, err = run("segment", tmp_path / "scene.npy", "-o", tmp_path, *options)
        assert (code, err) == (0, "")
        assert "2 masks → 2 materials (number given: 2)" in out
        pointers = json.loads((tmp_path / "scene" / "provenance.json").read_text())["config"]["pointers"]
        assert pointers == [{"point": [x, y], "box": None}, {"point": None, "box": [int(side) for side in box]}]
        labels = tifffile.imread(tmp_path / "scene" / "labels.tif")
        assert (labels[first] == labels[y, x]).mean() > 0.7
        assert (labels[second] == 3 - labels[y, x]).mean() > 0.7

    @pytest.mark.parametrize("option", ["-k2", "--classifier"])
    def test_pointing_goes_with_neither_number_nor_names(self, png: Path, run: Run, option: str) -> None:
        code, _, err = run("segment", png, "--point=3,3", option)
        assert code != 0
        assert "what is pointed at is neither counted nor classified" in err

    @pytest.mark.parametrize(
        ("option", "form"),
        [
            ("--point=3", "X,Y"),
            ("--box=1,2,3", "X0,Y0,X1,Y1"),
            ("--point=a,1", "X,Y"),
            ("--box=1,2,3,b", "X0,Y0,X1,Y1"),
        ],
    )
    def test_malformed(self, png: Path, run: Run, option: str, form: str) -> None:
        code, _, err = run("segment", png, option)
        assert code == 2
        assert f"is not of the form {form}" in err


@pytest.mark.usefixtures("quick")
class TestOptions:
    @pytest.mark.parametrize(
        ("given", "n_materials", "found", "materials"),
        [((), 2, "2 materials", 2), (("-k", 1), 1, "1 material", 1), (("-k", 5), 5, "5 materials", 5)],
    )
    def test_number_of_materials(
        self, png: Path, run: Run, given: tuple[object, ...], n_materials: int, found: str, materials: int
    ) -> None:
        code, out, _ = run("segment", png, "-o", png.parent / "out", *given)
        assert code == 0
        how = "given" if given else "estimated"
        assert f"2 masks → {found} (number {how}: {n_materials})" in out
        provenance = json.loads((png.parent / "out" / "a" / "provenance.json").read_text())
        assert (provenance["n_materials"], provenance["n_materials_given"]) == (n_materials, bool(given))
        assert provenance["regions_found"] == int(found[0])
        assert provenance["materials_found"] == materials
        assert provenance["config"]["n_materials"] == (n_materials if given else None)

    def test_settings_reach_their_place(self, png: Path, run: Run) -> None:
        output = png.parent / "out"
        generator = ("--generator-option", "points=[1, 2]", "--generator-option", "mode=fast")
        run(
            "segment", png, "-o", output, "--seed", 7, *generator, "--encoder=spectrum", "--encoder-option", "n_rings=9"
        )
        provenance = json.loads((output / "a" / "provenance.json").read_text())
        assert provenance["seed"] == 7
        assert provenance["config"]["generator"] == {"name": "halves", "points": [1, 2], "mode": "fast"}
        assert provenance["config"]["booster"]["encoder"]["n_rings"] == 9
        assert provenance["config"]["booster"]["crops"]["seed"] == 7
        assert provenance["config"]["booster"]["grouping"]["seed"] == 7

    def test_grains_as_the_regions(self, png: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """The upper and the lower half of each material are grains, and something is to be said."""

        def boosted(booster: SemanticBooster, *given: Any, grains: bool, **options: Any) -> Segmentation:
            found = boost(booster, *given, **options)
            grained = np.where(np.arange(H)[:, None] < H // 2, found.labels, found.labels + found.labels.max())
            split = replace(found, grains=grained, confidences=[0.875, None], remark="two orientations each")
            return split.by_grains() if grains else split

        boost = SemanticBooster.__call__
        monkeypatch.setattr(SemanticBooster, "__call__", boosted)
        monkeypatch.setattr(SemanticBooster, "check_sees_grains", lambda _: None)
        words = ("segment", png, "-k", 2, "--encoder=spectrum", "-o", png.parent / "out")
        place = png.parent / "out" / "a"
        code, out, _ = run(*words)
        assert code == 0
        assert out.splitlines()[1].startswith("  2 masks → 2 materials (number given: 2) in ")
        assert out.splitlines()[2:5] == [
            *(
                "  material 1:  56.2 %, 11,520 px, 2 grains, confidence 0.88",
                "  material 2:  43.8 %, 8,960 px, 2 grains",
            ),
            "  two orientations each",
        ]
        materials, grains = (tifffile.imread(place / f"{name}.tif") for name in ("labels", "grains"))
        code, out, _ = run(*words, "--grains")
        assert out.splitlines()[1].startswith("  2 masks → 4 grains (number given: 2) in ")
        assert out.splitlines()[5].startswith("  grain 4 of material 2:  ")
        np.testing.assert_array_equal(tifffile.imread(place / "labels.tif"), grains)
        assert (materials.max(), grains.max()) == (2, 4)
        assert json.loads((place / "provenance.json").read_text())["config"]["grains"] is True

    @pytest.mark.usefixtures("named")
    def test_a_classifier_names_materials(self, png: Path, run: Run) -> None:
        code, out, err = run("segment", png, "-k", 2, "-o", png.parent / "out", "--classifier")
        assert (code, err) == (0, "")
        place = png.parent / "out" / "a"
        table = pd.read_csv(place / "materials.csv", keep_default_na=False)
        assert sorted(table["name"]) == ["", "stripes"]
        label = table["material"][table["name"] == "stripes"].item()
        assert sorted(table["called"]) == [f"material {3 - label}", "stripes? 90 %"]
        assert float(table["name_confidence"][table["name"] == "stripes"].item()) == pytest.approx(0.9)
        labels = tifffile.imread(place / "labels.tif")
        assert np.unique(labels[:, :EDGE]).tolist() == [label]
        lines = [line for line in out.splitlines() if line.startswith("  material ")]
        area = int(np.count_nonzero(labels == label))
        assert area == pytest.approx(H * EDGE, rel=0.01)
        share = 100 * area / (H * W)
        named = f"  material {label}: stripes? 90 %,  {share:.1f} %, {area:,} px, confidence "
        assert lines[label - 1].startswith(named)
        assert lines[2 - label].startswith(f"  material {3 - label}:  {100 - share:.1f} %, {H * W - area:,} px")
        categories = json.loads((place / "materials.json").read_text())["categories"]
        assert categories[label - 1] == {"id": label, "name": "stripes"}
        decisions = pd.read_csv(place / "decisions.csv")
        assert decisions["rule"].tolist() == ["majority_vote"] * 2

    @pytest.mark.usefixtures("named")
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("--classifier",), {}),
            (("--classifier", "mine.safetensors"), {"checkpoint": "mine.safetensors"}),
            (("--classifier", "--classifier-option", "confidence=0.9"), {"confidence": 0.9}),
            (
                ("--classifier", "mine.safetensors", "--classifier-option", "batch_size=2"),
                {"batch_size": 2, "checkpoint": "mine.safetensors"},
            ),
        ],
    )
    def test_settings_reach_the_classifier(
        self, png: Path, run: Run, words: tuple[str, ...], expected: dict[str, Any]
    ) -> None:
        assert run("segment", png, "-k", 2, "-o", png.parent / "out", *words)[0] == 0
        booster = json.loads((png.parent / "out" / "a" / "provenance.json").read_text())["config"]["booster"]
        assert booster["classifier"] == {"name": "leftish", **expected}
        assert booster["naming"] == {"least_share": 0.5}

    def test_without_a_classifier_nothing_has_a_name(self, png: Path, run: Run) -> None:
        assert run("segment", png, "-k", 2, "-o", png.parent / "out")[0] == 0
        place = png.parent / "out" / "a"
        assert pd.read_csv(place / "materials.csv")["name"].isna().all()
        booster = json.loads((place / "provenance.json").read_text())["config"]["booster"]
        assert {"classifier", "naming"}.isdisjoint(booster)

    def test_pixel_size_over_the_file_s(self, result: Result, tmp_path: Path, run: Run) -> None:
        code, out, _ = run("segment", result.inputs / "b.tif", "-k", 2, "-o", tmp_path, "--pixel-size-nm", 0.5)
        assert code == 0
        assert "0.5 nm/px" in out
        assert pd.read_csv(tmp_path / "b" / "materials.csv")["area_nm2"].sum() == pytest.approx(H * W / 4)
        assert json.loads((tmp_path / "b" / "provenance.json").read_text())["input"]["pixel_size_source"] == "argument"

    def test_pixels_higher_than_wide(self, result: Result, tmp_path: Path, run: Run) -> None:
        code, out, _ = run("segment", result.inputs / "b.tif", "-k", 2, "-o", tmp_path, "--pixel-size-nm", "0.5,1")
        assert code == 0
        assert "0.5 × 1 nm/px" in out
        assert "pixels are not square" in out
        table = pd.read_csv(tmp_path / "b" / "materials.csv")
        assert table["area_nm2"].sum() == pytest.approx(H * W / 2)
        assert table["height_nm"].max() == pytest.approx(H)
        assert tifffile.imread(tmp_path / "b" / "labels.tif").shape == (H, W)

    def test_frame_and_channel(self, tmp_path: Path, run: Run) -> None:
        grey = (255 * two_textures()).astype(np.uint8)
        tifffile.imwrite(tmp_path / "stack.tif", np.stack([255 - grey, grey]), photometric="minisblack")
        Image.fromarray(np.dstack([grey, 255 - grey, grey])).save(tmp_path / "colour.png")
        code, _, err = run("segment", tmp_path / "stack.tif", tmp_path / "colour.png", "-o", tmp_path / "out")
        assert code == 2
        assert "--frame" in err
        assert "--channel" in err
        assert run("segment", tmp_path / "stack.tif", "--frame", 1, "-k", 2, "-o", tmp_path / "out")[0] == 0
        assert run("segment", tmp_path / "colour.png", "--channel", 0, "-k", 2, "-o", tmp_path / "out")[0] == 0
        found = [json.loads((tmp_path / "out" / name / "provenance.json").read_text()) for name in ("stack", "colour")]
        assert [(file["input"]["frame"], file["input"]["channel"]) for file in found] == [(1, None), (None, 0)]


@pytest.mark.usefixtures("quick")
class TestSeveralFiles:
    def test_folder_glob_and_duplicates(
        self, tmp_path: Path, png: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "in").mkdir()
        for name in ("b", "c"):
            shutil.copy(png, tmp_path / "in" / f"{name}.png")
        monkeypatch.chdir(tmp_path)
        code, out, _ = run("segment", "in/*.png", "in", "a.png", tmp_path / "a.png", "-o", "out", "-k", 2)
        assert code == 0
        assert re.findall(r"^(\S+): ", out, re.MULTILINE) == ["in/b.png", "in/c.png", "a.png"]
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "b", "c", *OVERVIEW]

    def test_equal_stems_do_not_overwrite_each_other(self, result: Result, tmp_path: Path, png: Path, run: Run) -> None:
        tiff = shutil.copy(result.inputs / "b.tif", tmp_path / "a.tif")
        (tmp_path / "other").mkdir()
        other = shutil.copy(png, tmp_path / "other" / "a.png")
        assert run("segment", png, tiff, other, "-k", 2, "-o", tmp_path / "out")[0] == 0
        found = {
            path.name: json.loads((path / "provenance.json").read_text())["input"]["path"]
            for path in (tmp_path / "out").iterdir()
            if path.is_dir()
        }
        assert found == {"a.png-1": str(png), "a.tif": str(tiff), "a.png-2": str(other)}

    def test_bad_ones_among_good_ones(self, tmp_path: Path, png: Path, run: Run) -> None:
        (tmp_path / "broken.tif").write_bytes(b"II*\x00 and nothing else")
        good = shutil.copy(png, tmp_path / "z.png")
        names = (png, tmp_path / "broken.tif", tmp_path / "missing.png", good)
        code, out, err = run("segment", *names, "-o", tmp_path / "out", "-k", 2)
        assert code == 1
        assert [line.partition(": ")[0] for line in err.splitlines()] == ["samiam"] * 3
        first, second, last = err.splitlines()
        assert "broken.tif" in first
        assert "missing.png: no such file" in second
        assert last == "samiam: 2 of 4 files failed."
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", *OVERVIEW, "z"]
        assert out.count(" → ") == 2

    def test_all_bad(self, tmp_path: Path, run: Run) -> None:
        code, out, err = run("segment", tmp_path / "a.png", tmp_path / "b.png", "-o", tmp_path / "out")
        assert (code, out, err.count("\n")) == (2, "", 3)
        assert err.endswith("samiam: 2 of 2 files failed.\n")
        assert not (tmp_path / "out").exists()


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("missing.png", None, "no such file"),
            ("empty.tif", b"", "is empty (0 bytes)"),
            ("text.png", b"not a picture", "neither a PNG nor a JPEG"),
            ("a.txt", b"1 2 3", "unknown kind '.txt'"),
        ],
    )
    def test_one_bad_file(self, tmp_path: Path, run: Run, name: str, content: bytes | None, message: str) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        code, out, err = run("segment", tmp_path / name, "-o", tmp_path / "out")
        assert (code, out) == (2, "")
        one_line(err, tmp_path / name, message)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("options", "parts"),
        [
            (("--generator", "nope"), ("unknown generator 'nope'", "compact, texture, vit_b, vit_l, vit_h")),
            (("--encoder", "nope"), ("unknown encoder 'nope'", "compact, fenet, fenet_dtd, spectrum, resnet18")),
            (("--generator-option", "nope=1"), ("no setting 'nope'", "pred_iou_thresh")),
            (("--encoder-option", "nope=1"), ("no setting 'nope'", "weights_sha256")),
            (("--point", "64,64", "--generator=texture"), ("texture takes no clicks", "compact")),
            (("--point", "900,3"), ("point 900,3 lies outside",)),
            (("--box", "9,9,3,12"), ("box 9,9,3,12", "x0 < x1")),
            (("--point", "64,64", "-k", "2"), ("neither counted nor classified", "-k")),
            (("--box", "9,9,30,30", "--grains"), ("not divided into grains", "leave out --grains")),
            (
                ("--grains", "--generator=texture", "--encoder=spectrum"),
                ("grains: the encoder spectrum does not see them; use compact.",),
            ),
            (("--classifier", "nowhere.safetensors"), ("nowhere.safetensors",)),
            (("--classifier", "--classifier-option", "nope=1"), ("no setting 'nope'", "confidence")),
            (("--classifier-option", "confidence=1"), ("--classifier-option confidence", "add --classifier")),
            (("--generator-option", "nms_thresh=2"), ("nms_thresh=2",)),
            (("--seed", "-1"), ("a seed of -1",)),
            (("--seed", str(2**32)), (f"seed={2**32}",)),
            (("--pixel-size-nm", "0"), ("a pixel size of 0 nm",)),
            (("--pixel-size-nm", "1,0"), ("a pixel size of 0 nm",)),
            (("--frame", "5"), ("no frame 5", "--frame")),
            (("--dataset", "x"), ("--dataset",)),
        ],
    )
    def test_settings(self, png: Path, run: Run, options: tuple[str, ...], parts: tuple[str, ...]) -> None:
        code, out, err = run("segment", png, "-o", png.parent / "out", *options)
        assert (code, out) == (2, "")
        one_line(err, *parts)
        assert not (png.parent / "out").exists()

    @pytest.mark.parametrize(
        "option",
        ["--generator-option=most_splits=many", "--generator-option=most_splits=2.5", "--encoder-option=device=x"],
    )
    def test_settings_of_another_type(self, png: Path, run: Run, option: str) -> None:
        code, _, err = run("segment", png, "-o", png.parent / "out", option)
        assert code == 2
        one_line(err, option.split("=")[1])

    @pytest.mark.parametrize(
        ("options", "part"),
        [
            (("-k", "0"), "'0' is not a number of materials"),
            (("-k", "-2"), "'-2' is not a number of materials"),
            (("-k", "two"), "'two' is not a number of materials"),
            (("-k", "²"), "'²' is not a number of materials"),
            (("--generator-option", "nope"), "'nope' is not of the form NAME=VALUE"),
            (("--encoder-option", "=1"), "'=1' is not of the form NAME=VALUE"),
            (("--classifier", "--classifier-option", "1"), "'1' is not of the form NAME=VALUE"),
            (("--seed", "x"), "--seed"),
            (("--nope",), "--nope"),
        ],
    )
    def test_words(self, png: Path, run: Run, options: tuple[str, ...], part: str) -> None:
        code, out, err = run("segment", png, "-o", png.parent / "out", *options)
        assert (code, out) == (2, "")
        assert err.startswith("usage: samiam")
        assert part in err.splitlines()[-1]
        assert "_count" not in err

    @pytest.mark.parametrize("words", [(), ("models",), ("nope",)])
    def test_too_few_words(self, run: Run, words: tuple[str, ...]) -> None:
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.startswith("usage: samiam")

    def test_empty_folder_and_glob_without_match(self, tmp_path: Path, run: Run) -> None:
        (tmp_path / "none").mkdir()
        for name, message in (("none", "holds no micrograph"), ("none/*.tif", "matches no file")):
            code, _, err = run("segment", tmp_path / name, "-o", tmp_path / "out")
            assert code == 2
            one_line(err, f"{tmp_path / name}: {message}")
        assert not (tmp_path / "out").exists()

    @pytest.mark.usefixtures("quick")
    @pytest.mark.parametrize("output", ["file", "file/below"])
    def test_an_output_that_cannot_be_written_to(self, tmp_path: Path, png: Path, run: Run, output: str) -> None:
        (tmp_path / "file").write_text("mine")
        code, _, err = run("segment", png, "-k", 2, "-o", tmp_path / output)
        assert code == 2
        one_line(err, f"{tmp_path / output}: cannot be written to", "choose another folder")
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.usefixtures("quick")
    def test_a_place_that_cannot_be_written_to(self, tmp_path: Path, png: Path, run: Run) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a").write_text("a file where the folder should be")
        code, _, err = run("segment", png, "-k", 2, "-o", tmp_path / "out")
        assert code == 2
        one_line(err, png, f"cannot write to {tmp_path / 'out' / 'a'}", "choose another folder with -o")

    @pytest.mark.usefixtures("quick")
    def test_results_of_another_image_stay(self, tmp_path: Path, png: Path, run: Run) -> None:
        """They are replaced where that is said; those of the same image always, wherever it lies."""
        out, other = tmp_path / "out", tmp_path / "other" / "a.png"
        words = ("-k", 2, "-o", out)
        assert run("segment", png, *words)[0] == 0
        other.parent.mkdir()
        other.write_bytes(png.read_bytes())
        assert run("segment", other, *words, "--seed", 1)[0] == 0
        before = {path.name: path.read_bytes() for path in (out / "a").iterdir()}
        Image.open(png).transpose(Image.Transpose.ROTATE_180).save(other)
        code, _, err = run("segment", other, *words)
        assert code == 2
        one_line(err, f"{other}: {out / 'a'} holds the results of another image, {other}", "-o", "--overwrite")
        assert {path.name: path.read_bytes() for path in (out / "a").iterdir()} == before
        assert run("segment", other, *words, "--overwrite")[0] == 0
        noted = out / "a" / "provenance.json"
        noted.rename(noted.with_name(f".{noted.name}.interrupted"))  # as an interrupted run leaves them
        assert run("segment", png, *words)[0] == 0

    @pytest.mark.usefixtures("quick")
    def test_impossible_pixels_leave_old_results_alone(self, png: Path, run: Run) -> None:
        out = png.parent / "out"
        assert run("segment", png, "-k", 2, "-o", out)[0] == 0
        before = {path.name: path.read_bytes() for path in (out / "a").iterdir()}
        for size in ("1e200", "1e-300", "inf", "nan", "-1", "0"):
            code, _, err = run("segment", png, "-k", 2, "-o", out, "--pixel-size-nm", size)
            assert code == 2, size
            one_line(err, "pixel")
            assert {path.name: path.read_bytes() for path in (out / "a").iterdir()} == before, size

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--point", "-1,10"], "point -1,10 lies outside of the image of 160 × 128 px"),
            (["--point", "-inf,3"], "'-inf,3' is not of the form X,Y"),
            (["--box", "-1,0,5,5"], "box -1,0,5,5: give x0,y0,x1,y1 with"),
            (["--pixel-size-nm", "-1e-3"], "pixel"),
            (["-k", "-1e5"], "'-1e5' is not a number of materials; give 1 or more"),
            (["--seed", "-3"], "a seed of -3 is impossible; give 0 or more"),
        ],
    )
    def test_negative_values(self, png: Path, run: Run, words: list[str], said: str) -> None:
        code, _, err = run("segment", png, "-o", png.parent / "out", *words)
        assert code == 2
        assert said in err.splitlines()[-1]

    @pytest.mark.usefixtures("quick")
    def test_names_of_dots_stay_inside(self, png: Path, run: Run) -> None:
        dotted, out = png.parent / "....png", png.parent / "deep" / "out"
        png.rename(dotted)
        assert run("segment", dotted, "-k", 2, "-o", out)[0] == 0
        assert sorted(path.name for path in out.iterdir()) == ["image", *OVERVIEW]
        assert [path.name for path in out.parent.iterdir()] == ["out"]

    def test_no_weights_no_masks(self, png: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as unused:  # bound but not listening: whoever calls is turned away
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/sam_vit_b.pth"
            monkeypatch.setenv("no_proxy", "*")
            monkeypatch.setenv("SAMIAM_CACHE", str(png.parent / "cache"))
            monkeypatch.setitem(CHECKPOINTS, "vit_b", replace(CHECKPOINTS["vit_b"], url=url))
            code, out, err = run("segment", png, "-o", png.parent / "out", "--generator", "vit_b")
        assert (code, out) == (2, "")
        known = CHECKPOINTS["vit_b"]
        one_line(err, url, known.sha256, png.parent / "cache" / known.filename)
        assert not (png.parent / "out").exists()

    @pytest.mark.usefixtures("quick")
    def test_interrupted(self, png: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> Masks:
            raise KeyboardInterrupt

        monkeypatch.setattr(Halves, "generate", interrupt)
        assert run("segment", png, png, "-o", png.parent / "out")[0] == 130


class TestInfo:
    @FILES
    def test_what_a_file_holds(self, result: Result, run: Run, name: str) -> None:
        code, out, err = run("info", result.inputs / name)
        assert (code, err) == (0, "")
        size_nm = INPUTS[name]
        first, *others = out.splitlines()
        size = "pixel size unknown" if size_nm is None else f"{size_nm} nm/px"
        assert first == f"{result.inputs / name}: 160 × 128 px, {size}"
        facts = dict(line.strip().split(": ", 1) for line in others)
        assert facts["format"] == Path(name).suffix[1:]
        assert facts["sha256"] == sha256_of(result.inputs / name)
        assert facts["dtype"] == {"a.png": "uint8", "b.tif": "uint16"}.get(name, "float32")
        assert ("pixel_size_source" in facts) == (size_nm is not None)
        assert "None" not in out

    def test_a_folder(self, result: Result, run: Run) -> None:
        code, out, _ = run("info", result.inputs, "--pixel-size-nm", 2)
        assert code == 0
        assert [line.split(": ")[0] for line in out.splitlines() if not line.startswith(" ")] == [
            str(result.inputs / name) for name in INPUTS
        ]
        assert out.count("2 nm/px") == 4

    def test_one_of_two_is_missing(self, result: Result, tmp_path: Path, run: Run) -> None:
        code, out, err = run("info", tmp_path / "a.png", result.inputs / "b.tif")
        assert code == 1
        assert out.startswith(f"{result.inputs / 'b.tif'}: ")
        assert "1 of 2 files failed" in err

    def test_missing(self, tmp_path: Path, run: Run) -> None:
        code, out, err = run("info", tmp_path / "a.png")
        assert (code, out) == (2, "")
        one_line(err, "no such file")


class TestModels:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path / "cache"))
        return tmp_path / "cache"

    def test_list(self, cache: Path, run: Run) -> None:
        cache.mkdir()
        (cache / CHECKPOINTS["vit_l"].filename).touch()
        code, out, err = run("models", "list")
        assert (code, err) == (0, "")
        shipped = list(model_cards())
        ships, lines = out.splitlines()[: len(shipped)], out.splitlines()[len(shipped) :]
        assert [line.split()[0] for line in ships] == shipped
        assert all(" ships " in line and line.endswith(".safetensors") for line in ships)
        assert [line.split()[0] for line in lines] == list(CHECKPOINTS)
        for line, checkpoint in zip(lines, CHECKPOINTS.values(), strict=True):
            assert line.endswith(f" {cache / checkpoint.filename}")
            assert ("not fetched" in line) == (checkpoint.name != "vit_l")
        assert " 375 MB " in lines[0]

    def test_verify(self, cache: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        code, out, err = run("models", "verify", "vit_b")
        assert (code, out) == (2, "")
        known = CHECKPOINTS["vit_b"]
        one_line(err, "vit_b: not in the cache", known.url, known.sha256, cache / known.filename)
        cache.mkdir()
        (cache / known.filename).write_bytes(b"weights")
        code, _, err = run("models", "verify", "vit_b")
        assert code == 2
        one_line(err, known.sha256)
        monkeypatch.setitem(CHECKPOINTS, "vit_b", replace(known, sha256=sha256_of(cache / known.filename)))
        for action in ("verify", "fetch"):
            assert run("models", action, "vit_b") == (0, f"vit_b: {cache / known.filename}\n", "")

    @pytest.mark.parametrize("action", ["fetch", "verify"])
    def test_unknown(self, cache: Path, run: Run, action: str) -> None:
        code, out, err = run("models", action, "unknown")
        assert (code, out) == (2, "")
        one_line(err, "'unknown'", *CHECKPOINTS)
        assert not cache.exists()


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"samiam {samiam.__version__}\n", "")


def test_as_a_module() -> None:
    command = [sys.executable, "-m", "samiam", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    for word in ("segment", "info", "models"):
        assert word in done.stdout


def test_a_path_that_may_not_be_looked_at(png: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As below a folder without the right to enter it, which a test cannot make for every user."""

    def refused(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "dark/w.safetensors")

    monkeypatch.setattr(segmenting, "build_classifier", refused)
    code, _, err = run("segment", str(png), "--classifier", "dark/w.safetensors")
    assert code == 2
    one_line(err, "dark/w.safetensors: cannot be used (Permission denied); give another path.")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_where_measuring_fails_nothing_is_written(
    png: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, threads: str
) -> None:
    def fail(*_: object) -> NoReturn:
        raise InputError("no lattice will do.")

    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    monkeypatch.setattr(segmenting, "measure", fail)
    code, _, err = run("segment", str(png), "-o", str(tmp_path / "out"))
    assert code == 2
    assert "no lattice will do." in err
    assert not list((tmp_path / "out").rglob("*.*"))
