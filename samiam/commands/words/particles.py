"""The words of `samiam particles` and `samiam particles-statistics`."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.commands.files import inputs
from samiam.commands.files.each import for_each
from samiam.commands.saying import add_loudness
from samiam.commands.words.workers import add_workers, workers_of
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.storage.files import given_path, path_text

if TYPE_CHECKING:
    from samiam.commands.particles.settings import ParticlesSettings
    from samiam.particles import FaultDetection, StatisticsOptions

_COUNTS = re.compile(r"(\d{1,9})/(\d{1,9})")


def add_finding(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam particles`."""
    parser.set_defaults(command=_find)
    parser.add_argument(
        "files",
        nargs="+",
        type=path_text,
        metavar="FILE",
        help=f"files ({' '.join(READABLE_SUFFIXES)}), folders, globs",
    )
    _add_output(parser, "particles", ", and tables that were changed by hand")
    parser.add_argument(
        "--like",
        type=given_path,
        metavar="RESULT",
        help="take the settings of an earlier result, an image's provenance.json; options beside it outrank those",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="find again also what DIR holds the same results of, which is left as it is",
    )
    add_workers(parser, "one, as torch takes all cores for each image")
    parser.add_argument(
        "--material", metavar="NAME", help="what the particles are of, as Au; tells the pixel size by their fringes"
    )
    parser.add_argument(
        "--faults",
        action=argparse.BooleanOptionalAction,
        help="tell of each particle whether its stacking is faulty; default: yes",
    )
    parser.add_argument(
        "--invert",
        action=argparse.BooleanOptionalAction,
        help="look at the image inverted, as dark field asks for; default: where the file says dark field, or bright "
        "particles are found more surely so",
    )
    inputs.add_exports(parser)
    inputs.add_reading(parser, or_all=True)
    add_loudness(parser)
    _add_statistics(parser)


def add_pooling(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam particles-statistics`."""
    parser.set_defaults(command=_pool)
    parser.add_argument(
        "runs",
        nargs="+",
        type=given_path,
        metavar="RUN",
        help="folders that samiam particles wrote: of runs or of images",
    )
    _add_output(parser, "statistics")
    _add_statistics(parser)


def _add_output(parser: argparse.ArgumentParser, default: str, too: str = "") -> None:
    parser.add_argument(
        "-o", "--output", type=given_path, default=Path(default), metavar="DIR", help="default: %(default)s"
    )
    replaced = f"let the results of other images in DIR be replaced{too}"
    parser.add_argument("--overwrite", action="store_true", help=replaced)


def _add_statistics(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bins",
        type=_edges,
        metavar="NM,NM,…",
        help="edges of the size bins in nm of diameter; default: round ones",
    )
    for name, of in (("sensitivity", "faulty particles that are found"), ("specificity", "faultless ones cleared")):
        parser.add_argument(
            f"--{name}",
            type=_counts,
            metavar="K/N",
            help=f"{of}, as counted on N known ones; both correct the share of faults",
        )
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap; default: %(default)s")


def _edges(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NM,NM,…") from None


def _counts(text: str) -> tuple[int, int]:
    if not (found := _COUNTS.fullmatch(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form K/N, as 45/50")
    return int(found[1]), int(found[2])


def _options(options: argparse.Namespace) -> StatisticsOptions:
    from samiam.particles import StatisticsOptions

    return StatisticsOptions(bin_edges_nm=options.bins, seed=options.seed)


def _detection(options: argparse.Namespace) -> FaultDetection | None:
    """How often faults are told rightly, None where that is not given."""
    from samiam.particles import FaultDetection

    given = options.sensitivity, options.specificity
    if given == (None, None):
        return None
    if None in given:
        lacking = "specificity" if options.specificity is None else "sensitivity"
        raise InputError(f"a share is corrected by sensitivity and specificity together; give --{lacking} too.")
    (found, faulty), (cleared, faultless) = given
    return FaultDetection(faulty=faulty, found=found, faultless=faultless, cleared=cleared)


def settings_of(options: argparse.Namespace) -> ParticlesSettings:
    """What was given, over what an earlier result was made with, over the defaults.

    Raises:
        InputError: if something of it cannot be used.
    """
    from samiam.commands.chosen import base_of, over
    from samiam.commands.particles.settings import ParticlesSettings
    from samiam.particles.writing.results import KIND

    own = {name: getattr(options, name, None) for name in ("faults", "invert")}
    of_particles = {"material": options.material, **own}
    return over(base_of(options, KIND, ParticlesSettings), {**inputs.given_of(options), **of_particles})


def _find(options: argparse.Namespace) -> int:
    checked_exports(options.export or ())
    paths = inputs.expand(options.files)
    if not any(map(inputs.is_readable, paths)):  # nothing has to be built to say so
        return for_each(paths, lambda index: inputs.refused(paths[index]))
    statistics, detection = _options(options), _detection(options)
    chosen = settings_of(options)
    from samiam.commands.particles.finding import find_in_files
    from samiam.commands.particles.job import ParticlesJob
    from samiam.commands.particles.pooled import Pooling

    job = ParticlesJob.of(chosen, overwrite=options.overwrite)
    return find_in_files(
        paths,
        options.output,
        job,
        Pooling(statistics, detection, shlex.join(["samiam", *options.words])),
        again=options.again,
        workers=workers_of(options),
        all_frames=options.frame == inputs.ALL,
    )


def _pool(options: argparse.Namespace) -> int:
    statistics, detection = _options(options), _detection(options)
    from samiam.commands.particles.pooled import Pooling, pool_runs

    pooling = Pooling(statistics, detection, shlex.join(["samiam", *options.words]))
    return pool_runs(options.runs, options.output, pooling, overwrite=options.overwrite)
