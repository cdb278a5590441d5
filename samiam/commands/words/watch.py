"""The words of `samiam watch`."""

from __future__ import annotations

import argparse
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.commands.files import inputs
from samiam.commands.words import particles, segment
from samiam.errors import InputError
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.storage.files import given_path

if TYPE_CHECKING:
    from samiam.commands.watching.answers import Finding

_OF_MATERIALS = ("n_materials", "grains", "classifier", "roi", "field_of_view")


def add_watch(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam watch`."""
    parser.set_defaults(command=_watch)
    parser.add_argument("folder", type=given_path, metavar="FOLDER", help="that the microscope writes to")
    parser.add_argument(
        "-o", "--output", type=given_path, default=Path("live"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace results of other images and what was corrected by hand",
    )
    parser.add_argument(
        "--polling",
        action="store_true",
        help="look at the folder again and again, as network drives need it, where nobody tells of new files",
    )
    parser.add_argument(
        "--until-idle-s",
        type=inputs.positive,
        metavar="S",
        help="end when no file has landed for so long; default: Ctrl-C",
    )
    parser.add_argument(
        "--publish", metavar="ADDRESS", help="publish each line on a ZeroMQ socket, as tcp://127.0.0.1:5556"
    )
    parser.add_argument("--post", metavar="URL", help="post each line there as JSON")
    parser.add_argument(
        "--roi",
        metavar="WHAT",
        help="say where to look next: interface, grain_boundary, uncertain, or material:NAME",
    )
    parser.add_argument(
        "--field-of-view",
        type=_field,
        metavar="W,H",
        help="of the next look, in nm (px where the pixel size is unknown); default: that of the image",
    )
    parser.add_argument("--particles", action="store_true", help="find nanoparticles instead of materials")
    parser.add_argument("--material", metavar="NAME", help="what the particles are of, as Au")
    segment.add_method(parser)
    parser.add_argument(
        "--no-measurements", action="store_true", help="leave out what is measured of regions, layers and lattices"
    )
    inputs.add_exports(parser)
    inputs.add_reading(parser)


def _field(text: str) -> tuple[float, float]:
    try:
        width, height = (float(part) for part in text.split(","))
    except ValueError:
        width = height = math.nan
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form W,H with positive numbers")
    return width, height


def _watch(options: argparse.Namespace) -> int:
    if helped := segment.help_on_settings(options):
        print(helped)
        return 0
    checked_exports(options.export or ())
    if not options.folder.is_dir():
        raise InputError(f"{options.folder}: is no folder; give the one that the microscope writes to.")
    finding = _nanoparticles(options) if options.particles else _materials(options)
    from samiam.commands.watching.run import WatchJob, watch_folder
    from samiam.formats.frames.landing import Patience

    job = WatchJob(
        finding=finding,
        reading=inputs.reading_of(options),
        patience=Patience(idle_s=options.until_idle_s),
        polling=options.polling,
        bind=options.publish,
        url=options.post,
        overwrite=options.overwrite,
    )
    return watch_folder(options.folder, options.output, job)


def _materials(options: argparse.Namespace) -> Finding:
    if options.material is not None:
        raise InputError("--material is of particles; add --particles, or leave it out.")
    if options.field_of_view is not None and options.roi is None:
        raise InputError("--field-of-view is that of the next look; say by --roi what to look for.")
    if options.roi is not None:
        from samiam.watching.interest import check_interest

        check_interest(options.roi)
    from samiam.commands.watching.answers import Materials

    return Materials(segment.job_of(options), options.roi, options.field_of_view)


def _nanoparticles(options: argparse.Namespace) -> Finding:
    given = [name for name in _OF_MATERIALS if getattr(options, name) not in (None, False)]
    if given:
        raise InputError(f"--{given[0].replace('_', '-')} is of materials; leave it out beside --particles.")
    from samiam.commands.particles.job import ParticlesJob
    from samiam.commands.particles.pooled import Pooling
    from samiam.commands.watching.answers import Nanoparticles
    from samiam.particles import StatisticsOptions

    job = ParticlesJob.of(particles.settings_of(options), overwrite=options.overwrite)
    return Nanoparticles(job, Pooling(StatisticsOptions(), None, shlex.join(["samiam", *options.words])))
