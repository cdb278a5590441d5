"""The command line: `samiam segment | particles | particles-statistics | polar | info | models | evaluate | train`.

What a command needs is imported when it is run, so that help and refusals come at once.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import samiam
from samiam.commands import inputs, particle_words, polar_words
from samiam.commands.each import for_each
from samiam.errors import InputError, extras, in_one_line
from samiam.formats import READABLE_SUFFIXES
from samiam.interrupts import INTERRUPTED, heed
from samiam.registry import DEFAULT_ENCODER, DEFAULT_GENERATOR, ENCODERS, GENERATORS

if TYPE_CHECKING:
    from samiam.commands.inputs import Reading
    from samiam.pipeline import Pointer

_SHIPPED = ""  # No file is called that.
_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan).*", re.DOTALL | re.IGNORECASE)
_FLAG = re.compile(r"--[a-z][a-z-]*|-[a-z]")
_PROGRAMS = {
    "evaluate": "compare methods on a benchmark, as evaluate.py does",
    "train": "train an encoder, a classifier or the compact network, as train.py does",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: words after the program's name; those of the process where not given.

    Returns:
        0 if all went well, 1 if some of several files failed, 2 for unusable input or options.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] and words[0] in _PROGRAMS:
        return _run_program(words[0], words[1:])
    options = _parser().parse_args(_with_negative_values(words), argparse.Namespace(words=words))
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with extras():
            return command(options)
    except BrokenPipeError:  # whoever reads along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InputError, OSError) as error:
        print(f"samiam: {in_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED


def _with_negative_values(words: Sequence[str]) -> list[str]:
    """Words in which a value that begins with a minus, as `-1,10`, is joined to its flag.

    Argparse takes it for a flag otherwise, and says that the value is missing, while whoever reads it says what it is.
    """
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if _NEGATIVE.fullmatch(word) and _FLAG.fullmatch(before):
            joined[-1] += f"={word}" if before.startswith("--") else word
        else:
            joined.append(word)
    return joined


def _run_program(name: str, words: list[str]) -> int:
    """evaluate.py or train.py, whose words are Hydra's."""
    try:
        from samiam.commands import composing
    except ImportError as error:
        print(f"samiam: {name} needs {error.name}; pip install 'samiam[research]'.", file=sys.stderr)
        return 2
    if name == "train":  # how Lightning starts the further processes of a training
        sys.argv[0] = str(Path(composing.__file__).with_name("training.py"))
        sys.modules["__main__"].__spec__ = None
    return composing.main({"evaluate": composing.EVALUATE, "train": composing.TRAIN}[name], words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samiam", description=samiam.__doc__)
    parser.add_argument("--version", action="version", version=f"samiam {samiam.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_segment(commands.add_parser("segment", help="segment micrographs into their materials"))
    particle_words.add_finding(commands.add_parser("particles", help="find nanoparticles, measure and count them"))
    particle_words.add_pooling(
        commands.add_parser("particles-statistics", help="count the particles of several runs together")
    )
    polar_words.add_polar(
        commands.add_parser("polar", help="find, follow and count the ends and junctions of stripes in a video")
    )
    _add_info(commands.add_parser("info", help="show what a micrograph file holds"))
    _add_models(commands.add_parser("models", help="generators, encoders and their settings; checkpoints"))
    for name, text in _PROGRAMS.items():
        commands.add_parser(name, help=text)
    return parser


def _add_segment(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--seed", type=int, default=0, help="seed of crops and clustering; default: %(default)s")
    inputs.add_reading(parser)


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_info)
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders, globs")
    inputs.add_reading(parser)


def _add_models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is, and where").set_defaults(command=_list_models)
    for name, command, text in (
        ("info", _describe_models, "settings of a generator or an encoder, with what they take and their defaults"),
        ("fetch", _fetch, "download into the cache and verify"),
        ("verify", _verify, "check a cached file against its SHA-256"),
    ):
        child = actions.add_parser(name, help=text)
        child.add_argument("names", nargs="+", metavar="NAME")
        child.set_defaults(command=command)


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
    if helped := _helped(options):
        print(helped)
        return 0
    paths = inputs.expand(options.files)
    if not any(map(inputs.is_readable, paths)):  # nothing has to be built to say so
        return for_each(paths, lambda index: inputs.refused(paths[index]))
    from samiam.commands import segmenting

    job = segmenting.SegmentJob.of(
        generator=options.generator,
        generator_options=dict(options.generator_option),
        encoder=options.encoder,
        encoder_options=dict(options.encoder_option),
        classifier_options=_classifier_options(options),
        n_materials=options.n_materials,
        seed=options.seed,
        reading=inputs.reading_of(options),
        pointers=[*options.point, *options.box],
        grains=options.grains,
        overwrite=options.overwrite,
    )
    return segmenting.segment_files(paths, options.output, job)


def _helped(options: argparse.Namespace) -> str:
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


def _info(options: argparse.Namespace) -> int:
    paths = inputs.expand(options.files)
    return for_each(paths, lambda index: _described(paths[index], inputs.reading_of(options)))


def _described(path: Path, reading: Reading) -> str:
    from samiam.formats import read_micrograph

    micrograph = read_micrograph(path, **reading.arguments)
    height, width = micrograph.shape_hw
    facts = {key: value for key, value in micrograph.metadata.items() if key != "path" and value is not None}
    lines = [f"{path}: {width} × {height} px, {micrograph.scale}"]
    return "\n".join(lines + [f"  {key}: {value}" for key, value in facts.items()])


def _list_models(_: argparse.Namespace) -> int:
    from samiam.storage.checkpoints import list_checkpoints

    for checkpoint, path, cached in list_checkpoints():
        size = "" if checkpoint.size_bytes is None else f"{checkpoint.size_bytes / 1e6:,.0f} MB"
        print(f"{checkpoint.name:<18} {size:>9}  {'cached' if cached else 'not fetched':<12} {path}")
    return 0


def _describe_models(options: argparse.Namespace) -> int:
    from samiam.commands import describing

    print("\n\n".join(describing.model(name) for name in options.names))
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from samiam.storage.checkpoints import fetch

    heed()
    for name in options.names:
        print(f"{name}: {fetch(name)}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from samiam.storage.checkpoints import verify_cached

    for name in options.names:
        print(f"{name}: {verify_cached(name)}")
    return 0
