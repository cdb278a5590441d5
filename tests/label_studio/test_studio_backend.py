"""What the backend answers, by a generator that knows one mask, over HTTP and without."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest
from made_label_studio import brush, drawn
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal
from serving import serving

from samiam.formats.brush_rle import decode_alpha
from samiam.formats.writers.exports.label_studio import interface_of
from samiam.label_studio.addresses import Images
from samiam.label_studio.backend import Backend, labels_for
from samiam.label_studio.looks import Looks
from samiam.label_studio.server import BackendServer
from samiam.records import Masks, Micrograph, Segmentation

SHAPE = (24, 32)
CODE = interface_of([("Ge", (1, 2, 3)), ("STO", (4, 5, 6))], asking=True)
LEFT = np.indices(SHAPE)[1] < 16
LABELS = np.where(LEFT, 1, 2).astype(np.uint32)


class Halves:
    """Answers with the half of the image that the first click or the box lies in."""

    name = "halves"
    options: dict[str, Any] = {}  # noqa: RUF012
    made: list[Halves] = []  # noqa: RUF012
    nothing_left_of = 2

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.asked: list[tuple[Any, Any, Any]] = []
        self.made.append(self)

    def set_image(self, micrograph: Micrograph) -> None:
        self.seen.append(Path(micrograph.metadata["path"]).name)

    def generate(self, micrograph: Micrograph) -> Masks:
        raise NotImplementedError

    def predict(self, points: Any = None, labels: Any = None, boxes: Any = None, most: int | None = None) -> Masks:
        self.asked.append((points, labels, boxes))
        x = points[0][0] if points else boxes[0]
        if x < self.nothing_left_of:
            return Masks.empty(SHAPE)
        half: NDArray[np.bool_] = LEFT if x < 16 else ~LEFT
        return Masks.from_arrays([half, np.ones(SHAPE, bool)], SHAPE, predicted_iou=[0.75, 0.25]).select(
            range(2)[:most]
        )


def found(names: tuple[str | None, ...] = (None, None)) -> Segmentation:
    confidences = [0.9] * len(names)
    return Segmentation(LABELS, [], len(names), False, Masks.empty(SHAPE), names=names, confidences=confidences)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in "abcd":
        Image.fromarray(rng.integers(0, 256, SHAPE).astype(np.uint8)).save(tmp_path / f"{name}.png")
    Halves.made.clear()
    return tmp_path


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def backend(folder: Path, said: list[str]) -> Backend:
    looks = Looks(Images([folder]), {}, Halves, most=2)
    return Backend(looks, lambda *_: found(("STO", None)), "samiam 9 halves", said.append)


def request(*results: dict[str, Any], tasks: int = 1, image: str = "a.png") -> dict[str, Any]:
    each = [{"id": number, "data": {"image": image}} for number in range(1, tasks + 1)]
    context = {"result": list(results)} if results else None
    return {"tasks": each, "label_config": CODE, "project": "1.2", "params": {"context": context}}


def click(label: str, x: float, y: float = 50, **changes: Any) -> dict[str, Any]:
    return drawn("keypoint", label, SHAPE, x=x, y=y, width=0.5) | changes


def mask_of(result: dict[str, Any]) -> NDArray[np.bool_]:
    return decode_alpha(result["value"]["rle"], SHAPE) > 0


def test_a_click_gives_the_likeliest_mask_as_the_brush_of_the_project(backend: Backend) -> None:
    (prediction,) = backend.predict(request(click("STO", 75)))["results"]
    (result,) = prediction["result"]
    np.testing.assert_array_equal(mask_of(result), ~LEFT)
    said = {key: result[key] for key in ("from_name", "to_name", "type", "original_width", "score")}
    assert said == {
        "from_name": "tag",
        "to_name": "image",
        "type": "brushlabels",
        "original_width": 32,
        "score": 0.75,
    }
    assert result["value"]["brushlabels"] == ["STO"]
    assert (prediction["score"], prediction["model_version"]) == (0.75, "samiam 9 halves")


def test_clicks_and_boxes_arrive_as_they_were_drawn(backend: Backend) -> None:
    box = drawn("rectangle", "Ge", SHAPE, x=25, y=0, width=50, height=50)
    backend.predict(request(click("Ge", 50), click("Ge", 100, is_positive=0), box))
    assert Halves.made[0].asked == [([(15.5, 11.5), (31.0, 11.5)], [1, 0], (8, 0, 24, 12))]


def test_several_labels_are_several_regions(backend: Backend) -> None:
    results = backend.predict(request(click("STO", 75), click("Ge", 25)))["results"][0]["result"]
    assert [result["value"]["brushlabels"] for result in results] == [["STO"], ["Ge"]]
    assert len({result["id"] for result in results}) == 2
    np.testing.assert_array_equal(mask_of(results[1]), LEFT)


def test_an_image_is_looked_at_once_and_a_few_are_remembered(backend: Backend, folder: Path) -> None:
    def ask(*images: str) -> None:
        for image in images:
            backend.predict(request(click("Ge", 50), image=f"{image}.png"))

    ask("a", "b", "a", "b", "a")
    assert [one.seen for one in Halves.made] == [["a.png"], ["b.png"]]
    ask("c", "a")  # c takes the place of b, which was not asked for for longest
    assert [one.seen for one in Halves.made] == [["a.png"], ["b.png", "c.png"]]
    Image.fromarray(np.zeros((24, 32), np.uint8) + np.arange(32, dtype=np.uint8)).save(folder / "a.png")
    ask("a")
    assert sum(one.seen.count("a.png") for one in Halves.made) == 2


def test_an_image_that_cannot_be_read_costs_no_generator(backend: Backend, folder: Path) -> None:
    (folder / "bad.png").write_bytes(b"x")
    for _ in range(5):
        refusal(lambda: backend.predict(request(click("Ge", 50), image="bad.png")))
    backend.predict(request(click("Ge", 50)))
    assert len(Halves.made) == 1


def test_without_a_click_all_materials_with_guessed_labels_said_to_be(backend: Backend) -> None:
    (prediction,) = backend.predict(request())["results"]
    sto, guessed = prediction["result"]
    np.testing.assert_array_equal(mask_of(sto), LEFT)
    np.testing.assert_array_equal(mask_of(guessed), ~LEFT)
    assert [one["value"]["brushlabels"] for one in (sto, guessed)] == [["STO"], ["Ge"]]
    assert "meta" not in sto
    assert "guess" in guessed["meta"]["text"][0]
    assert prediction["score"] == 0.9


def test_labels_of_materials() -> None:
    assert labels_for(found(), ["Ge", "STO", "W"]) == {1: "Ge", 2: "STO"}
    assert labels_for(found((None, "Ge")), ["Ge", "STO"]) == {1: "STO", 2: "Ge"}
    assert labels_for(found(("W", "Ge")), ["Ge"]) == {2: "Ge"}


def test_a_material_without_a_label_is_said(backend: Backend, said: list[str]) -> None:
    asked = request() | {"label_config": interface_of([("STO", (1, 2, 3))])}
    (result,) = backend.predict(asked)["results"][0]["result"]
    np.testing.assert_array_equal(mask_of(result), LEFT)
    assert said == ["task 1: no label is left for 1 of 2 materials."]


def test_of_several_tasks_one_that_cannot_be_answered_is_said(backend: Backend, said: list[str]) -> None:
    asked = request(tasks=3)
    asked["tasks"][1]["data"]["image"] = "../secret.png"
    first, second, third = backend.predict(asked)["results"]
    assert len(first["result"]) == len(third["result"]) == 2
    assert second == []
    assert "task 2: ../secret.png" in said[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tasks": []}, "no task"),
        ({"tasks": [3]}, "no data"),
        ({"label_config": "<View/>"}, "no <Image>"),
        ({"params": {"context": {"result": [click("Ge", 1)]}}}, "Ge: nothing stands out there"),
        ({"params": {"context": {"result": [brush("Ge", np.ones((3, 3), bool))]}}}, "drawn on (3, 3) pixels"),
        ({"params": {"context": {"elsewhere": 1}}}, "nothing is pointed at"),
        ({"params": {"context": [1]}}, "not as Label Studio sends it"),
        ({"params": [1]}, "not as Label Studio sends it"),
    ],
)
def test_what_cannot_be_answered(backend: Backend, changes: dict[str, Any], why: str) -> None:
    assert why in refusal(lambda: backend.predict(request() | changes))


def test_the_end_waits_for_what_is_being_looked_at(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    has_begun, order = threading.Event(), list[str]()

    def look(*_: object, **__: object) -> Masks:
        has_begun.set()
        time.sleep(0.1)
        order.append("looked")
        return Masks.empty(SHAPE)

    monkeypatch.setattr(Halves, "predict", look)
    asking = threading.Thread(target=refusal, args=(lambda: backend.predict(request(click("Ge", 25))),))
    asking.start()
    assert has_begun.wait(10)
    backend.end()
    order.append("ended")
    asking.join()
    assert order == ["looked", "ended"]


class TestOverHttp:
    @pytest.fixture
    def server(self, backend: Backend) -> Iterator[BackendServer]:
        server = BackendServer("127.0.0.1", 0, backend)
        with serving(server):
            yield server

    def ask(self, server: BackendServer, path: str, content: object = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        with urllib.request.urlopen(urllib.request.Request(server.url + path, body), timeout=10) as answer:
            return json.loads(answer.read())

    def refused(self, server: BackendServer, path: str, content: object) -> tuple[int, str]:
        with pytest.raises(HTTPError) as caught:
            self.ask(server, path, content)
        with caught.value as error:
            said = json.loads(error.read())["error"]
            assert error.reason == said, "annotators see the status line"
            return error.code, said

    def test_what_label_studio_asks_first(self, server: BackendServer) -> None:
        for path in ("/", "/health"):
            assert self.ask(server, path)["status"] == "UP"
        assert self.ask(server, "/versions?project=1") == {"versions": ["samiam 9 halves"]}
        assert self.ask(server, "/setup", {"schema": CODE, "project": "1.2"}) == {"model_version": "samiam 9 halves"}
        for path in ("/webhook", "/train"):
            assert "nothing is learnt" in self.ask(server, path, {"action": "START_TRAINING"})["detail"]

    def test_a_click(self, server: BackendServer) -> None:
        (prediction,) = self.ask(server, "/predict", request(click("Ge", 25)))["results"]
        np.testing.assert_array_equal(mask_of(prediction["result"][0]), LEFT)

    def test_refusals(self, server: BackendServer, said: list[str]) -> None:
        code, why = self.refused(server, "/setup", {"schema": "<View/>"})
        assert code == 400
        assert "no <Image>" in why
        assert said == [f"/setup: {why}"]
        assert self.refused(server, "/nowhere", {})[0] == 404
        assert self.refused(server, "/predict", [])[1] == "the request is no JSON object; ask as Label Studio does."

    @pytest.mark.parametrize("length", ["-1", "x", "9" * 30, None])
    def test_lengths_that_are_none(self, server: BackendServer, length: str | None) -> None:
        connection = HTTPConnection(*server.server_address[:2], timeout=10)  # type: ignore[arg-type]
        connection.putrequest("POST", "/predict")
        if length is not None:
            connection.putheader("Content-Length", length)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 400
        assert "bytes" in json.loads(answer.read())["error"]
        connection.close()

    def test_a_fault_of_ours_is_told_from_a_refusal(
        self, server: BackendServer, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Halves, "predict", lambda *_, **__: 1 / 0)
        assert self.refused(server, "/predict", request(click("Ge", 25)))[0] == 500
        assert "ZeroDivisionError" in said[0]
        assert self.ask(server, "/health")["status"] == "UP"

    def test_a_port_that_is_taken(self, server: BackendServer) -> None:
        port = server.server_address[1]
        assert "give another --port" in refusal(lambda: BackendServer("127.0.0.1", port, server.backend))
