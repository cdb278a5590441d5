"""The command line: `samiam COMMAND`, the commands being those of `_parser`.

What a command needs is imported when it is run, so that help and refusals come at once.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import samiam
from samiam.commands.files import inputs
from samiam.commands.files.each import for_each
from samiam.commands.saying import say_on_terminal
from samiam.commands.words import dataset, label_studio, particles, polar, segment, view, watch
from samiam.errors import InputError, extras, in_one_line
from samiam.interrupts import INTERRUPTED, heed
from samiam.storage.files import path_text

if TYPE_CHECKING:
    from samiam.commands.files.inputs import Reading

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
    say_on_terminal(options)
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
        from samiam.commands.composing import program, running
    except ImportError as error:
        print(f"samiam: {name} needs {error.name}; pip install 'samiam[research]'.", file=sys.stderr)
        return 2
    if name == "train":  # what Lightning starts as the further processes of a training
        sys.modules["__main__"].__spec__ = find_spec("samiam.commands.training.run")
    return running.main({"evaluate": program.EVALUATE, "train": program.TRAIN}[name], words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samiam", description=samiam.__doc__)
    parser.add_argument("--version", action="version", version=f"samiam {samiam.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    segment.add_segment(commands.add_parser("segment", help="segment micrographs into their materials"))
    particles.add_finding(commands.add_parser("particles", help="find nanoparticles, measure and count them"))
    particles.add_pooling(
        commands.add_parser("particles-statistics", help="count the particles of several runs together")
    )
    polar.add_polar(
        commands.add_parser("polar", help="find, follow and count the ends and junctions of stripes in a video")
    )
    view.add_view(
        commands.add_parser("view", help="look at micrographs in a browser, correct their regions and save them")
    )
    watch.add_watch(commands.add_parser("watch", help="the same of each micrograph as it lands in a folder"))
    dataset.add_dataset(
        commands.add_parser("dataset", help="compile labelled data sets, check them, compare their annotators")
    )
    label_studio.add_label_studio(
        commands.add_parser("label-studio", help="answer clicks in Label Studio; tasks for it, and back again")
    )
    _add_info(commands.add_parser("info", help="show what a micrograph file holds"))
    _add_models(commands.add_parser("models", help="generators, encoders and their settings; checkpoints"))
    for name, text in _PROGRAMS.items():
        commands.add_parser(name, help=text)
    return parser


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_info)
    parser.add_argument("files", nargs="+", type=path_text, metavar="FILE", help="files, folders, globs")
    inputs.add_reading(parser)


def _add_models(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is, and where").set_defaults(command=_list_models)
    for name, command, text in (
        ("info", _describe_models, "settings of a generator or an encoder, and the card of weights that ship"),
        ("fetch", _fetch, "download into the cache and verify"),
        ("verify", _verify, "check a cached file against its SHA-256"),
    ):
        child = actions.add_parser(name, help=text)
        child.add_argument("names", nargs="+", metavar="NAME")
        child.set_defaults(command=command)


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
    from samiam.storage.weight_files import model_cards, shipped_weights

    rows: list[tuple[str, int | None, str, Path]]
    rows = [(name, shipped_weights(name).stat().st_size, "ships", shipped_weights(name)) for name in model_cards()]
    rows += [
        (checkpoint.name, checkpoint.size_bytes, "cached" if cached else "not fetched", path)
        for checkpoint, path, cached in list_checkpoints()
    ]
    for name, n_bytes, where, path in rows:
        size = "" if n_bytes is None else f"{n_bytes / 1e6:,.0f} MB"
        print(f"{name:<22} {size:>9}  {where:<12} {path}")
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
