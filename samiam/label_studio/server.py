"""A backend behind HTTP, as Label Studio calls it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from samiam.errors import InputError, printable
from samiam.formats.writers.strict_json import plain
from samiam.label_studio.backend import Backend
from samiam.storage.strict_json import parse_json

_MOST_BYTES = 512 * 1024 * 1024
"""Of a request: tasks may hold their images, and the regions of all their annotations."""
_TIMEOUT_S = 60.0
"""That a client may take to send a request."""


class BackendServer(ThreadingHTTPServer):
    """Serves a backend; `serve_forever` until `shutdown`.

    Args:
        host: a name or an address of this machine.
        port: 0 for any that is free.
        backend: that answers.

    Raises:
        InputError: if it cannot listen there.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, backend: Backend) -> None:
        self.backend = backend
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise InputError(f"{host}:{port}: cannot be listened at ({reason}); give another --port.") from None

    @property
    def url(self) -> str:
        """Its address, for the settings of a project."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Handler(BaseHTTPRequestHandler):
    server: BackendServer
    timeout = _TIMEOUT_S
    server_version = "samiam"

    def do_GET(self) -> None:
        """Answer what changes nothing."""
        backend = self.server.backend
        self._answer({"/": backend.health, "/health": backend.health, "/versions": backend.versions})

    def do_POST(self) -> None:
        """Answer what has a body."""
        backend = self.server.backend

        def with_body(act: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
            return lambda: act(self._body())

        def without() -> dict[str, Any]:
            self._body()
            return backend.train()

        routes = {"/predict": with_body(backend.predict), "/setup": with_body(backend.setup)}
        self._answer({**routes, "/webhook": without, "/train": without})

    def _answer(self, routes: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
        path = urlsplit(self.path).path
        act = routes.get(path.rstrip("/") or "/")
        if act is None:
            self._send(
                HTTPStatus.NOT_FOUND, {"error": f"{path:.80}: nothing is here; give Label Studio {self.server.url}."}
            )
            return
        try:
            answer = act()
        except (InputError, OSError) as error:  # of which the latter is of a disk, or of a client that has gone
            said = printable(" ".join(str(error).split()))
            self.server.backend.say(f"{path}: {said}")
            self._send(HTTPStatus.BAD_REQUEST, {"error": said})
        except Exception as error:  # a fault of ours must not end the server
            self.server.backend.say(f"{path}: {''.join(traceback.format_exception(error))}")
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "a fault of samiam's; its terminal says which."})
        else:
            self._send(HTTPStatus.OK, answer)

    def _body(self) -> Mapping[str, Any]:
        """The JSON of a request.

        Raises:
            InputError: if it is too long, cut short, or none.
        """
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            raise InputError(f"a request of {length or 'unknown'} bytes; the most is {_MOST_BYTES}.")
        content = self.rfile.read(int(length))
        try:
            if len(content) != int(length):
                raise ValueError
            body = parse_json(content)
        except ValueError:
            raise InputError("the request is no JSON, or cut short; ask again.") from None
        if not isinstance(body, dict):
            raise InputError("the request is no JSON object; ask as Label Studio does.")
        return body

    def _send(self, status: HTTPStatus, answer: Mapping[str, Any]) -> None:
        """Send an answer; what is wrong stands in the status line too, since annotators see nothing else of it."""
        content = json.dumps(plain(answer), ensure_ascii=False).encode()
        self.send_response(
            status, str(answer.get("error", status.phrase)).encode("latin-1", "replace").decode("latin-1")
        )
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing: what goes wrong is said, what goes well is seen in Label Studio."""
