"""A record of Zenodo, served by this machine."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from refusals import refusal
from serving import serving

from samiam.datasets import zenodo
from samiam.datasets.zenodo import zenodo_folder
from samiam.errors import InputError


def zipped(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


IMAGE = bytes(range(256)) * 20
ARCHIVE = zipped(
    {
        "data/": b"",
        "data/dataset/a.jpg": IMAGE,
        "data/labels_merged/a/Ge-merged-1.png": b"label",
        "__MACOSX/data/dataset/._a.jpg": b"x",
        "data/.DS_Store": b"x",
    }
)
FILES = {"images.zip": ARCHIVE, "notes.csv": b"1,a.jpg,3,200\n"}


class Site(ThreadingHTTPServer):
    """Serves a record with files, in Zenodo's form, and remembers what was asked for."""

    files: dict[str, bytes]
    delivered: dict[str, bytes]
    record: dict[str, object] | None = None
    hangs_up_after: int | None = None
    asked: list[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def listing(self) -> dict[str, object]:
        return {
            "id": 7,
            "files": [
                {
                    "key": name,
                    "size": len(content),
                    "checksum": f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}",
                    "links": {"self": f"{self.address}/api/records/7/files/{name}/content"},
                }
                for name, content in self.files.items()
            ],
        }


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path == "/api/records/7":
            body = json.dumps(self.server.record or self.server.listing()).encode()
        elif "/files/" in self.path:
            name = self.path.split("/files/")[1].removesuffix("/content")
            body = self.server.delivered.get(name, self.server.files[name])
        else:
            self.send_error(404)
            return
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.server.asked.append(self.path.removeprefix("/api/records/7") + (f" from {start}" if start else ""))
        is_cut = "/files/" in self.path
        self.wfile.write(body[start:][: self.server.hangs_up_after if is_cut else None])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    site = Site(("127.0.0.1", 0), Handler)
    site.files, site.delivered, site.asked = dict(FILES), {}, []
    with serving(site):
        yield site


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMIAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".zenodo"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


UNPACKED = {
    "data/dataset/a.jpg": IMAGE,
    "data/labels_merged/a/Ge-merged-1.png": b"label",
    "notes.csv": b"1,a.jpg,3,200\n",
}


