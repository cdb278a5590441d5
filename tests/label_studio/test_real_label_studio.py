"""Tasks, clicks and exports, there and back through the real Label Studio; all slow."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from running_label_studio import TOKEN, Studio, ended, free_port, running
from shapely import affinity, box, contains_xy

from samiam.cli import main
from samiam.datasets import find_labelled
from samiam.formats import read_micrograph
from samiam.formats.brush_rle import decode_alpha, encode_mask
from samiam.label_studio.host import Host

pytestmark = pytest.mark.slow

SIDE = 128
LABELS = ("material 1", "material 2")


def half_and_half(seed: int) -> NDArray[np.uint8]:
    """Stripes to the left, a finer checkerboard to the right."""
    rows, columns = np.indices((SIDE, SIDE))
    stripes, squares = (rows + columns) % 12 < 6, ((rows // 2 + columns // 2) % 2).astype(bool)
    clean = np.where(columns < 76, np.where(stripes, 170, 50), np.where(squares, 220, 120))
    return np.clip(clean + np.random.default_rng(seed).normal(0, 12, clean.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running(tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture(scope="module")
def work(studio: Studio) -> Path:
    """Two micrographs, segmented and exported as tasks."""
    folder = studio.documents
    for name, seed in (("a", 1), ("b", 2)):
        tifffile.imwrite(folder / f"{name}.tif", half_and_half(seed))
    assert (
        main(["segment", str(folder / "a.tif"), str(folder / "b.tif"), "-o", str(folder / "results"), "-k", "2"]) == 0
    )
    assert main(["label-studio", "export", str(folder / "results"), "-o", str(folder / "tasks.json")]) == 0
    return folder


@pytest.fixture(scope="module")
def backend(studio: Studio, work: Path) -> Iterator[str]:
    """`samiam label-studio backend` as a process, and its address."""
    port = free_port()
    words = [
        "label-studio",
        "backend",
        "--port",
        str(port),
        "--images",
        str(work),
        "--label-studio",
        studio.url,
        "-k",
        "2",
    ]
    environment = {**os.environ, "LABEL_STUDIO_API_KEY": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-m", "samiam", *words], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        ended(process)


@pytest.fixture(scope="module")
def project(studio: Studio, work: Path) -> int:
    """A project with those tasks."""
    code = (work / "tasks" / "interface.xml").read_text(encoding="utf-8")
    number: int = studio.ask("/api/projects/", {"title": "materials", "label_config": code})["id"]
    studio.ask("/api/storages/localfiles/", {"project": number, "path": str(work / "tasks"), "title": "pictures"})
    sent = studio.ask(f"/api/projects/{number}/import", json.loads((work / "tasks.json").read_text(encoding="utf-8")))
    assert (sent["task_count"], sent["prediction_count"]) == (2, 2)
    return number


def tasks_of(studio: Studio, project: int) -> list[dict[str, Any]]:
    """The tasks, in the order of their images."""
    found = studio.ask(f"/api/tasks?project={project}&fields=all")["tasks"]
    return sorted((studio.ask(f"/api/tasks/{one['id']}/") for one in found), key=lambda one: str(one["data"]))


def labels_in(results: list[dict[str, Any]]) -> NDArray[np.uint32]:
    """Brushes as a label image."""
    labels = np.zeros((SIDE, SIDE), np.uint32)
    for result in results:
        mask = decode_alpha(result["value"]["rle"], (SIDE, SIDE)) > 0
        labels[mask] += LABELS.index(result["value"]["brushlabels"][0]) + 1
    return labels


def segmented(work: Path, name: str) -> NDArray[np.uint32]:
    return np.asarray(tifffile.imread(work / "results" / name / "labels.tif"))


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


@contextmanager
def connected(studio: Studio, project: int, url: str) -> Iterator[int]:
    """The number of a backend while it is connected to a project."""
    about = {"url": url, "project": project, "title": "samiam", "is_interactive": True}
    number = studio.ask("/api/ml/", about)["id"]
    try:
        yield number
    finally:
        studio.ask(f"/api/ml/{number}", method="DELETE")


def keypoint(label: str, x: float, y: float, *, positive: bool = True) -> dict[str, Any]:
    return drawn("keypointlabels", label, {"x": 100 * x / SIDE, "y": 100 * y / SIDE, "width": 0.5}, positive)


def drawn(kind: str, label: str, value: dict[str, Any], positive: bool = True) -> dict[str, Any]:
    about = {"original_width": SIDE, "original_height": SIDE, "image_rotation": 0, "is_positive": int(positive)}
    return {"type": kind, "from_name": "click", "to_name": "image", "value": {**value, kind: [label]}, **about}


def test_predictions_arrive_as_they_were_sent(studio: Studio, work: Path, project: int) -> None:
    for task, name in zip(tasks_of(studio, project), "ab", strict=True):
        (prediction,) = task["predictions"]
        np.testing.assert_array_equal(labels_in(prediction["result"]), segmented(work, name))
        picture = studio.ask(task["data"]["image"])
        assert np.asarray(Image.open(BytesIO(picture))).shape == (SIDE, SIDE)


def test_label_studios_own_converter_reads_our_run_lengths(studio: Studio, work: Path) -> None:
    """In Label Studio's environment, which has not this package."""
    script = (
        "import json, sys, numpy as np\n"
        "from label_studio_sdk.converter.brush import decode_rle\n"
        "for task in json.load(open(sys.argv[1])):\n"
        "    for result in task['predictions'][0]['result']:\n"
        "        shape = result['original_height'], result['original_width'], 4\n"
        "        mask = np.reshape(decode_rle(result['value']['rle']), shape)[:, :, 3]\n"
        "        print(json.dumps(np.packbits(mask > 0).tolist()), set(np.unique(mask)) == {0, 255})\n"
    )
    said = subprocess.run(
        [studio.python, "-c", script, work / "tasks.json"], capture_output=True, text=True, check=True, cwd=work,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    ).stdout.splitlines()  # fmt: skip
    masks = []
    for line in said:
        bits, _, is_clean = line.rpartition(" ")
        assert is_clean == "True"
        masks.append(np.unpackbits(np.array(json.loads(bits), np.uint8)).reshape(SIDE, SIDE).astype(bool))
    expected = [segmented(work, name) == label for name in "ab" for label in (1, 2)]
    np.testing.assert_array_equal(masks, expected)


