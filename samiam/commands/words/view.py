"""The words of `samiam view`."""

from __future__ import annotations

import argparse
from pathlib import Path

from samiam.commands.files import inputs
from samiam.commands.files.each import for_each
from samiam.commands.words import segment
from samiam.formats import READABLE_SUFFIXES
from samiam.storage.files import given_path, path_text


def add_view(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam view`."""
    parser.set_defaults(command=_view)
    parser.add_argument(
        "files",
        nargs="*",
        type=path_text,
        metavar="FILE",
        help=f"files ({' '.join(READABLE_SUFFIXES)}), folders, globs",
    )
    parser.add_argument("--example", action="store_true", help="the simulated micrograph that ships with the program")
    parser.add_argument(
        "--like", type=given_path, metavar="RESULT", help="take the settings of an earlier result, its provenance.json"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=given_path,
        default=Path("results"),
        metavar="DIR",
        help="where to save; default: %(default)s",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="let the results of one image replace those of another in DIR"
    )
    parser.add_argument("--who", metavar="NAME", help="who corrects, for the log; default: the name of the account")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="on this machine; default: any that is free")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    segment.add_method(parser)
    parser.add_argument(
        "--no-measurements", action="store_true", help="leave out what is measured of regions, layers and lattices"
    )
    inputs.add_reading(parser)


def _view(options: argparse.Namespace) -> int:
    if helped := segment.help_on_settings(options):
        print(helped)
        return 0
    paths = segment.paths_of(options)
    if not any(map(inputs.is_readable, paths)):
        return for_each(paths, lambda index: inputs.refused(paths[index]))
    from samiam.commands import viewing

    return viewing.view_files(
        paths,
        options.output,
        segment.settings_of(options),
        overwrite=options.overwrite,
        who=options.who,
        port=options.port,
        opens_browser=not options.no_browser,
    )
