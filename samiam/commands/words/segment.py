"""The words of `samiam segment`."""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samiam.colours import TINTS
from samiam.commands.files import inputs
from samiam.commands.files.each import for_each
from samiam.commands.saying import add_loudness
from samiam.commands.words.workers import add_workers, workers_of
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.registry import DEFAULT_ENCODER, DEFAULT_GENERATOR, ENCODERS, GENERATORS
from samiam.storage.files import given_path, path_text

if TYPE_CHECKING:
    from samiam.commands.segment_settings import SegmentSettings
    from samiam.commands.segmenting import SegmentJob

_SHIPPED = True  # in place of a path
_AS_THEY_ARE = ("n_materials", "grains", "seed", "overlay")


def add_segment(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam segment`."""
    parser.set_defaults(command=_segment)
    parser.add_argument(
        "files",
        nargs="*",
        type=path_text,
        metavar="FILE",
        help=f"files ({' '.join(READABLE_SUFFIXES)}), folders, globs",
    )
    parser.add_argument("--example", action="store_true", help="the simulated micrograph that ships with the program")
    parser.add_argument(
        "--like",
        type=given_path,
        metavar="RESULT",
        help="take the settings of an earlier result, its provenance.json; options given beside it outrank those",
    )
    parser.add_argument(
        "-o", "--output", type=given_path, default=Path("results"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="let the results of one image replace those of another in DIR"
    )
    parser.add_argument(
        "--again", action="store_true", help="segment also what DIR holds the same results of, which is left as it is"
    )
    add_workers(parser, "as many as there are cores, one where torch is used")
    add_loudness(parser)
    add_method(parser)
    parser.add_argument(
        "--no-measurements", action="store_true", help="leave out what is measured of regions, layers and lattices"
    )
    parser.add_argument(
        "--point",
        type=_point,
        action="append",
        default=[],
        metavar="X,Y",
        help="segment only the material at this pixel; may be repeated, once for each material",
    )
    parser.add_argument(
        "--box", type=_box, action="append", default=[], metavar="X0,Y0,X1,Y1", help="likewise by a box around it"
    )
    parser.add_argument("--overlay", choices=tuple(TINTS), help="how overlay.png shows materials; default: outline")
    parser.add_argument(
        "--overlay-opacity", type=float, metavar="SHARE", help="of lines or, where there is one, the fill; 0 to 1"
    )
    inputs.add_exports(parser)
    inputs.add_reading(parser, or_all=True)


def add_method(parser: argparse.ArgumentParser) -> None:
    """The options that say how all materials of a micrograph are found."""
    parser.add_argument(
        "-k",
        "--n-materials",
        type=partial(inputs.count_of, of="materials"),
        metavar="N",
        help="how many materials; default: estimated",
    )
    parser.add_argument(
        "--grains",
        action=argparse.BooleanOptionalAction,
        help="take grains, crystals of one orientation, for the regions; -k counts them",
    )
    parser.add_argument("--generator", help=f"{', '.join(GENERATORS)}; default: {DEFAULT_GENERATOR}")
    parser.add_argument("--encoder", help=f"{', '.join(ENCODERS)}; default: {DEFAULT_ENCODER}")
    parser.add_argument(
        "--classifier",
        nargs="?",
        const=_SHIPPED,
        type=path_text,
        metavar="PATH",
        help="name the materials: with the weights that ship, or those in a file; default: materials stay unnamed",
    )
    for role in ("generator", "encoder", "classifier"):
        parser.add_argument(
            f"--{role}-option",
            type=_assignment,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"a setting of the {role}, `help` to list them; may be repeated",
        )
    parser.add_argument("--seed", type=int, help="seed of crops and clustering; default: 0")


def _assignment(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if text == "help":
        return text, None
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, inputs.value_of(value)


def _point(text: str) -> tuple[float, ...]:
    return _numbers(text, 2, "X,Y")


def _box(text: str) -> tuple[float, ...]:
    return _numbers(text, 4, "X0,Y0,X1,Y1")


def _numbers(text: str, n: int, form: str) -> tuple[float, ...]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != n or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form}")
    return tuple(numbers)


def _segment(options: argparse.Namespace) -> int:
    if helped := help_on_settings(options):
        print(helped)
        return 0
    checked_exports(options.export or ())
    paths = paths_of(options)
    if not any(map(inputs.is_readable, paths)):  # nothing has to be built to say so
        return for_each(paths, lambda index: inputs.refused(paths[index]))
    from samiam.commands import segmenting

    return segmenting.segment_files(
        paths,
        options.output,
        job_of(options),
        again=options.again,
        workers=workers_of(options),
        all_frames=options.frame == inputs.ALL,
    )


def job_of(options: argparse.Namespace) -> SegmentJob:
    """How each file is segmented, as options say; those of `add_method` and of reading at least.

    Raises:
        InputError: if they cannot be used.
    """
    chosen = settings_of(options)
    from samiam.commands.segmenting import SegmentJob

    return SegmentJob.of(chosen, overwrite=options.overwrite)


def paths_of(options: argparse.Namespace) -> list[Path]:
    """The files that were named, and the example where it was asked for.

    Raises:
        InputError: if there is none.
    """
    if not options.files and not options.example:
        raise InputError("no file is given; name one, or try --example.")
    given = inputs.expand(options.files)
    if not options.example:
        return given
    from samiam.formats.readers.example import EXAMPLE

    return [*given, EXAMPLE]


def settings_of(options: argparse.Namespace) -> SegmentSettings:
    """What was given, over what an earlier result was made with, over the defaults.

    Raises:
        InputError: if something of it cannot be used.
    """
    from samiam.commands.chosen import base_of, over
    from samiam.commands.segment_settings import SegmentSettings

    base = base_of(options, "segment", SegmentSettings)
    points, boxes = (tuple(getattr(options, name, ())) for name in ("point", "box"))
    given = {
        **inputs.given_of(options),
        **{name: getattr(options, name, None) for name in _AS_THEY_ARE},
        "measurements": False if getattr(options, "no_measurements", False) else None,
        "opacity": getattr(options, "overlay_opacity", None),
        "classifier_options": _classifier_options(options, base),
        **_model("generator", options, base),
        **_model("encoder", options, base),
        **({"points": points, "boxes": boxes} if points or boxes else {}),
    }
    return over(base, given)


def _model(role: str, options: argparse.Namespace, base: SegmentSettings) -> dict[str, Any]:
    """The name of the generator or the encoder, and its options: those of another one do not count."""
    before = getattr(base, role)
    name = getattr(options, role) or before
    kept = getattr(base, f"{role}_options") if name == before else {}
    return {role: name, f"{role}_options": {**kept, **dict(getattr(options, f"{role}_option"))}}


def help_on_settings(options: argparse.Namespace) -> str:
    """The settings that were asked for by `help`."""
    roles = [
        role for role in ("generator", "encoder", "classifier") if ("help", None) in getattr(options, f"{role}_option")
    ]
    if not roles:
        return ""
    from samiam.commands import describing

    said = {
        "generator": lambda: describing.generator(options.generator or DEFAULT_GENERATOR),
        "encoder": lambda: describing.encoder(options.encoder or DEFAULT_ENCODER),
        "classifier": describing.classifier,
    }
    return "\n\n".join(said[role]() for role in roles)


def _classifier_options(options: argparse.Namespace, base: SegmentSettings) -> dict[str, object] | None:
    """The settings of the classifier, None where nothing is said of one."""
    given = dict(options.classifier_option)
    if options.classifier is None and base.classifier_options is None:
        if given:
            raise InputError(f"--classifier-option {', '.join(given)} without a classifier; add --classifier.")
        return None
    if options.classifier is None:
        return {**(base.classifier_options or {}), **given}
    return given if options.classifier is _SHIPPED else {**given, "checkpoint": options.classifier}
