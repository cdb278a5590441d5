"""The words of `samiam label-studio`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.commands.files import inputs
from samiam.commands.words import segment
from samiam.errors import InputError
from samiam.interrupts import heed
from samiam.storage.files import given_path

if TYPE_CHECKING:
    from samiam.label_studio.addresses import Images

_KEY = "LABEL_STUDIO_API_KEY"
_URL = "LABEL_STUDIO_URL"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add_label_studio(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam label-studio`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_backend(actions.add_parser("backend", help="answer clicks and boxes in Label Studio with masks"))
    _add_export(actions.add_parser("export", help="make tasks of results and labelled micrographs"))
    _add_import(actions.add_parser("import", help="make a labelled data set of what was exported from Label Studio"))


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_backend, overwrite=False)
    parser.add_argument("--port", type=_port, default=9090, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--host",
        default=_LOOPBACK[0],
        metavar="NAME",
        help="address of this machine to listen at; default: %(default)s, so that no other machine can ask",
    )
    _add_images(parser)
    segment.add_method(parser)
    inputs.add_reading(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_export)
    parser.add_argument(
        "sources",
        nargs="+",
        type=given_path,
        metavar="RESULTS",
        help="folders of results of samiam segment, which become predictions, or labelled micrographs of any layout",
    )
    parser.add_argument(
        "-o", "--output", type=given_path, required=True, metavar="TASKS.json", help="may be there already"
    )
    parser.add_argument(
        "--embed", action="store_true", help="put the pictures into the tasks; default: into a folder beside them"
    )


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_import)
    parser.add_argument("export", type=given_path, metavar="EXPORT.json", help="exported from Label Studio as JSON")
    parser.add_argument("-o", "--output", type=given_path, required=True, metavar="DIR", help="may not be there yet")
    parser.add_argument(
        "--predictions", action="store_true", help="take what was predicted, not what people made of it"
    )
    _add_images(parser, "but files beside EXPORT.json and in images/ there, and pictures below that its tasks name")


def _add_images(parser: argparse.ArgumentParser, besides: str = "") -> None:
    parser.add_argument(
        "--images",
        type=given_path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder that images may be taken from, as the document root of Label Studio's local files; may be "
        f"repeated; nothing else on this machine is read{besides and ', '}{besides}",
    )
    parser.add_argument(
        "--label-studio",
        default=os.environ.get(_URL),
        metavar="URL",
        help=f"where uploads are fetched, with the key in {_KEY}; default: {_URL}",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give 1 to 65535, or 0 for any that is free")
    return int(text)


def _images_of(options: argparse.Namespace, *beside: Path) -> Images:
    """Where images may be taken from."""
    from samiam.label_studio.addresses import Images
    from samiam.label_studio.host import Host

    for folder in options.images:
        if not folder.is_dir():
            raise InputError(f"{folder}: is no folder; give one that holds images by --images.")
    host = None if options.label_studio is None else Host(options.label_studio, os.environ.get(_KEY) or None)
    return Images(options.images, host, [folder for folder in beside if folder.is_dir()])


def _backend(options: argparse.Namespace) -> int:
    if helped := segment.help_on_settings(options):
        print(helped)
        return 0
    images = _images_of(options)
    if not images.folders and images.host is None:
        _warn("neither --images nor --label-studio is given: only images within tasks can be answered.")
    if options.host not in _LOOPBACK:
        _warn(f"--host {options.host}: whoever reaches this machine can ask for masks of its images.")
    from samiam.commands.label_studio import backend_of
    from samiam.label_studio.server import BackendServer

    backend = backend_of(segment.job_of(options), images, _warn)
    heed()
    with BackendServer(options.host, options.port, backend) as server:
        print(f"{backend.version} at {server.url}; connect it under Settings › Model; Ctrl-C ends it", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            backend.end()
    return 0


def _warn(text: str) -> None:
    print(f"samiam: {text}", file=sys.stderr, flush=True)


def _export(options: argparse.Namespace) -> int:
    from samiam.label_studio.exporting import export_tasks
    from samiam.records.showing import counted

    heed()
    made = export_tasks(options.sources, options.output, embed=options.embed)
    predictions, annotations = counted(made.n_predictions, "prediction"), counted(made.n_annotations, "annotation")
    print(f"{options.output}: {counted(made.n_tasks, 'task')}, {predictions}, {annotations}; {made.folder}/ beside it")
    return 0


def _import(options: argparse.Namespace) -> int:
    from samiam.label_studio.importing import import_export

    heed()
    export = options.export
    images = _images_of(options, export.parent, export.parent / "images")
    for line in import_export(export, options.output, images, predictions=options.predictions).words():
        print(f"{options.output}: {line}")
    return 0
