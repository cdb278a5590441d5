"""The words of `samiam polar`."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samiam.commands.files import inputs
from samiam.commands.files.each import for_each
from samiam.errors import InputError
from samiam.storage.files import given_path

if TYPE_CHECKING:
    from samiam.commands.polar.run import PolarJob
    from samiam.formats.frames.frame import Frames
    from samiam.records.polar_scene import Sign

METHODS = ("network", "skeleton")


def add_polar(parser: argparse.ArgumentParser) -> None:
    """Words of `samiam polar`."""
    parser.set_defaults(command=_find)
    parser.add_argument(
        "videos",
        nargs="+",
        type=given_path,
        metavar="VIDEO",
        help="videos, stacks, or folders with an image for each frame",
    )
    parser.add_argument(
        "-o", "--output", type=given_path, default=Path("polar"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--overwrite", action="store_true", help="let the results of other runs in DIR be replaced")
    parser.add_argument(
        "--method", choices=METHODS, default=METHODS[0], help="how points are found; default: %(default)s"
    )
    parser.add_argument(
        "--invert", action="store_true", help="take the ends and junctions of dark stripes instead of bright ones"
    )
    parser.add_argument(
        "--period-px",
        type=_period,
        metavar="PX",
        help="from one stripe to the next, 2 at least; default: measured in each frame",
    )
    inputs.add_reading(parser, one_frame=False)
    parser.add_argument(
        "--interval-s", type=inputs.positive, metavar="S", help="from one frame to the next, over what the file says"
    )
    parser.add_argument("--watch", action="store_true", help="take the frames of a folder as they land, until Ctrl-C")
    parser.add_argument(
        "--watch-until-idle-s", type=inputs.positive, metavar="S", help="likewise, until none has landed for so long"
    )


def _period(text: str) -> float:
    period_px = inputs.positive(text)
    from samiam.polar.period import SHORTEST_PERIOD_PX

    if period_px < SHORTEST_PERIOD_PX:
        raise argparse.ArgumentTypeError(f"{text!r} is less than {SHORTEST_PERIOD_PX:g} px, which no stripes are apart")
    return period_px


def _find(options: argparse.Namespace) -> int:
    from samiam.formats.frames.opening import check_frames

    paths: list[Path] = list({path.resolve(): path for path in options.videos}.values())
    is_watched = options.watch or options.watch_until_idle_s is not None
    if is_watched:
        _check_watched(paths)
    elif not any(inputs.is_readable(path, check_frames) for path in paths):  # nothing has to be built to say so
        return for_each(paths, lambda index: inputs.refused(paths[index], check_frames))
    from samiam.commands.polar import videos

    return videos.find_in_videos(paths, options.output, _job(options))


def _check_watched(paths: Sequence[Path]) -> None:
    if len(paths) > 1 or not paths[0].is_dir():
        raise InputError(f"--watch: {paths[0]}: give one folder that is there.")


def _job(options: argparse.Namespace) -> PolarJob:
    from functools import partial

    from samiam.commands.polar.run import PolarJob
    from samiam.polar import SkeletonFinder, build_point_finder, find_points

    sides = inputs.size_of(options)
    finder = build_point_finder() if options.method == "network" else SkeletonFinder()
    sign: Sign = "dark" if options.invert else "bright"
    return PolarJob(
        find=partial(find_points, period_px=options.period_px, sign=sign, finder=finder),
        sign=sign,
        config={
            "finder": {"name": finder.name, **finder.options},
            "sign": sign,
            "period_px": options.period_px,
            "pixel_size_nm": sides,
            "channel": options.channel,
            "dataset": options.dataset,
        },
        open=_opening(options),
        command=shlex.join(["samiam", *options.words]),
        overwrite=options.overwrite,
    )


def _opening(options: argparse.Namespace) -> Callable[[Path, Mapping[str, int]], Frames]:
    """Opens what is given: a folder as it is, or as it is being filled."""
    from samiam.formats.frames.landing import LandingFrames, Patience
    from samiam.formats.frames.opening import open_frames, reading_of

    reading: dict[str, Any] = {
        name: getattr(options, name) for name in ("channel", "dataset", "pixel_size_nm", "interval_s")
    }
    if not options.watch and options.watch_until_idle_s is None:
        return lambda path, _: open_frames(path, **reading)
    patience = Patience(idle_s=options.watch_until_idle_s)
    return lambda path, taken: LandingFrames(path, reading_of(**reading), patience, taken)
