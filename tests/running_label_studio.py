"""The real Label Studio, in an environment of its own, while a test needs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

TOKEN = "0123456789abcdef0123456789abcdef01234567"
_START_S, _STOP_S = 300.0, 30.0


@dataclass(frozen=True)
class Studio:
    """A running Label Studio.

    Attributes:
        url: of it.
        python: of its environment.
        documents: the root of its local files.
    """

    url: str
    python: Path
    documents: Path

    def ask(self, path: str, content: object = None, method: str | None = None) -> Any:
        """The answer to a request, as JSON where it is that."""
        body = None if content is None else json.dumps(content).encode()
        return self._sent(path, body, {"Content-Type": "application/json"}, method)

    def upload(self, path: str, file: Path) -> Any:
        """Send a file as browsers do."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        body = (
            (head + "Content-Type: image/png\r\n\r\n").encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        )
        return self._sent(path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, None)

    def _sent(self, path: str, body: bytes | None, headers: Mapping[str, str], method: str | None) -> Any:
        request = urllib.request.Request(
            self.url + path, body, {**headers, "Authorization": f"Token {TOKEN}"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                content = answer.read()
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:2000]!r}") from None
        try:
            return json.loads(content)
        except ValueError:
            return content


def label_studio(folder: Path) -> Path:
    """The program: that of SAMIAM_LABEL_STUDIO, or installed from PyPI into a folder."""
    if given := os.environ.get("SAMIAM_LABEL_STUDIO"):
        return Path(given)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    made = subprocess.run([folder / "bin/pip", "install", "-q", "label-studio"], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"Label Studio cannot be installed: {made.stderr[-300:]}")
    return folder / "bin/label-studio"


@contextmanager
def running(folder: Path) -> Iterator[Studio]:
    """Label Studio on loopback with data of its own, which tells nobody of its use."""
    program, port, documents = label_studio(folder / "environment"), free_port(), folder / "documents"
    documents.mkdir()
    environment = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "COLLECT_ANALYTICS": "0",
        "LATEST_VERSION_CHECK": "0",
        # Newer versions call no backend of this machine otherwise, and send it no webhooks.
        "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
        "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(documents),
    }
    environment.pop("PYTHONPATH", None)
    user = ["--username", "a@example.org", "--password", uuid.uuid4().hex, "--user-token", TOKEN]
    words = ["start", "--no-browser", "--port", str(port), "--internal-host", "127.0.0.1", *user]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [program, *words, "--enable-legacy-api-token"], env=environment, cwd=folder, stdout=log, stderr=log
        )
    try:
        studio = Studio(f"http://127.0.0.1:{port}", program.with_name("python"), documents)
        _wait(studio, process, folder / "log.txt")
        yield studio
    finally:
        ended(process)


def _wait(studio: Studio, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            studio.ask("/api/projects/")
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"Label Studio does not start: {log.read_text()[-2000:]}")


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def ended(process: subprocess.Popen[Any]) -> None:
    """End a process of the test's own."""
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()
