"""What a command says while it works: through Python's logging, so that a program that calls it can listen or not."""

from __future__ import annotations

import argparse
import logging
import sys

from tqdm import tqdm

logger = logging.getLogger("samiam")


class _Terminal(logging.Handler):
    """Beside a progress bar, at once: what went wrong to stderr, all else to stdout."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; whoever reads no longer is told to the program by `BrokenPipeError`."""
        is_fault = record.levelno >= logging.WARNING
        stream = sys.stderr if is_fault else sys.stdout
        tqdm.write(f"samiam: {record.getMessage()}" if is_fault else record.getMessage(), file=stream)
        stream.flush()  # a log that is written to a file is read meanwhile


def add_loudness(parser: argparse.ArgumentParser) -> None:
    """The options that say how much is said."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--quiet", action="store_true", help="say only what fails, and the last line")
    either.add_argument("--verbose", action="store_true", help="say the settings and how long each stage took, too")


def say_on_terminal(options: argparse.Namespace) -> None:
    """Have what is logged written, as much of it as options say; those of a command without them are the usual."""
    is_quiet, is_verbose = (getattr(options, name, False) for name in ("quiet", "verbose"))
    logger.setLevel(logging.WARNING if is_quiet else logging.DEBUG if is_verbose else logging.INFO)
    logger.propagate = False  # what others have set up would say it twice
    if not any(isinstance(handler, _Terminal) for handler in logger.handlers):
        logger.addHandler(_Terminal())
