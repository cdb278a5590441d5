from __future__ import annotations

import hashlib
import http.client
import re
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from serving import serving

from samiam.errors import InputError
from samiam.storage import checkpoints
from samiam.storage.checkpoints import (
    CHECKPOINTS,
    Checkpoint,
    cache_folder,
    fetch,
    list_checkpoints,
    load_state_dict,
    verify_cached,
)
from samiam.storage.downloads import read_url

CONTENT = bytes(range(256)) * 40


class Server(ThreadingHTTPServer):
    """Serves `content` at /weights.pth and remembers what was asked for."""

    content = CONTENT
    takes_ranges = True
    hangs_up_after: int | None = None
    headers: Mapping[str, str] = {}
    waits_s = 0.0
    ranges: list[str | None]
    sent_bytes: int


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        if self.path != "/weights.pth":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.takes_ranges else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        time.sleep(self.server.waits_s)
        self.send_response(206 if start else 200)
        for name, value in ({"Content-Length": str(len(body))} | dict(self.server.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        body = body[: self.server.hangs_up_after]
        self.server.sent_bytes += len(body)  # before the client has it all and looks
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    server = Server(("127.0.0.1", 0), Handler)
    server.ranges, server.sent_bytes = [], 0
    with serving(server):
        yield server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    del cache
    url = f"http://127.0.0.1:{server.server_port}/weights.pth"
    checkpoint = Checkpoint("tiny", url, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "weights.pth")
    monkeypatch.setitem(CHECKPOINTS, "tiny", checkpoint)
    return checkpoint


def one_line(error: pytest.ExceptionInfo[InputError], *parts: object) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def test_published_checkpoints_are_well_formed() -> None:
    assert list(CHECKPOINTS) == ["vit_b", "vit_l", "vit_h", "resnet18_imagenet", "resnet50_imagenet"]
    for name, checkpoint in CHECKPOINTS.items():
        assert checkpoint.name == name
        assert checkpoint.url.startswith("https://")
        assert checkpoint.url.endswith(f"/{checkpoint.filename}")
        assert re.fullmatch("[0-9a-f]{64}", checkpoint.sha256)
    assert CHECKPOINTS["resnet18_imagenet"].sha256.startswith("f37072fd")
    assert CHECKPOINTS["resnet50_imagenet"].sha256.startswith("0676ba61")
    assert CHECKPOINTS["vit_b"].url == "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"


def test_fresh_fetch_then_cached_hit(
    server: Server, cache: Path, tiny: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fetch("tiny")
    assert path == cache / "weights.pth"
    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in cache.glob("[!.]*")] == ["weights.pth"]
    output = capsys.readouterr()
    assert "weights.pth: 100%" in output.err
    assert not output.out

    assert fetch(tiny) == path
    assert server.ranges == [None]


def test_fetch_into_a_folder_of_choice(tmp_path: Path, tiny: Checkpoint) -> None:
    assert fetch(tiny, tmp_path / "mine") == tmp_path / "mine" / "weights.pth"


def test_resume_asks_for_the_rest_only(server: Server, cache: Path, tiny: Checkpoint) -> None:
    cache.mkdir()
    (cache / "weights.pth.part").write_bytes(CONTENT[:1000])
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]
    assert server.sent_bytes == len(CONTENT) - 1000


def test_starts_over_where_the_server_knows_no_ranges(server: Server, cache: Path, tiny: Checkpoint) -> None:
    server.takes_ranges = False
    cache.mkdir()
    (cache / "weights.pth.part").write_bytes(b"something else" * 100)
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.sent_bytes == len(CONTENT)


def test_starts_over_where_the_range_is_impossible(server: Server, cache: Path, tiny: Checkpoint) -> None:
    cache.mkdir()
    (cache / "weights.pth.part").write_bytes(CONTENT + b"too much")
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT) + 8}-", None]


def test_complete_partial_needs_no_network(server: Server, cache: Path, tiny: Checkpoint) -> None:
    cache.mkdir()
    (cache / "weights.pth.part").write_bytes(CONTENT)
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.ranges == []


def test_three_at_once_bring_it_once(server: Server, cache: Path, tiny: Checkpoint) -> None:
    server.waits_s = 0.1
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: fetch(tiny), range(3))) == {cache / "weights.pth"}
    assert (cache / "weights.pth").read_bytes() == CONTENT
    assert server.ranges == [None]


@pytest.mark.parametrize("length", ["nonsense", "-1", "9" * 5000, "1e9"])
def test_a_length_that_makes_no_sense_is_not_needed(server: Server, tiny: Checkpoint, length: str) -> None:
    server.headers = {"Content-Length": length}
    server.hangs_up_after = len(CONTENT)
    assert fetch(tiny).read_bytes() == CONTENT


def test_a_part_from_elsewhere_is_not_added(server: Server, cache: Path, tiny: Checkpoint) -> None:
    server.headers = {"Content-Range": f"bytes 7-{len(CONTENT)}/{len(CONTENT)}"}
    cache.mkdir()
    (cache / "weights.pth.part").write_bytes(CONTENT[:1000])
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


