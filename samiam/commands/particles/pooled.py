"""`samiam particles-statistics`: what runs have found, counted together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import samiam.particles.writing.pooled as writing
from samiam.commands.files.places import check_foreign, check_kind, writing_to
from samiam.errors import InputError
from samiam.formats.writers.earlier import PROVENANCE
from samiam.formats.writers.provenance import about_software
from samiam.interrupts import heed
from samiam.particles import FaultDetection, ParticleStatistics, StatisticsOptions
from samiam.particles.measured import MeasuredImage, first_of_each
from samiam.particles.statistics.pooling import pool
from samiam.particles.writing.reading import image_folders, read_measured
from samiam.particles.writing.report import About
from samiam.records.showing import counted
from samiam.storage.files import check_writable
from samiam.storage.strict_json import parse_json


@dataclass(frozen=True)
class Pooling:
    """How particles are counted together.

    Attributes:
        options: size bins and bootstrap.
        detection: how often faults are told rightly; what the results say themselves where None.
        command: the command line, for the report.
    """

    options: StatisticsOptions
    detection: FaultDetection | None
    command: str


def pool_runs(runs: Sequence[Path], output: Path, pooling: Pooling, *, overwrite: bool) -> int:
    """Count the particles of runs together, into `output/`.

    Returns:
        0, or 1 where there is no particle.

    Raises:
        InputError: if a run cannot be read, an image is in two of them, `output` is one of several runs, whose own
            statistics would be lost, cannot be written to or holds the statistics of other images.
    """
    heed()
    check_writable(output)
    check_foreign(output, writing.KIND, overwrite=overwrite)
    if len(runs) > 1 and any(run.resolve() == output.resolve() for run in runs) and not overwrite:
        raise InputError(f"{output}: is one of the runs, whose own statistics would be lost; choose another -o.")
    folders, remarks = _counted_of(runs)
    images = [read_measured(folder) for folder in folders]
    _check_once(images, folders)
    check_statistics(output, lambda: {image.identity for image in images}, overwrite=overwrite)
    print(write_pooled(output, images, folders, pooling, remarks=remarks))
    return 0 if any(len(image.table) for image in images) else 1


def _counted_of(runs: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The folders of images that count, and what there is to say of those that do not."""
    counted_ones: list[Path] = []
    remarks = []
    for run in runs:
        folders = image_folders(run)
        if replaced := _replaced_in(run, folders):
            names = ", ".join(folder.name for folder in replaced)
            remarks.append(
                f"Not counted, because the statistics of {run} are not of them: {names}. They are of an earlier run; "
                "give their folders to count them."
            )
        counted_ones += [folder for folder in folders if folder not in replaced]
    return counted_ones, remarks


def _replaced_in(run: Path, folders: Sequence[Path]) -> list[Path]:
    """The folders with results that were there when the statistics of a run were written, and are not in them."""
    own = set(_earlier(run).values())
    if not own:
        return []
    as_of = _noted(run).get("written_utc", "")
    each = ((folder, _noted(folder)) for folder in folders)
    return [folder for folder, noted in each if noted.get("identity") not in own and _is_before(noted, as_of)]


def _is_before(noted: Mapping[str, Any], as_of: object) -> bool:
    """Whether results were written before; dates of one zone and form are in the order of their text."""
    return str(noted.get("written_utc", "")) < str(as_of)


def _check_once(images: Sequence[MeasuredImage], folders: Sequence[Path]) -> None:
    for index, first in first_of_each(images).items():
        raise InputError(f"{folders[first]} and {folders[index]} are of the same image; give it once.")


def check_statistics(output: Path, new: Callable[[], set[str]], *, overwrite: bool) -> None:
    """Refuse a folder with the statistics of images that would not be in those that replace them.

    Args:
        output: the folder.
        new: gives the identities of the new images, or how each begins, with the SHA-256 of its file; asked for only
            where there are earlier statistics.
        overwrite: whether they may be replaced all the same.

    Raises:
        InputError: if so.
    """
    check_kind(output, writing.KIND)
    earlier = {} if overwrite else _earlier(output)
    kept = tuple(new()) if earlier else ()
    if lost := sorted(name for name, identity in earlier.items() if not identity.startswith(kept)):
        raise InputError(
            f"{output}: holds the statistics of {counted(len(lost), 'other image')} ({', '.join(lost[:3])}"
            f"{', …' if len(lost) > 3 else ''}); choose another folder with -o, or replace them by --overwrite."
        )


def _earlier(output: Path) -> dict[str, str]:
    """By name the identities of the images of which a folder holds statistics."""
    try:
        return {str(image["name"]): str(image["identity"]) for image in _noted(output)["images"]}
    except (LookupError, TypeError):
        return {}


def _noted(folder: Path) -> Mapping[str, Any]:
    """The provenance in a folder; empty where there is none that can be read."""
    try:
        noted: Any = parse_json((folder / PROVENANCE).read_bytes())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def write_pooled(
    output: Path,
    images: Sequence[MeasuredImage],
    folders: Sequence[Path],
    pooling: Pooling,
    *,
    failures: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> str:
    """Write the statistics of images whose own results are in folders.

    Args:
        output: where to.
        images: what was measured.
        folders: of each.
        pooling: how they are counted.
        failures: one line for each file that failed.
        remarks: what else a reader of the numbers has to know.

    Returns:
        What there is to print.
    """
    statistics = pool(images, pooling.options, detection=pooling.detection)
    statistics = replace(statistics, remarks=(*remarks, *statistics.remarks))
    facts = {
        "date": datetime.now(UTC).isoformat(sep=" ", timespec="seconds"),
        "version": f"samiam {about_software()['samiam']}",
        "command": pooling.command,
        "input": f"{counted(len(images), 'image')}: {', '.join(statistics.images)}",
    }
    each = zip(statistics.images, (folder / "overlay.png" for folder in folders), strict=True)
    about = About(facts, {name: picture for name, picture in each if picture.is_file()}, failures)
    config = {"statistics": asdict(pooling.options), "detection": pooling.detection and asdict(pooling.detection)}
    with writing_to(output, "statistics"):
        written = writing.write_statistics(output, statistics, images, about, config)
    names = " ".join(file.name for file in written)
    return "\n  ".join([*_in_words(statistics), *statistics.remarks, f"wrote {output}/: {names}"])


def _in_words(statistics: ParticleStatistics) -> list[str]:
    """The numbers that are asked for most."""
    of = f"{statistics.n} of {counted(len(statistics.particles), 'particle')}"
    lines = [
        f"all {counted(len(statistics.images), 'image')}: {of} counted",
        f"mean diameter {statistics.diameter.mean.text(unit='nm')}, standard deviation "
        f"{statistics.diameter.sd.text(unit='nm')}",
    ]
    faults = statistics.faults
    if faults is not None:
        lines.append(f"faulty {faults.share.text('.1%')}, cannot be told {faults.untold.text('.1%')}")
    if faults is not None and faults.corrected is not None:
        lines.append(f"faulty, corrected for {statistics.detection}: {faults.corrected.text('.1%')}")
    return lines
