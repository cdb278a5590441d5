"""The page's server: who is let in, and what is answered; with the compact network, on a small picture."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.viewer import Viewer, view
from samiam.viewer.drawing import Pyramid, n_levels

app = pytest.importorskip("samiam.viewer.app", reason="needs samiam[viewer]")


def bands() -> Micrograph:
    """Two lattices, one above the other, with some noise."""
    rows, columns = np.indices((256, 256))
    upper = np.sin(rows * 0.55) * np.sin(columns * 0.55)
    lower = np.sin(rows * 0.9 + columns * 0.3)
    noise = np.random.default_rng(0).normal(0, 0.05, (256, 256))
    pixels = 0.5 + 0.3 * np.where(rows < 160, upper, lower) + noise
    return Micrograph(pixels.clip(0, 1).astype(np.float32), name="bands")


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    made = view(bands(), output=tmp_path_factory.mktemp("results"), who="Ann")
    yield made
    made.close()


def ask(viewer: Viewer, path: str, asked: object = None, **headers: str) -> tuple[int, bytes]:
    body = None if asked is None else json.dumps(asked).encode()
    request = urllib.request.Request(viewer.address + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def told(viewer: Viewer, path: str, asked: object = None) -> Any:
    code, body = ask(viewer, path, asked)
    assert code == 200, body
    return json.loads(body)


def tile_of(viewer: Viewer, path: str) -> Image.Image:
    code, body = ask(viewer, f"image/0/tile/{path}")
    assert code == 200, body
    return Image.open(io.BytesIO(body))


class TestWhoIsLetIn:
    def test_the_page_with_its_token(self, viewer: Viewer) -> None:
        code, body = ask(viewer, "")
        assert (code, body[:15]) == (200, b"<!DOCTYPE html>")
        scripts = ("asking", "here", "keys", "knobs", "main", "panel", "screen", "server", "tools")
        for part in (*(f"{name}.js" for name in scripts), "viewer.css", "icon.svg"):
            assert ask(viewer, f"page/{part}")[0] == 200

    @pytest.mark.parametrize("path", ["", "desk", "image/0", "page/main.js"])
    def test_another_token(self, viewer: Viewer, path: str) -> None:
        root, token, _ = viewer.address.rsplit("/", 2)
        for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), token[:5], "x", "é"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"{root}/{urllib.request.quote(wrong)}/{path}", timeout=30)

    @pytest.mark.parametrize("name", ["host", "origin"])
    def test_a_page_of_another_site(self, viewer: Viewer, name: str) -> None:
        wrong = {"host": "evil.example", "origin": "http://evil.example"}[name]
        assert ask(viewer, "desk", **{name: wrong})[0] == 403

    def test_no_file_but_those_of_the_page(self, viewer: Viewer) -> None:
        for name in ("..%2Fapp.py", "..%5Capp.py", "%2Fetc%2Fpasswd", "none.js", "main"):
            assert ask(viewer, f"page/{name}")[0] == 404

    def test_a_port_that_is_taken(self, viewer: Viewer) -> None:
        port = int(viewer.address.split(":")[2].split("/")[0])
        with pytest.raises(InputError, match=rf"port {port} cannot be had .*; give another by --port"):
            app.Server(viewer._desk, port)
        with pytest.raises(InputError, match="port 70000: give 0"):
            app.Server(viewer._desk, 70000)


class TestAnswers:
    def test_a_route(self, viewer: Viewer) -> None:
        begun = told(viewer, "image/0")
        assert len(begun["regions"]) == 2
        assert (begun["width"], begun["height"], begun["is_saved"]) == (256, 256, True)
        merged = told(viewer, "image/0/do", {"action": "merge", "numbers": [1, 2]})
        assert [region["share"] for region in merged["regions"]] == [1.0]
        assert merged["steps"][-1]["text"] == "merged regions 1 and 2"
        pointed = told(viewer, "image/0/do", {"action": "point", "x": 100, "y": 220})
        assert pointed["is_pointing"]
        assert 0.3 < pointed["regions"][-1]["share"] < 0.45
        found = told(viewer, "image/0/do", {"action": "find_all", "box_xyxy": [20, 20, 60, 60]})
        assert 0.55 < found["regions"][-1]["share"] < 0.7
        here = told(viewer, "image/0/at/30/30")
        assert here["region"] == found["regions"][-1]["number"]
        assert here["masks"]
        assert [step["what"] for step in here["steps"]] == ["merge", "find_all"] or here["steps"][-1][
            "what"
        ] == "find_all"
        saved = told(viewer, "image/0/save", {})
        assert saved["is_saved"]
        assert (Path(saved["folder"]) / "labels.tif").is_file()
        for _ in range(3):
            begun_again = told(viewer, "image/0/do", {"action": "undo"})
        assert begun_again["regions"] == begun["regions"]
        assert len(viewer.result().masks) == 2

    def test_tiles(self, viewer: Viewer) -> None:
        image = np.asarray(tile_of(viewer, "image/0/0/0"))
        np.testing.assert_array_equal(image, np.rint(255 * bands().pixels))
        labels = viewer.session().canvas.labels
        fill = np.asarray(tile_of(viewer, "fill/0/0/0").convert("RGBA"))
        np.testing.assert_array_equal(fill[..., 3] > 0, labels > 0)
        assert fill[20, 20, :3].tolist() == [230, 159, 0]
        line = np.asarray(tile_of(viewer, "line/0/0/0").convert("RGBA"))
        expected = np.zeros(labels.shape, bool)
        across = labels[1:] != labels[:-1]
        along = labels[:, 1:] != labels[:, :-1]
        expected[1:] |= across
        expected[:-1] |= across
        expected[:, 1:] |= along
        expected[:, :-1] |= along
        np.testing.assert_array_equal(line[..., 3] > 0, expected)
        alone = np.asarray(tile_of(viewer, "fill/0/0/0?only=2").convert("RGBA"))
        np.testing.assert_array_equal(alone[..., 3] > 0, labels == 2)

    @pytest.mark.parametrize(
        ("path", "asked", "said"),
        [
            ("image/7", None, "there is no image 7"),
            ("image/0/at/256/3", None, "lies outside"),
            ("image/0/tile/fill/1/0/0", None, "no layer fill at level 1"),
            ("image/0/tile/none/0/0/0", None, "no layer none"),
            ("image/0/tile/image/0/3/0", None, "no tile 3,0"),
            ("image/0/do", {"action": "fly"}, "no such action"),
            ("image/0/do", [1], "no such action"),
            ("image/0/do", {"action": "point", "x": 400, "y": 3}, "lies outside"),
            ("image/0/do", {"action": "paint" * 500_000}, "too much"),
        ],
    )
    def test_what_is_refused(self, viewer: Viewer, path: str, asked: object, said: str) -> None:
        code, body = ask(viewer, path, asked)
        assert code == 422
        assert said in json.loads(body)["refused"]


def test_a_notebook_shows_the_page(viewer: Viewer) -> None:
    assert f'<iframe src="{viewer.address}"' in viewer._repr_html_()
    assert repr(viewer) == f"Viewer(bands; {viewer.address})"


def test_levels_of_a_pyramid_halve_until_a_tile_holds_all() -> None:
    assert [n_levels(shape) for shape in ((1, 1), (512, 512), (513, 4), (2048, 2048), (4096, 4096))] == [1, 1, 2, 3, 4]
    steps = np.kron([[0.0, 1.0], [0.5, 0.2]], np.ones((300, 301))).astype(np.float32)
    levels = Pyramid(steps).levels
    assert [level.shape for level in levels] == [(600, 602), (300, 301)]
    assert levels[1][0, 0] == 0
    assert levels[1][-1, -1] == 51


def test_small_answers_do_not_wait_for_more_to_send() -> None:
    async def has_no_delay() -> bool:
        found = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            found.set_result(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        async with await asyncio.start_server(connected, sock=app._bound(0)) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                return bool(await found)
            finally:
                writer.close()

    assert asyncio.run(has_no_delay())
