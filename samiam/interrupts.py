"""Ctrl-C before a program's work has begun ends it at once, without a word.

As an exception it would be swallowed, or turned into another, by the libraries that are being imported.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

INTERRUPTED = 130
"""The exit code: 128 and the number of the signal, as shells have it."""
_undoing: list[Callable[[], object]] = []


def end_silently() -> None:
    """From now on Ctrl-C ends the process; a program's first act, unless it was begun to take no notice of Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def before_end(undo: Callable[[], object]) -> None:
    """Have something undone should the process end so."""
    _undoing.append(undo)


def heed() -> None:
    """From now on Ctrl-C is an exception, because there is something to leave in order: the work begins."""
    _undoing.clear()
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> None:
    for undo in _undoing:
        undo()
    os._exit(INTERRUPTED)