def test_a_click_a_box_and_a_stroke_give_masks(studio: Studio, project: int, backend: str) -> None:
    task = tasks_of(studio, project)[0]
    truth = np.indices((SIDE, SIDE))[1] < 76
    stroke = np.zeros((SIDE, SIDE), bool)
    stroke[30:34, 90:120] = True
    with connected(studio, project, backend) as number:

        def answer(*results: dict[str, Any]) -> dict[str, Any]:
            asked = {"task": task["id"], "context": {"result": list(results)}}
            answered: dict[str, Any] = studio.ask(f"/api/ml/{number}/interactive-annotating", asked)
            assert "errors" not in answered, answered
            (result,) = answered["data"]["result"]
            assert result["type"] == "brushlabels"
            assert (result["from_name"], result["to_name"]) == ("tag", "image")
            return result

        clicked = answer(keypoint("material 1", 30, 64))
        assert iou(labels_in([clicked]) == 1, truth) > 0.9
        beside = answer(keypoint("material 2", 110, 20), keypoint("material 2", 20, 20, positive=False))
        assert iou(labels_in([beside]) == 2, ~truth) > 0.9
        corner = {"x": 0, "y": 0, "width": 100 * 76 / SIDE, "height": 100, "rotation": 0}
        boxed = answer(drawn("rectanglelabels", "material 1", corner))
        assert iou(labels_in([boxed]) == 1, truth) > 0.9
        painted = answer(drawn("brushlabels", "material 2", {"format": "rle", "rle": encode_mask(stroke)}))
        assert iou(labels_in([painted]) == 2, ~truth) > 0.9


def test_what_cannot_be_answered_is_said_to_the_annotator(studio: Studio, project: int, backend: str) -> None:
    task = tasks_of(studio, project)[0]
    with connected(studio, project, backend) as number:
        asked = {"task": task["id"], "context": {"result": [keypoint("vacuum", 30, 64)]}}
        answered = studio.ask(f"/api/ml/{number}/interactive-annotating", asked)
    assert "label vacuum: the brush has material 1, material 2 only" in answered["errors"][0]


def test_an_interface_without_a_brush_is_refused_when_connecting(studio: Studio, backend: str) -> None:
    boxes = '<RectangleLabels name="r" toName="i"><Label value="a"/></RectangleLabels>'
    code = f'<View><Image name="i" value="$image"/>{boxes}</View>'
    number = studio.ask("/api/projects/", {"title": "boxes", "label_config": code})["id"]
    with pytest.raises(AssertionError, match="no <BrushLabels> with labels on i"):
        studio.ask("/api/ml/", {"url": backend, "project": number, "title": "samiam"})


def test_predictions_for_all_tasks_and_versions(studio: Studio, work: Path, project: int, backend: str) -> None:
    with connected(studio, project, backend) as number:
        (version,) = studio.ask(f"/api/ml/{number}/versions")["versions"]
        chosen = {"selectedItems": {"all": True, "excluded": []}, "filters": None}
        studio.ask(f"/api/dm/actions?id=retrieve_tasks_predictions&project={project}", chosen)
    for task, name in zip(tasks_of(studio, project), "ab", strict=True):
        (found,) = [one for one in task["predictions"] if one["model_version"] == version]
        np.testing.assert_array_equal(labels_in(found["result"]), segmented(work, name))


