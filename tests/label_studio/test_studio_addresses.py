"""Images may be taken from given folders and one host, and from nowhere else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from serving import serving

from samiam.label_studio.addresses import Images, name_in
from samiam.label_studio.host import Host


@pytest.fixture
def images(tmp_path: Path) -> Images:
    (tmp_path / "root" / "sub").mkdir(parents=True)
    (tmp_path / "root" / "sub" / "a b.png").write_bytes(b"inside")
    (tmp_path / "secret.png").write_bytes(b"outside")
    (tmp_path / "root" / "link.png").symlink_to(tmp_path / "secret.png")
    return Images([tmp_path / "root"])


def content(images: Images, address: str) -> bytes:
    with images.file(address) as path:
        return path.read_bytes()


@pytest.mark.parametrize("address", ["/data/local-files/?d=sub/a%20b.png", "sub/a%20b.png", "sub/../sub/a b.png"])
def test_files_of_a_folder(images: Images, address: str) -> None:
    assert content(images, address) == b"inside"


@pytest.mark.parametrize(
    "address",
    [
        "/data/local-files/?d=../secret.png",
        "/data/local-files/?d=sub/../../secret.png",
        "/data/local-files/?d=%2e%2e/secret.png",
        "/data/local-files/?d=link.png",
        "/data/local-files/?d={outside}",
        "/data/local-files/?d=sub",
        "/data/local-files/?d=a%00.png",
        "/data/local-files/",
        "{outside}",
        "file://{outside}",
        "../secret.png",
        "link.png",
        "http://localhost/secret.png",
        "http://[bad/secret.png",
        "",
        "x" * 10_000,
    ],
)
def test_nothing_else(images: Images, tmp_path: Path, address: str) -> None:
    given = address.format(outside=tmp_path / "secret.png")
    message = refusal(lambda: content(images, given))
    assert "give --images DIR, or --label-studio URL" in message or "is no address" in message
    assert len(message) < 500


def test_data_in_the_address(images: Images) -> None:
    data = base64.b64encode(b"pixels").decode()
    with images.file(f"data:image/jpeg;base64,{data}", "../my task") as path:
        assert path.read_bytes() == b"pixels"
        assert path.name == "_my_task.jpg"
    assert not path.exists()
    assert "damaged" in refusal(lambda: content(images, "data:image/png;base64,AAA*"))
    assert "data:image/svg+xml: of that kind" in refusal(lambda: content(images, f"data:image/svg+xml;base64,{data}"))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/1/0a-b%20c.png?x=1", "0a-b c.png"),
        ("/data/local-files/?d=x/y.tif", "y.tif"),
        ("data:image/png;base64,AA==", "image.png"),
    ],
)
def test_names(address: str, name: str) -> None:
    assert name_in(address) == name


class Answer(BaseHTTPRequestHandler):
    """A Label Studio that knows one legacy key, one personal one, and one upload."""

    server: Any

    def do_GET(self) -> None:
        key = self.headers.get("Authorization")
        self.server.keys.append(key)
        if self.path == "/base/moved.png":
            self.send_response(302)
            self.send_header("Location", f"{self.server.elsewhere}/data/a.png")
            self.end_headers()
            return
        known = self.path == "/base/data/upload/a.png" and key in ("Token legacy", "Bearer access")
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"upload")

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_known = (self.path, given) == ("/base/api/token/refresh/", {"refresh": "a.b.c"})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"access": "access"}' if is_known else b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.keys = []
    server.url = f"http://127.0.0.1:{server.server_port}/base"
    server.elsewhere = f"http://localhost:{server.server_port}"
    with serving(server):
        yield server


@pytest.mark.parametrize("key", ["legacy", "a.b.c"])
def test_uploads_are_fetched_with_the_key(server: Any, key: str) -> None:
    images = Images([], Host(server.url, key))
    for address in ("/data/upload/a.png", f"{server.url}/data/upload/a.png"):
        assert content(images, address) == b"upload"
    assert key not in repr(images)


def test_the_key_goes_to_no_other_host(server: Any) -> None:
    host = Host(server.url, "legacy")
    for place in (f"{server.elsewhere}/", "//localhost/", "https://127.0.0.1/", "file:///", "ftp://x/", "http://[/"):
        assert "from nowhere else anything is fetched" in refusal(partial(host.fetched, f"{place}a.png"))
    assert server.keys == []
    assert "answers 302" in refusal(lambda: host.fetched("/moved.png"))
    assert server.keys == ["Token legacy"]


def test_what_cannot_be_fetched(server: Any) -> None:
    assert "answers 401" in refusal(lambda: Host(server.url, "other").fetched("/data/upload/a.png"))
    assert "does not take the key" in refusal(lambda: Host(server.url, "x.y.z").fetched("/data/upload/a.png"))
    assert "look whether Label Studio runs" in refusal(lambda: Host("http://127.0.0.1:9").fetched("/a.png"))
    assert "is no address" in refusal(lambda: Host("localhost:8080"))
    assert "characters that none has" in refusal(lambda: Host(server.url, "a\nb"))
