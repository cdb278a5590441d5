"""What may be wrong with labelled micrographs: each fault is made, and only it is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_labelled import HALVES, SHAPE, write_image, write_label_images, write_label_studio, write_result
from PIL import Image
from refusals import refusal

from samiam.datasets import build_dataset, check_dataset

NAMES = ["Ge", "SrTiO3"]
SPECK = HALVES.copy()
SPECK[30, 40:42] = 1
SPECK.flags.writeable = False


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Two images with label images."""
    return write_label_images(tmp_path / "numbered", {"a": HALVES, "b": HALVES}, NAMES)


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    """A data set of two images of one specimen."""
    for seed, name in enumerate(("a-1", "a-2")):
        write_result(tmp_path / "results" / name, write_image(tmp_path / "in" / f"{name}.tif", seed))
    build_dataset([tmp_path / "results"], tmp_path / "set")
    return tmp_path / "set"


def faults(folder: Path) -> list[tuple[str, str, str]]:
    return [(str(problem), str(where), str(what)) for problem, where, what in check_dataset(folder).to_numpy()]


def test_nothing(numbered: Path, compiled: Path, tmp_path: Path) -> None:
    assert faults(numbered) == faults(compiled) == faults(write_label_studio(tmp_path / "studio")) == []


def test_unlabelled(numbered: Path, compiled: Path, tmp_path: Path) -> None:
    write_image(numbered / "images/c.tif", 5)
    write_image(compiled / "samiam/dataset/c.tif", 5)
    studio = write_label_studio(tmp_path / "studio")
    write_image(studio / "images/c.tif", 5)
    for folder in (numbered, compiled, studio):
        ((problem, _, what),) = faults(folder)
        assert problem == "unlabelled"
        assert "c.tif: no " in what
    (numbered / "images/a.tif").unlink()
    assert [problem for problem, _, _ in faults(numbered)] == ["unlabelled", "unlabelled"]


def test_changed(compiled: Path) -> None:
    write_image(compiled / "samiam/dataset/a-1.tif", 6)
    (compiled / "README.md").write_text("mine")
    (first, _, what), (second, where, why) = faults(compiled)
    assert (first, second, where) == ("changed", "unreadable", "a-1")
    assert "README.md: changed since the card" in what
    assert "a-1.tif: changed since it was written" in why


def test_missing(compiled: Path) -> None:
    (compiled / "samiam/manifest.json").unlink()
    ((problem, _, what),) = faults(compiled)
    assert (problem, what.endswith("manifest.json: missing, but the card lists it.")) == ("changed", True)


def test_overlapping(compiled: Path) -> None:
    (compiled / "samiam/manifest.json").unlink()
    (compiled / "card.json").unlink()
    Image.fromarray(np.full(SHAPE, 255, np.uint8)).save(compiled / "samiam/labels_merged/a-1/Ge-merged-1.png")
    assert faults(compiled) == [
        ("overlapping", "a-1", f"{(HALVES == 2).sum()} px have several labels; the smaller one counts.")
    ]


def test_tiny_and_not_quite(tmp_path: Path) -> None:
    large = np.kron(SPECK, np.ones((2, 2))).astype(np.uint32)  # 8 px of 7680 are no less than 0.05 %
    large[0, 70] = 1
    folder = write_label_images(tmp_path / "numbered", {"a": HALVES}, NAMES)
    Image.fromarray(large.astype(np.uint8)).save(folder / "labels/a.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, large.shape).astype(np.uint8)).save(
        folder / "images/a.png"
    )
    (folder / "images/a.tif").unlink()
    assert faults(folder) == [("tiny", "a", "Ge: 1 part below 3.84 px, the smallest of 1 px.")]


def test_unnamed(numbered: Path) -> None:
    (numbered / "materials.csv").write_text("1,Ge")
    assert faults(numbered)[0] == ("unnamed", "a", "label 2: may be anything in another image.")


def test_twice(numbered: Path) -> None:
    write_image(numbered / "images/c.tif", 0)
    Image.fromarray(HALVES.astype(np.uint8)).save(numbered / "labels/c.png")
    assert faults(numbered) == [("repeated", "c", "shows the same image as a, labelled in the same way.")]
    Image.fromarray((3 - HALVES).astype(np.uint8)).save(numbered / "labels/c.png")
    assert faults(numbered) == [("contradictory", "c", "shows the same image as a, labelled differently.")]


def test_spelling(tmp_path: Path) -> None:
    for seed, name in enumerate(("Sr TiO3", "srtio3")):
        write_result(tmp_path / f"in/{seed}", write_image(tmp_path / f"x{seed}-.tif", seed), names=("Ge", name))
    build_dataset([tmp_path / "in"], tmp_path / "set")
    what = "one name or several? 'Sr TiO3' in 1 image, 'srtio3' in 1 image."
    assert faults(tmp_path / "set") == [("spelling", "Sr TiO3", what)]


def test_splits(compiled: Path) -> None:
    (compiled / "card.json").unlink()
    path = compiled / "splits.json"
    places = json.loads(path.read_text())
    places["images"]["a-1"]["split"] = "test"
    path.write_text(json.dumps(places))
    assert faults(compiled) == [("splits", "a", "has images in test and train.")]
    del places["images"]["a-1"]
    path.write_text(json.dumps(places))
    assert faults(compiled) == [("splits", "a-1", "is in no split, though others are.")]
    places["images"]["a-1"] = {"specimen": "a", "split": "exam"}
    path.write_text(json.dumps(places))
    assert "in split 'exam'; choose train, val, test" in refusal(lambda: check_dataset(compiled))


def test_what_cannot_be_looked_at(tmp_path: Path, compiled: Path) -> None:
    assert "no such folder" in refusal(lambda: check_dataset(tmp_path / "none"))
    (compiled / "card.json").write_text("{")
    assert "card.json: damaged" in refusal(lambda: check_dataset(compiled))