@pytest.mark.usefixtures("cache")
class TestDownload:
    def test_all_files_unpacked_in_the_cache(self, site: Site, cache: Path) -> None:
        folder = zenodo_folder(7, site=site.address)
        assert folder == cache / "zenodo-7"
        assert contents(folder) == UNPACKED
        assert [path.name for path in cache.glob("[!.]*")] == ["zenodo-7"]

    def test_once_there_nobody_is_asked(self, site: Site) -> None:
        folder = zenodo_folder("7", site=site.address)
        site.asked.clear()
        assert zenodo_folder("7", site=site.address) == folder
        assert site.asked == []

    def test_a_folder_of_choice_that_may_be_there_empty(self, site: Site, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        assert zenodo_folder(7, tmp_path / "mine", site.address) == tmp_path / "mine"
        assert contents(tmp_path / "mine") == UNPACKED

    def test_without_a_cache_of_choice(self, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SAMIAM_CACHE")
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
        assert zenodo_folder(7, site=site.address) == tmp_path / "samiam" / "data" / "zenodo-7"

    def test_goes_on_after_a_broken_connection(self, site: Site, cache: Path) -> None:
        site.hangs_up_after = 100
        with pytest.raises(InputError, match=rf"broke after 100 of {len(ARCHIVE)} bytes.*run again"):
            zenodo_folder(7, site=site.address)
        assert contents(cache) == {"zenodo-7.downloads/images.zip.part": ARCHIVE[:100]}
        site.hangs_up_after = None
        site.asked.clear()
        assert contents(zenodo_folder(7, site=site.address)) == UNPACKED
        assert site.asked == ["", "/files/images.zip/content from 100", "/files/notes.csv/content"]

    def test_half_an_unpacked_tree_is_not_taken_for_a_whole_one(self, site: Site, cache: Path) -> None:
        stale = cache / "zenodo-7.unpacking" / "data" / "stale.txt"
        stale.parent.mkdir(parents=True)
        stale.write_text("x")
        assert contents(zenodo_folder(7, site=site.address)) == UNPACKED


class TestRefusals:
    @pytest.fixture
    def refusal(self, site: Site, cache: Path) -> Callable[..., str]:
        def refused(record: object = 7, folder: Path | None = None, address: str | None = None) -> str:
            message = refusal(lambda: zenodo_folder(record, folder, address or site.address))  # type: ignore[arg-type]
            assert not (cache / "zenodo-7").exists()
            return message

        return refused

    def test_offline(self, refusal: Callable[..., str]) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        message = refusal(address=address)
        assert f"{address}/api/records/7 could not be reached" in message
        assert f"get {address}/records/7 by other means" in message
        assert "benchmark.folder=PATH" in message

    def test_no_such_record(self, refusal: Callable[..., str]) -> None:
        assert "/api/records/8 could not be reached (HTTP 404" in refusal(8)

    @pytest.mark.parametrize("record", ["10.5281/zenodo.7", "../7", "", -7, None])
    def test_no_number(self, refusal: Callable[..., str], site: Site, record: object) -> None:
        assert f"record {record!r}: give the number" in refusal(record)
        assert site.asked == []

    @pytest.mark.parametrize(
        "record",
        [
            {"message": "x"},
            {"files": [{"key": "a"}]},
            {"files": 3},
            [],
            *(
                {"files": [{"key": "a", "size": s, "checksum": "md5:", "links": {"self": ""}}]}
                for s in (-1, "x", 1e999)
            ),
        ],
    )
    def test_no_record(self, refusal: Callable[..., str], site: Site, record: dict[str, object]) -> None:
        site.record = record or {"files": None}
        assert "answered something else than a record with files" in refusal()

    @pytest.mark.parametrize(
        ("changes", "part"),
        [
            ({"links": {"self": "file:///etc/hostname"}}, "file:///etc/hostname is no address of a web server"),
            ({"links": {"self": "http://[::1"}}, "cannot be downloaded"),
            ({"key": "a\0b"}, "would lie outside of"),
            ({"key": ""}, "would lie outside of"),
            ({"key": "a" * 300}, "File name too long"),
            ({"checksum": "md5:12"}, "of an unknown kind"),
            ({"checksum": "shake_128:" + "0" * 32}, "of an unknown kind"),
            ({"checksum": "md5:" + "0" * 32}, "delivered something else than"),
        ],
    )
    def test_listings_that_ask_for_something_else(
        self, refusal: Callable[..., str], site: Site, changes: dict[str, object], part: str
    ) -> None:
        listing = site.listing()
        listing["files"] = [{**listing["files"][1], **changes}]  # type: ignore[index]
        site.record = listing
        assert part in refusal()

    def test_a_file_listed_twice(self, refusal: Callable[..., str], site: Site) -> None:
        listing = site.listing()
        listing["files"] *= 2  # type: ignore[operator]
        site.record = listing
        assert "lists images.zip twice" in refusal()

    def test_an_archive_that_would_fill_the_disk(
        self, refusal: Callable[..., str], site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(zenodo, "_ANY_ARCHIVE_BYTES", 10**6)
        site.files["images.zip"] = zipped({"a": bytes(6 * 10**5), "b": bytes(6 * 10**5)})
        assert "images.zip would unpack to 1.2e+06 bytes, 50 times its own size or more" in refusal()

    def test_a_record_that_is_not_open(self, refusal: Callable[..., str], site: Site) -> None:
        site.files = {}
        assert "/api/records/7 lists no files" in refusal()

    def test_other_content(self, refusal: Callable[..., str], site: Site, cache: Path) -> None:
        site.delivered["images.zip"] = ARCHIVE[:-1] + b"x"
        assert "images.zip/content delivered something else than md5:" in refusal()
        assert contents(cache) == {}
        del site.delivered["images.zip"]
        assert contents(zenodo_folder(7, site=site.address)) == UNPACKED

    def test_a_checksum_of_an_unknown_kind(self, refusal: Callable[..., str], site: Site) -> None:
        listing = site.listing()
        listing["files"][0]["checksum"] = "crc:12"  # type: ignore[index]
        site.record = listing
        assert "checksum 'crc:12' is of an unknown kind" in refusal()

    def test_what_is_there_already_is_left(self, refusal: Callable[..., str], site: Site, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.tex").write_text("x")
        assert f"{tmp_path / 'mine'}: is there already" in refusal(folder=tmp_path / "mine")
        assert contents(tmp_path / "mine") == {"thesis.tex": b"x"}
        assert site.asked == []

    @pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:\\evil", "..\\evil", "\\evil"])
    def test_paths_that_escape(self, refusal: Callable[..., str], site: Site, tmp_path: Path, name: str) -> None:
        site.files["images.zip"] = zipped({"a": b"good", name: b"evil"})
        assert "would lie outside of" in refusal()
        assert not list(tmp_path.rglob("*evil*"))
        assert not Path("/evil").exists()

    def test_a_file_of_the_record_that_escapes(self, refusal: Callable[..., str], site: Site, tmp_path: Path) -> None:
        site.files = {"../../evil.csv": b"evil"}
        assert "'../../evil.csv': a file of this name would lie outside of" in refusal()
        assert not list(tmp_path.rglob("*evil*"))

    @pytest.mark.parametrize("content", [b"no archive", ARCHIVE[: len(ARCHIVE) // 2], b""])
    def test_damaged_archives(self, refusal: Callable[..., str], site: Site, content: bytes) -> None:
        site.files["images.zip"] = content
        assert "images.zip cannot be unpacked" in refusal()

    def test_a_damaged_member(self, refusal: Callable[..., str], site: Site) -> None:
        flipped = bytearray(ARCHIVE)
        flipped[ARCHIVE.index(b"data/dataset/a.jpg") + 60] ^= 0xFF
        site.files["images.zip"] = bytes(flipped)
        assert "images.zip cannot be unpacked" in refusal()

    def test_two_files_in_one_place(self, refusal: Callable[..., str], site: Site) -> None:
        site.files["more.zip"] = zipped({"notes.csv": b"others"})
        assert "cannot be written" in refusal()

    def test_an_unwritable_cache(self, refusal: Callable[..., str], cache: Path) -> None:
        cache.write_text("a file where the folder should be")
        assert "cannot be written" in refusal()