def test_uploads_are_fetched_with_either_kind_of_key(studio: Studio, work: Path, backend: str, tmp_path: Path) -> None:
    Image.fromarray(half_and_half(3)).save(tmp_path / "up load.png")
    code = (work / "tasks" / "interface.xml").read_text(encoding="utf-8")
    number = studio.ask("/api/projects/", {"title": "uploads", "label_config": code})["id"]
    studio.upload(f"/api/projects/{number}/import", tmp_path / "up load.png")
    (task,) = tasks_of(studio, number)
    with connected(studio, number, backend) as connection:
        asked = {"task": task["id"], "context": {"result": [keypoint("material 1", 30, 64)]}}
        answered = studio.ask(f"/api/ml/{connection}/interactive-annotating", asked)
    assert iou(labels_in(answered["data"]["result"]) == 1, np.indices((SIDE, SIDE))[1] < 76) > 0.9
    personal = studio.ask("/api/token/", {})["token"]
    address = task["data"]["image"]
    assert Host(studio.url, personal).fetched(address) == Host(studio.url, TOKEN).fetched(address)
    assert Image.open(BytesIO(Host(studio.url, personal).fetched(address))).size == (SIDE, SIDE)


def test_annotations_come_back_as_they_were_drawn(studio: Studio, work: Path, project: int, tmp_path: Path) -> None:
    first, _ = tasks_of(studio, project)
    predicted = next(one for one in first["predictions"] if "compact" not in one["model_version"])["result"]
    studio.ask(f"/api/tasks/{first['id']}/annotations/", {"result": predicted, "lead_time": 12.5})
    studio.ask(f"/api/tasks/{first['id']}/annotations/", {"result": [], "was_cancelled": True})
    about = {"to_name": "image", "original_width": SIDE, "original_height": SIDE, "image_rotation": 0}
    tools = {
        "RectangleLabels": {"x": 50, "y": 10, "width": 30, "height": 20, "rotation": 30},
        "EllipseLabels": {"x": 30, "y": 70, "radiusX": 20, "radiusY": 10, "rotation": 60},
        "PolygonLabels": {"points": [[70, 60], [95, 65], [80, 95]], "closed": True},
    }
    code = "".join(
        f'<{kind} name="{kind}" toName="image"><Label value="{kind}"/></{kind}>' for kind in ("BrushLabels", *tools)
    )
    code = f'<View><Image name="image" value="$image"/>{code}</View>'
    number = studio.ask("/api/projects/", {"title": "shapes", "label_config": code})["id"]
    data = base64.b64encode((work / "tasks" / "b.png").read_bytes()).decode()
    sent = [{"data": {"image": f"data:image/png;base64,{data}", "file_name": "b.tif"}}]
    studio.ask(f"/api/projects/{number}/import", sent)
    (shapes,) = tasks_of(studio, number)
    results = [
        {"id": kind, "from_name": kind, "type": kind.lower(), "value": {**value, kind.lower(): [kind]}, **about}
        for kind, value in tools.items()
    ]
    studio.ask(f"/api/tasks/{shapes['id']}/annotations/", {"result": results})

    for which, name in ((project, "brushes"), (number, "shapes")):
        content = studio.ask(f"/api/projects/{which}/export?exportType=JSON&download_all_tasks=true")
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        words = ["label-studio", "import", str(tmp_path / f"{name}.json"), "-o", str(tmp_path / name)]
        assert main([*words, "--images", str(work)]) == 0

    (brushes,) = (found.read() for found in find_labelled(tmp_path / "brushes"))
    np.testing.assert_array_equal(brushes.labels, segmented(work, "a"))
    assert list(brushes.materials) == list(LABELS)
    assert brushes.parameters["labelling_s"] == 12.5
    np.testing.assert_array_equal(brushes.micrograph.pixels, read_micrograph(work / "a.tif").pixels)
    (scene,) = (found.read() for found in find_labelled(tmp_path / "shapes"))
    rows, columns = (np.indices((SIDE, SIDE)) + 0.5) * 100 / SIDE
    turned = affinity.rotate(box(50, 10, 80, 30), 30, origin=(50, 10))
    np.testing.assert_array_equal(
        scene.labels == list(scene.materials).index("RectangleLabels") + 1, contains_xy(turned, columns, rows)
    )
    counts = {kind: int((scene.labels == label).sum()) for label, kind in enumerate(scene.materials, start=1)}
    per_percent = (SIDE / 100) ** 2
    assert counts["EllipseLabels"] == pytest.approx(np.pi * 20 * 10 * per_percent, rel=0.02)
    assert counts["PolygonLabels"] == pytest.approx(0.5 * abs(25 * 35 - 5 * 10) * per_percent, rel=0.02)


def test_what_label_studio_converts_to_png_is_what_was_segmented(
    studio: Studio, work: Path, project: int, tmp_path: Path
) -> None:
    task = tasks_of(studio, project)[1]
    predicted = next(one for one in task["predictions"] if "compact" not in one["model_version"])["result"]
    studio.ask(f"/api/tasks/{task['id']}/annotations/", {"result": predicted})
    packed = studio.ask(f"/api/projects/{project}/export?exportType=BRUSH_TO_PNG")
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "pngs")
    for label in (1, 2):
        (file,) = (tmp_path / "pngs").rglob(f"task-{task['id']}-*-{LABELS[label - 1]}-0.png")
        np.testing.assert_array_equal(np.asarray(Image.open(file)) > 0, segmented(work, "b") == label)