def test_no_more_is_taken_than_there_should_be(server: Server, tiny: Checkpoint) -> None:
    server.content = CONTENT + b"x" * 10**7
    with pytest.raises(InputError) as error:
        fetch(tiny)
    one_line(error, f"delivered something else ({len(CONTENT) + 1} bytes")


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://127.0.0.1/a", "/etc/hostname", "http://[::1", "http://a b/"]
)
def test_no_address_of_a_web_server(cache: Path, tiny: Checkpoint, url: str) -> None:
    with pytest.raises(InputError) as error:
        fetch(replace(tiny, url=url))
    one_line(error, "cannot be downloaded")
    assert not (cache / "weights.pth").exists()


def test_an_answer_that_is_read_whole_is_small(server: Server, tiny: Checkpoint) -> None:
    server.content = bytes(10**7 + 1)
    with pytest.raises(ConnectionError, match="more than 10000000 bytes"):
        read_url(tiny.url)


def test_a_broken_connection_keeps_what_arrived(server: Server, cache: Path, tiny: Checkpoint) -> None:
    server.hangs_up_after = 3000
    with pytest.raises(InputError) as error:
        fetch(tiny)
    one_line(error, "broke after 3000 of 10240 bytes", "resume", tiny.url, tiny.sha256)
    assert (cache / "weights.pth.part").read_bytes() == CONTENT[:3000]

    server.hangs_up_after = None
    assert fetch(tiny).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-"]


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT[:-1], CONTENT + b"x", b"<html>"])
@pytest.mark.parametrize("size_known", [True, False])
def test_other_content_is_refused_and_removed(
    server: Server, cache: Path, tiny: Checkpoint, content: bytes, size_known: bool
) -> None:
    server.content = content
    with pytest.raises(InputError) as error:
        fetch(tiny if size_known else replace(tiny, size_bytes=None))
    found = hashlib.sha256(content).hexdigest()
    one_line(error, tiny.url, tiny.sha256, found, cache / "weights.pth")
    assert list(cache.glob("[!.]*")) == []


def test_no_final_file_before_verification(cache: Path, tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(path: Path) -> str:
        seen.append(Path(path).name)
        assert not (cache / "weights.pth").exists()
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()

    monkeypatch.setattr(checkpoints, "sha256_of", spy)
    fetch(tiny)
    assert seen == ["weights.pth.part"]


def test_flipped_byte_in_the_cache_is_refused_and_left(server: Server, tiny: Checkpoint) -> None:
    path = fetch(tiny)
    flipped = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    path.write_bytes(flipped)
    for attempt in (fetch, verify_cached, load_state_dict):
        with pytest.raises(InputError) as error:
            attempt("tiny")
        one_line(error, path, tiny.sha256, hashlib.sha256(flipped).hexdigest(), "delete it")
    assert path.read_bytes() == flipped
    assert server.ranges == [None]


def test_offline(cache: Path, tiny: Checkpoint) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    lost = replace(tiny, url=f"http://127.0.0.1:{port}/weights.pth")
    with pytest.raises(InputError) as error:
        fetch(lost)
    one_line(error, lost.url, lost.sha256, cache / "weights.pth", "refused")


def test_not_found(cache: Path, tiny: Checkpoint) -> None:
    lost = replace(tiny, url=tiny.url.replace("weights", "moved"))
    with pytest.raises(InputError) as error:
        fetch(lost)
    one_line(error, lost.url, lost.sha256, cache / "weights.pth", "HTTP 404")
    assert list(cache.glob("[!.]*")) == []


def test_a_broken_answer_is_one_line(tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise http.client.IncompleteRead(b"")

    monkeypatch.setattr("urllib.request.urlopen", broken)
    with pytest.raises(InputError) as error:
        fetch(tiny)
    one_line(error, tiny.url, "IncompleteRead")


def test_an_unwritable_cache_is_one_line(cache: Path, tiny: Checkpoint) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(InputError) as error:
        fetch(tiny)
    one_line(error, cache)


def test_unknown_names() -> None:
    for attempt in (fetch, verify_cached, load_state_dict):
        with pytest.raises(InputError) as error:
            attempt("vit_x")
        one_line(error, "'vit_x'", "vit_b, vit_l, vit_h, resnet18_imagenet")


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SAMIAM_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    assert cache_folder() == tmp_path / "samiam" / "checkpoints"


def test_listing_and_verifying_the_cache(cache: Path, tiny: Checkpoint) -> None:
    assert (tiny, cache / "weights.pth", False) in list_checkpoints()
    with pytest.raises(InputError) as error:
        verify_cached("tiny")
    one_line(error, "not in the cache", tiny.url, tiny.sha256, cache / "weights.pth")
    fetch(tiny)
    assert (tiny, cache / "weights.pth", True) in list_checkpoints()
    assert verify_cached("tiny") == cache / "weights.pth"
