"""`python -m simulate benchmark | realistic | crops | particles | labyrinth | library`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from samiam.errors import InputError, in_one_line
from samiam.interrupts import INTERRUPTED, heed
from samiam.settings import declared, read_settings
from samiam.storage.files import given_path
from simulate.library import entries


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: words after the program's name; those of the process where not given.

    Returns:
        0 if all went well, 2 for unusable input or options.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except (InputError, OSError) as error:
        print(f"simulate: {in_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulate", description="Simulated micrographs with exact truth.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_benchmark(commands.add_parser("benchmark", help="write the labelled scenes of the benchmark"))
    _add_realistic(
        commands.add_parser("realistic", help="write labelled scenes of uneven lamellae, any number of them")
    )
    _add_crops(commands.add_parser("crops", help="write crops of one material each, for training"))
    _add_particles(commands.add_parser("particles", help="simulate exit waves of nanoparticles on carbon (abTEM)"))
    _add_labyrinth(commands.add_parser("labyrinth", help="write a STEM video of stripe domains"))
    _add_library(commands.add_parser("library", help="simulate unit cells by multislice (abTEM)"))
    return parser


def _add_benchmark(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_benchmark)
    parser.add_argument("folder", type=given_path, help="where to write; scenes that are there already are kept")
    parser.add_argument("--quick", action="store_true", help="only the 12 scenes of the quick benchmark")
    parser.add_argument(
        "--seed", type=_seed, default=0, help="1 or more for fresh scenes of the same families; default: the published"
    )
    _add_workers(parser)


def _add_realistic(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_realistic)
    parser.add_argument("folder", type=given_path, help="where to write; scenes that are there already are kept")
    parser.add_argument("--scenes", type=_count, default=21, metavar="N", help="default: %(default)s")
    parser.add_argument("--first", type=_seed, default=0, metavar="NUMBER", help="of the first; default: %(default)s")
    parser.add_argument("--side", type=_count, metavar="PX", help="of a part of each field of view instead of all")
    _add_workers(parser)


def _add_crops(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_crops)
    parser.add_argument("folder", type=given_path, help="where to write")
    parser.add_argument(
        "--material", action="append", required=True, metavar="NAME", help="a class; may be repeated, as SrTiO3 and Ge"
    )
    for split, n in (("train", 8000), ("val", 1000), ("test", 1000)):
        parser.add_argument(f"--{split}", type=_count, default=n, metavar="N", help="crops; default: %(default)s")
    parser.add_argument("--size", type=_count, default=60, metavar="PX", help="side of a crop; default: %(default)s")
    for flag, text in (
        ("--range", "a condition's, as thickness_A 80 300"),
        ("--test-range", "the same, of the test only"),
    ):
        parser.add_argument(flag, nargs=3, action="append", default=[], metavar=("NAME", "LOW", "HIGH"), help=text)
    parser.add_argument("--seed", type=_seed, default=0, help="default: %(default)s")
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="processes; default: %(default)s")


def _add_particles(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_particles)
    parser.add_argument("folder", type=given_path, help="where to write; specimens that are there already are kept")
    parser.add_argument("--specimens", type=_count, default=100, metavar="N", help="default: %(default)s")
    parser.add_argument("--split", default="train", metavar="NAME", help="a folder in the folder; default: %(default)s")
    parser.add_argument("--seed", type=_seed, default=0, help="default: %(default)s")
    parser.add_argument(
        "--material",
        action="append",
        metavar="NAME|CIF",
        help="a name, such as Au, or a CIF; may be repeated; default: Au",
    )
    parser.add_argument(
        "--range",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "LOW", "HIGH"),
        help="n_particles, diameter_nm or carbon_nm, as carbon_nm 9 13",
    )
    _add_set(parser, "energy_kV, box_nm, slice_A, pixel_A, phonons; faulted, edge_on, zone or touching")
    parser.add_argument("--precision", choices=("float16", "int8"), default="float16", help="default: %(default)s")
    _add_device(parser)
    _add_workers(parser)


def _add_labyrinth(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_labyrinth)
    parser.add_argument("folder", type=given_path, help="where to write; frames that are there already are kept")
    parser.add_argument("--frames", type=_count, default=81, metavar="N", help="default: %(default)s")
    parser.add_argument("--size", type=_count, default=1995, metavar="PX", help="of a side; default: %(default)s")
    parser.add_argument(
        "--physics",
        choices=("swift_hohenberg", "ginzburg_landau"),
        default="swift_hohenberg",
        help="that the domains obey; default: %(default)s",
    )
    parser.add_argument("--sign", choices=("bright", "dark"), default="bright", help="of the stripes of the truth")
    parser.add_argument(
        "--range",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "LOW", "HIGH"),
        help="a condition's, as noise 2 2; also period_px, wall, contrast_ratio, gradient, blotches, jitter_px, "
        "row_brightness, drift or kick",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="default: %(default)s")


def _add_set(parser: argparse.ArgumentParser, names: str) -> None:
    parser.add_argument("--set", type=_assignment, action="append", default=[], metavar="NAME=VALUE", help=names)


def _add_library(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_library)
    parser.add_argument(
        "--folder", type=given_path, default=entries.user_folder(), help="of entries; default: %(default)s"
    )
    parser.add_argument(
        "--work", type=given_path, default=Path("outputs/library"), help="of finished tasks; %(default)s"
    )
    parser.add_argument("--crystal", metavar="NAME|CIF", help="one crystal instead of all that ship with the package")
    parser.add_argument("--zone", type=int, nargs=3, default=(1, 0, 0), metavar=("U", "V", "W"), help="of the beam")
    parser.add_argument("--growth", type=int, nargs=3, default=(0, 0, 1), metavar=("U", "V", "W"), help="upwards")
    parser.add_argument("--energy", type=float, action="append", metavar="KV", help="may be repeated; 200 and 300")
    parser.add_argument(
        "--detector",
        nargs=3,
        action="append",
        metavar=("NAME", "INNER", "OUTER"),
        help="collection angles in mrad; may be repeated; ADF 30 60 and HAADF 60 160",
    )
    _add_set(parser, "phonons, thickness_A, thickness_step_A, convergence_mrad, slice_A, width_A, sampling_A or seed")
    _add_device(parser)
    _add_workers(parser)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu", help="gpu needs CuPy; default: %(default)s")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask scheduler; default: a local cluster")
    parser.add_argument("--workers", type=_count, metavar="N", help="of the local cluster; default: one for each core")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number; give 1 or more")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed; give a whole number, 0 or more")
    return int(text)


def _assignment(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not equals or number != number:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NUMBER")
    return name, int(number) if number.is_integer() else number


def _benchmark(options: argparse.Namespace) -> None:
    from simulate.scenes.benchmark import QUICK
    from simulate.scenes.dataset import write_benchmark

    heed()
    names = QUICK if options.quick else None
    print(
        write_benchmark(options.folder, names, seed=options.seed, scheduler=options.scheduler, workers=options.workers)
    )


def _realistic(options: argparse.Namespace) -> None:
    from simulate.scenes.dataset import write_scenes
    from simulate.scenes.realistic import realistic

    numbers = range(options.first, options.first + options.scenes)
    recipes = [realistic(number, side_px=options.side) for number in numbers]
    heed()
    print(write_scenes(options.folder, recipes, scheduler=options.scheduler, workers=options.workers))


def _crops(options: argparse.Namespace) -> None:
    from simulate.crops import CropConditions, CropDataset, write_crops

    ranges = {"train": options.range, "val": options.range, "test": options.range + options.test_range}
    splits = {
        name: CropDataset(
            options.material,
            getattr(options, name),
            options.size,
            read_settings(CropConditions, "crop", _ranges(of_split)),
            seed=len(ranges) * options.seed + index,  # every split of every seed has one of its own
        )
        for index, (name, of_split) in enumerate(ranges.items())
    }
    heed()
    print(write_crops(options.folder, splits, n_workers=options.workers))


def _ranges(words: Sequence[tuple[str, str, str]]) -> dict[str, tuple[float, float]]:
    try:
        return {name: (float(low), float(high)) for name, low, high in words}
    except ValueError:
        raise InputError("--range takes a condition and two numbers, as --range thickness_A 80 300.") from None


def _particles(options: argparse.Namespace) -> None:
    from simulate.particles.settings import SpecimenRanges, WaveSettings

    try:
        from simulate.particles.build import build_waves
    except ImportError as error:
        raise _needs(error) from None
    chosen = dict(options.set)
    of_specimens = {name: chosen.pop(name) for name in declared(SpecimenRanges) if name in chosen}
    ranges: dict[str, object] = {**of_specimens, **_wholes(_ranges(options.range))}
    if options.material:
        ranges["materials"] = tuple(options.material)
    drawn_from = read_settings(SpecimenRanges, "particles", ranges)
    settings = read_settings(WaveSettings, "particles", {**chosen, "seed": options.seed})
    heed()
    paths = build_waves(
        options.folder,
        options.split,
        options.specimens,
        drawn_from,
        settings,
        precision=options.precision,
        scheduler=options.scheduler,
        workers=options.workers,
        device=_device(options),
    )
    print(paths[0].parent)


def _labyrinth(options: argparse.Namespace) -> None:
    from simulate.labyrinth.folders import write_video
    from simulate.labyrinth.settings import VideoSettings

    usual = asdict(VideoSettings())
    chosen = {name: getattr(options, name) for name in ("frames", "physics", "sign", "seed")}
    conditions = {**usual["conditions"], **_ranges(options.range)}
    settings = read_settings(
        VideoSettings, "labyrinth", {**usual, **chosen, "size_px": options.size, "conditions": conditions}
    )
    heed()
    print(write_video(options.folder, settings))


def _wholes(ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, ...]]:
    """Whole numbers as such."""
    return {name: tuple(int(end) if end.is_integer() else end for end in ends) for name, ends in ranges.items()}


def _device(options: argparse.Namespace) -> Literal["cpu", "gpu"]:
    """Where waves are propagated; of the workers of a scheduler elsewhere nothing is known here."""
    if options.device == "gpu" and options.scheduler is None and find_spec("cupy") is None:
        raise InputError("--device gpu needs CuPy; pip install cupy-cuda12x (or as the CUDA is), or leave it out.")
    found: Literal["cpu", "gpu"] = options.device
    return found


def _needs(error: ImportError) -> InputError:
    return InputError(f"multislice needs {error.name}; `pip install 'samiam[research,multislice]'`.")


def _library(options: argparse.Namespace) -> None:
    try:
        from simulate.library.build import SHIPPED, build_library
        from simulate.library.settings import MultisliceSettings
    except ImportError as error:
        raise _needs(error) from None

    entries = SHIPPED
    if options.crystal:
        entries = ((options.crystal, tuple(options.zone), tuple(options.growth)),)
    settings = read_settings(MultisliceSettings, "library", _multislice_options(options))
    heed()
    paths = build_library(
        entries,
        settings,
        folder=options.folder,
        work=options.work,
        scheduler=options.scheduler,
        workers=options.workers,
        device=_device(options),
    )
    print(*paths, sep="\n")


def _multislice_options(options: argparse.Namespace) -> dict[str, object]:
    chosen: dict[str, object] = dict(options.set)
    if options.energy:
        chosen["energies_kV"] = tuple(options.energy)
    if options.detector:
        try:
            chosen["detectors_mrad"] = tuple(
                (name, float(inner), float(outer)) for name, inner, outer in options.detector
            )
        except ValueError:
            raise InputError("--detector takes a name and two angles in mrad, as --detector HAADF 60 160.") from None
    return chosen
