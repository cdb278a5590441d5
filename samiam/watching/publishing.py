"""Lines of a log as they are written, for the script of a microscope."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import Full, Queue
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from samiam.errors import InputError
from samiam.formats.writers.strict_json import plain

TOPIC = b"regions"
"""What subscribers of the ZeroMQ socket ask for; the second part of each message is the line."""
_TIMEOUT_S = 5.0
_MOST_WAITING = 1000
Publish = Callable[[Mapping[str, Any]], object]


@contextmanager
def publishing(bind: str | None, url: str | None) -> Iterator[Publish]:
    """What sends a line to those that are to have it.

    Args:
        bind: address on which a ZeroMQ socket publishes, as "tcp://127.0.0.1:5556"; None for none.
        url: where each line is posted as JSON; None for nowhere. What cannot be delivered is said and given up: the log
            has it.

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
def _posting(url: str) -> Iterator[Callable[[bytes], object]]:
    """Posts in a thread of its own: a slow server must not hold up the microscope."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise InputError(f"{url}: is no address to post to; give http://HOST:PORT/PATH.")
    waiting: Queue[bytes | None] = Queue(_MOST_WAITING)
    thread = threading.Thread(target=_post_all, args=(url, waiting), daemon=True)
    thread.start()
    try:
        yield partial(_hand_over, url, waiting)
    finally:
        waiting.put(None)
        thread.join(2 * _TIMEOUT_S)


def _hand_over(url: str, waiting: Queue[bytes | None], line: bytes) -> None:
    try:
        waiting.put_nowait(line)
    except Full:
        print(f"samiam: {url}: is {_MOST_WAITING} lines behind; one was not delivered.", file=sys.stderr)


def _post_all(url: str, waiting: Queue[bytes | None]) -> None:
    while (line := waiting.get()) is not None:
        request = urllib.request.Request(url, line, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
                pass
        except (URLError, OSError) as error:
            print(f"samiam: {url}: a line was not delivered ({error}).", file=sys.stderr)
