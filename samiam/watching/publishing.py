"""Lines of a log as they are written, for the script of a microscope."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPException
from queue import Queue
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from samiam.errors import InputError, printable
from samiam.formats.writers.strict_json import plain
from samiam.records.showing import counted

TOPIC = b"regions"
"""What subscribers of the ZeroMQ socket ask for; the second part of each message is the line."""
_TIMEOUT_S = 5.0
_AT_THE_END_S = 10.0
_MOST_WAITING = 1000
_KEPT = "/%:@!$&'()*+,;=~-._?"
"""Characters that stand for themselves in the path and the query of an address."""
Publish = Callable[[Mapping[str, Any]], object]


@contextmanager
def publishing(bind: str | None, url: str | None) -> Iterator[Publish]:
    """What sends a line to those that are to have it.

    Args:
        bind: address on which a ZeroMQ socket publishes, as "tcp://127.0.0.1:5556"; None for none.
        url: where each line is posted as JSON; None for nowhere. What cannot be delivered is said and given up, at the
            end after a few seconds: the log has it.

    Raises:
        InputError: if one of them cannot be used.
    """
    with ExitStack() as stack:
        each = [stack.enter_context(_publishing(bind))] if bind else []
        each += [stack.enter_context(_posting(url))] if url else []
        yield lambda line: [send(_bytes(line)) for send in each]


def _bytes(line: Mapping[str, Any]) -> bytes:
    return json.dumps(plain(line), ensure_ascii=False).encode()


@contextmanager
def _publishing(address: str) -> Iterator[Callable[[bytes], object]]:
    try:
        import zmq
    except ImportError:
        raise InputError("publishing needs pyzmq; pip install 'samiam[live]'.") from None
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.linger = 1000  # milliseconds for the last line to leave
        try:
            socket.bind(address)
        except zmq.ZMQError as error:
            raise InputError(f"{address}: cannot be published on ({error.strerror}); give tcp://HOST:PORT.") from None
        yield lambda line: socket.send_multipart([TOPIC, line])


@contextmanager
def _posting(address: str) -> Iterator[Callable[[bytes], object]]:
    """Posts in a thread of its own: a slow server must not hold up the microscope."""
    url = _checked(address)
    waiting: Queue[bytes | None] = Queue()
    is_given_up = threading.Event()
    thread = threading.Thread(target=_post_all, args=(url, waiting, is_given_up), daemon=True)
    thread.start()
    try:
        yield partial(_hand_over, url, waiting)
    finally:
        waiting.put_nowait(None)
        thread.join(_AT_THE_END_S)
        is_given_up.set()
        n_left = waiting.qsize() if thread.is_alive() else 0  # the last is no line, but one more is on its way
        if n_left:
            print(f"samiam: {url}: {counted(n_left, 'line')} not delivered; the log has them.", file=sys.stderr)


def _checked(address: str) -> str:
    """An address in the characters that may be sent.

    Raises:
        InputError: if nothing can be posted there.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # of the port, or of a host that can have no such name
        raise _no_address(address) from None
    is_host = bool(host) and host.isprintable() and " " not in host
    if parts.scheme not in ("http", "https") or not is_host or parts.username is not None:
        raise _no_address(address)
    host = f"[{host}]" if ":" in host else host
    place = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, quote(parts.path, _KEPT), quote(parts.query, _KEPT), ""))


def _no_address(address: str) -> InputError:
    return InputError(f"{printable(address)}: is no address to post to; give http://HOST:PORT/PATH.")


def _hand_over(url: str, waiting: Queue[bytes | None], line: bytes) -> None:
    if waiting.qsize() < _MOST_WAITING:
        waiting.put_nowait(line)
    else:
        print(f"samiam: {url}: is {_MOST_WAITING} lines behind; one was not delivered.", file=sys.stderr)


def _post_all(url: str, waiting: Queue[bytes | None], is_given_up: threading.Event) -> None:
    while (line := waiting.get()) is not None and not is_given_up.is_set():
        request = urllib.request.Request(url, line, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
                pass
        except (OSError, HTTPException, ValueError) as error:
            if not is_given_up.is_set():
                reason = printable(str(error)).strip() or type(error).__name__
                print(f"samiam: {url}: a line was not delivered ({reason}).", file=sys.stderr)
