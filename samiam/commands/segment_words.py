"""The words of `samiam segment`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.commands import inputs
from samiam.commands.each import for_each
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES
from samiam.registry import DEFAULT_ENCODER, DEFAULT_GENERATOR, ENCODERS, GENERATORS

if TYPE_CHECKING:
    from samiam.commands.segmenting import SegmentJob
    from samiam.pipeline import Pointer

_SHIPPED = ""  # No file is called that.


def add_segment(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam segment`."""
    parser.set_defaults(command=_segment)
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=f"files ({' '.join(READABLE_SUFFIXES)}), folders, globs"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("results"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="let the results of one image replace those of another in DIR"
    )
    add_method(parser)
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
    inputs.add_reading(parser)


def add_method(parser: argparse.ArgumentParser) -> None:
    """The options that say how all materials of a micrograph are found."""
    parser.add_argument("-k", "--n-materials", type=_count, metavar="N", help="how many materials; default: estimated")
    parser.add_argument(
        "--grains",
        action="store_true",
        help="take grains, crystals of one orientation, for the regions; -k counts them",
    )
    parser.add_argument("--generator", default=DEFAULT_GENERATOR, help=f"{', '.join(GENERATORS)}; default: %(default)s")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, help=f"{', '.join(ENCODERS)}; default: %(default)s")
    parser.add_argument(
        "--classifier",
        nargs="?",
        const=_SHIPPED,
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
    parser.add_argument("--seed", type=int, default=0, help="seed of crops and clustering; default: %(default)s")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of materials; give 1 or more")
    return int(text)


def _assignment(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if text == "help":
        return text, None
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, inputs.value_of(value)


def _point(text: str) -> Pointer:
    from samiam.pipeline import Pointer

    x, y = _numbers(text, 2, "X,Y")
    return Pointer(point=(x, y))


def _box(text: str) -> Pointer:
    from samiam.pipeline import Pointer

    left, top, right, bottom = _numbers(text, 4, "X0,Y0,X1,Y1")
    return Pointer(box=(left, top, right, bottom))


def _numbers(text: str, n: int, form: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != n or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form}")
    return numbers


def _segment(options: argparse.Namespace) -> int:
    if helped := help_on_settings(options):
        print(helped)
        return 0
    paths = inputs.expand(options.files)
    if not any(map(inputs.is_readable, paths)):  # nothing has to be built to say so
        return for_each(paths, lambda index: inputs.refused(paths[index]))
    from samiam.commands import segmenting

    return segmenting.segment_files(paths, options.output, job_of(options, [*options.point, *options.box]))


def job_of(options: argparse.Namespace, pointers: Sequence[Pointer] = ()) -> SegmentJob:
    """How each file is segmented, as options say.

    Raises:
        InputError: if they cannot be used.
    """
    from samiam.commands.segmenting import SegmentJob

    return SegmentJob.of(
        generator=options.generator,
        generator_options=dict(options.generator_option),
        encoder=options.encoder,
        encoder_options=dict(options.encoder_option),
        classifier_options=_classifier_options(options),
        n_materials=options.n_materials,
        seed=options.seed,
        reading=inputs.reading_of(options),
        pointers=pointers,
        grains=options.grains,
        overwrite=options.overwrite,
    )


def help_on_settings(options: argparse.Namespace) -> str:
    """The settings that were asked for by `help`."""
    roles = [
        role for role in ("generator", "encoder", "classifier") if ("help", None) in getattr(options, f"{role}_option")
    ]
    if not roles:
        return ""
    from samiam.commands import describing

    said = {
        "generator": lambda: describing.generator(options.generator),
        "encoder": lambda: describing.encoder(options.encoder),
        "classifier": describing.classifier,
    }
    return "\n\n".join(said[role]() for role in roles)


def _classifier_options(options: argparse.Namespace) -> dict[str, object] | None:
    """The settings of the classifier, None for no classifier."""
    given = dict(options.classifier_option)
    if options.classifier is None:
        if given:
            raise InputError(f"--classifier-option {', '.join(given)} without a classifier; add --classifier.")
        return None
    return given if options.classifier == _SHIPPED else {**given, "checkpoint": options.classifier}
