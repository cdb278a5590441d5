"""The words that say who does the work of a command on many images."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from samiam.commands.files.inputs import count_of

if TYPE_CHECKING:
    from samiam.commands.files.spreading import Workers


def add_workers(parser: argparse.ArgumentParser, usual: str) -> None:
    """Those words; how many workers are usual is said in the help."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--workers",
        type=partial(count_of, of="workers"),
        metavar="N",
        help=f"processes of one thread each; default: {usual}",
    )
    either.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, whose workers see the same files")


def workers_of(options: argparse.Namespace) -> Workers:
    """What those words were; asked once all that the command needs here is imported."""
    from samiam.commands.files.spreading import Workers, n_cores

    # Torch takes all cores, or the GPU, for each image.
    usual = 1 if "torch" in sys.modules else n_cores()
    return Workers(options.workers or usual, options.scheduler)
