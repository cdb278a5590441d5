"""Lines as scripts of a microscope get them."""

from __future__ import annotations

import json
import socket as plain
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import zmq

from samiam.errors import InputError
from samiam.watching.publishing import TOPIC, publishing


def test_subscribers_get_each_line() -> None:
    with plain.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(TOPIC)
        socket.rcvtimeo = 100
        with publishing(f"tcp://127.0.0.1:{port}", None) as publish:
            socket.connect(f"tcp://127.0.0.1:{port}")
            for _ in range(100):  # until the subscription has arrived
                publish({"path": "a.tif", "value": float("nan")})
                try:
                    topic, line = socket.recv_multipart()
                except zmq.Again:
                    continue
                break
            assert (topic, json.loads(line)) == (TOPIC, {"path": "a.tif", "value": None})


@pytest.mark.parametrize("status", [200, 500])
def test_each_line_is_posted(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    got: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with publishing(None, f"http://127.0.0.1:{server.server_port}/lines") as publish:
        publish({"path": "a.tif"})
        publish({"path": "b.tif"})
    server.shutdown()
    thread.join()
    server.server_close()
    assert got == [{"path": "a.tif"}, {"path": "b.tif"}]
    assert capsys.readouterr().err.count("was not delivered") == (0 if status == 200 else 2)


def test_nobody_at_the_address_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with publishing(None, "http://127.0.0.1:9/lines") as publish:
        publish({"path": "a.tif"})
    assert "http://127.0.0.1:9/lines: a line was not delivered" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://host/x", "lines", "http://"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InputError, match="is no address to post to"), publishing(None, url):
        pass


def test_what_is_no_socket() -> None:
    with pytest.raises(InputError, match="cannot be published on"), publishing("nowhere", None):
        pass


def test_without_zmq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zmq", None)
    with pytest.raises(InputError, match="publishing needs pyzmq"), publishing("tcp://127.0.0.1:5556", None):
        pass
