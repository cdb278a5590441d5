"""Labelled micrographs of every layout, as sources of a run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samiam.benchmark.scenes.sources import Layout, labelled_sources
from samiam.errors import InputError
from samiam.formats.brush_rle import encode_mask
from samiam.records import Scene

LABELS = np.repeat(np.array([1, 2], np.uint8), 8)[:, None] * np.ones((1, 24), np.uint8)
MASKS = {number: np.equal(LABELS, number) for number in (1, 2)}
PIXELS = np.random.default_rng(0).integers(0, 256, LABELS.shape).astype(np.uint8)


def save(path: Path, array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def zenodo(folder: Path, annotators: tuple[str, ...] = ("round/x", "round/y")) -> None:
    for annotator in annotators:
        save(folder / annotator / "dataset" / "a.png", PIXELS)
        for number, mask in MASKS.items():
            path = folder / annotator / "labels_merged" / "a" / f"m{number}-merged-{number}.png"
            save(path, 255 * mask.astype(np.uint8))


def label_images(folder: Path) -> None:
    for name in "ab":
        save(folder / "images" / f"{name}.png", PIXELS)
        save(folder / "labels" / f"{name}.png", LABELS)


def label_studio(folder: Path) -> None:
    save(folder / "a.png", PIXELS)
    results = [
        {
            "type": "brushlabels",
            "original_height": 16,
            "original_width": 24,
            "value": {"rle": encode_mask(mask), "brushlabels": [f"m{number}"]},
        }
        for number, mask in MASKS.items()
    ]
    annotations = [{"id": who, "completed_by": who, "result": results} for who in (1, 2)]
    task = {"id": 5, "data": {"image": "/data/upload/1/0123abcd-a.png"}, "annotations": annotations}
    (folder / "export.json").write_text(json.dumps([task]))


def label_studio_pngs(folder: Path) -> None:
    save(folder / "a.png", PIXELS)
    for number, mask in MASKS.items():
        path = folder / f"task-5-annotation-8-by-1-tag-m{number}-0.png"
        save(path, 255 * mask.astype(np.uint8))


@pytest.mark.parametrize(
    ("write", "layout", "names", "images"),
    [
        (zenodo, "zenodo", ["x-a", "y-a"], ["a", "a"]),
        (label_images, "label_images", ["a", "b"], ["a", "b"]),
        (label_studio, "label_studio", ["1-a", "2-a"], ["a", "a"]),
        (label_studio_pngs, "label_studio", ["a"], ["a"]),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_each_layout_is_recognised(
    tmp_path: Path, write: Callable[[Path], None], layout: Layout, names: list[str], images: list[str], told: bool
) -> None:
    write(tmp_path)
    sources = labelled_sources(tmp_path, layout if told else "auto")
    assert [source.name for source in sources] == names
    assert [source.image for source in sources] == images
    for source in sources:
        scene: Scene = pickle.loads(pickle.dumps(source)).make()
        assert scene.micrograph.name == source.name
        np.testing.assert_array_equal(scene.labels, LABELS)


def test_annotators_whose_folders_have_one_name(tmp_path: Path) -> None:
    zenodo(tmp_path, ("round-1/x", "round-2/x", "y"))
    assert [source.name for source in labelled_sources(tmp_path)] == ["round-1-x-a", "round-2-x-a", "y-a"]


def test_names_that_would_be_the_same(tmp_path: Path) -> None:
    zenodo(tmp_path, ("1/x", "1-x", "2/x"))
    with pytest.raises(InputError, match="two labelled micrographs would be called 1-x-a; rename"):
        labelled_sources(tmp_path)


@pytest.mark.parametrize("layout", ["auto", "zenodo", "label_images", "label_studio"])
def test_nothing_is_read_before_it_is_needed(tmp_path: Path, layout: Layout) -> None:
    {"zenodo": zenodo, "label_images": label_images}.get(layout, label_studio)(tmp_path)
    for path in tmp_path.rglob("a.png"):
        path.write_bytes(b"no picture")
    first = labelled_sources(tmp_path, layout)[0]
    with pytest.raises(InputError, match="neither a PNG nor a JPEG"):
        first.make()


@pytest.mark.parametrize(
    ("folder", "layout", "parts"),
    [
        ("gone", "auto", ["gone: no such folder"]),
        (".", "auto", ["no layout", "dataset and labels_merged", "images and labels", "task-*-annotation-*.png"]),
        (".", "zenodo", ["both dataset and labels_merged"]),
        (".", "label_images", ["no folders images and labels"]),
        (".", "label_studio", ["no image in it"]),
        (".", "coco", ["layout 'coco' is unknown; choose auto, zenodo, label_images, label_studio"]),
    ],
)
def test_refusals(tmp_path: Path, folder: str, layout: Layout, parts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        labelled_sources(tmp_path / folder, layout)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message
