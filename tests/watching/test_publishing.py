"""Lines as scripts of a microscope get them."""

from __future__ import annotations

import contextlib
import json
import socket as plain
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import zmq

import samiam.watching.publishing as posting
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


def answering(answer: bytes | None, got: list[bytes]) -> tuple[plain.socket, int]:
    """A server that sends the same to everybody; None for one that never answers. Close the socket to end it."""
    server = plain.create_server(("127.0.0.1", 0))
    kept = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                kept.append(connection)
                if answer is not None:
                    got.append(connection.recv(65536))
                    connection.sendall(answer)
                    connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return server, server.getsockname()[1]


def test_an_odd_answer_costs_one_line_only(capsys: pytest.CaptureFixture[str]) -> None:
    got: list[bytes] = []
    server, port = answering(b"SSH-2.0-OpenSSH_9.6\r\n", got)
    with publishing(None, f"http://127.0.0.1:{port}/lines") as publish:
        publish({"path": "a.tif"})
        publish({"path": "b.tif"})
    server.close()
    assert len(got) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all("a line was not delivered (SSH-2.0-OpenSSH_9.6)" in line for line in said)


def test_how_many_lines_a_server_that_never_answers_has_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(posting, "_MOST_WAITING", 3)
    monkeypatch.setattr(posting, "_AT_THE_END_S", 0.1)
    server, port = answering(None, [])
    with publishing(None, f"http://127.0.0.1:{port}/lines") as publish:
        publish({"path": "0.tif"})
        time.sleep(0.3)  # until it is on its way
        for number in range(1, 5):
            publish({"path": f"{number}.tif"})
    server.close()
    said = capsys.readouterr().err
    assert said.count("is 3 lines behind; one was not delivered") == 1
    assert "4 lines not delivered; the log has them" in said


def test_a_path_in_any_script(capsys: pytest.CaptureFixture[str]) -> None:
    got: list[bytes] = []
    server, port = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", got)
    with publishing(None, f"http://127.0.0.1:{port}/größe 1%20?von=Å&x=/") as publish:
        publish({"path": "a.tif"})
    server.close()
    assert got[0].startswith(b"POST /gr%C3%B6%C3%9Fe%201%20?von=%C3%85&x=/ HTTP/1.1\r\n")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "lines", "http://", "http://host:port/", "http://host:70000", "http://[::1", "http://a b/"],
)
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
