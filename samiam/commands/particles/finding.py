"""`samiam particles`: files in; a folder of results for each, and the statistics of all, out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from samiam.commands.files.batch import Amount, Batch
from samiam.commands.files.every_frame import Image, read_image
from samiam.commands.files.places import check_foreign, check_hand, check_place, writing_to
from samiam.commands.files.resuming import is_as_before
from samiam.commands.files.spreading import Workers
from samiam.commands.particles.job import ParticlesJob, found_in, write_found
from samiam.commands.particles.pooled import Pooling, check_statistics, write_pooled
from samiam.commands.particles.twins import twins_among
from samiam.commands.saying import logger
from samiam.errors import InputError
from samiam.formats.writers.earlier import changed_in
from samiam.formats.writers.wording import notes
from samiam.particles import Particles
from samiam.particles.measured import MeasuredImage, first_of_each
from samiam.particles.result import NOTHING
from samiam.particles.writing.pooled import KIND as STATISTICS
from samiam.particles.writing.reading import read_measured
from samiam.particles.writing.results import KIND
from samiam.records.showing import counted
from samiam.storage.files import check_writable, sha256_of

Hash = Callable[[Path], str]


def find_in_files(
    paths: Sequence[Path],
    output: Path,
    job: ParticlesJob,
    pooling: Pooling,
    *,
    again: bool = False,
    workers: Workers | None = None,
    all_frames: bool = False,
) -> int:
    """Find the particles of each file, into `output/<name>/`, and count them together, into `output/`.

    Args:
        paths: the files.
        output: the folder.
        job: how particles are found in each file.
        pooling: how they are counted together.
        again: whether they are found again where an earlier run has left the same results.
        workers: who does it; this process where None.
        all_frames: whether every frame of a stack is an image of its own, in `output/<name>_frame<number>/`.

    Returns:
        The exit code of `Batch`; 1 instead of 0 where nothing was found in any file.

    Raises:
        InputError: if `output` cannot be written to, holds the statistics of other images, or a table that somebody
            has changed and that would be replaced.
    """
    check_writable(output)
    check_foreign(output, STATISTICS, overwrite=job.overwrite)
    hash_of = cache(sha256_of)
    batch = Batch(paths, output, job.chosen.reading, hash_of, all_frames=all_frames)
    check_statistics(output, lambda: _identities(batch.images, job, hash_of), overwrite=job.overwrite)
    logger.debug(f"settings: {job.chosen}")
    twins = twins_among(list(dict.fromkeys(image.path for image in batch.images)), hash_of)

    @cache
    def is_done(image: Image, place: Path) -> bool:
        return not again and image.path not in twins and _is_as_before(image, place, job, hash_of)

    for image, place in zip(batch.images, batch.places, strict=True):
        if image.path not in twins and not (job.overwrite or changed_in(place) is None or is_done(image, place)):
            check_hand(image.alias, place, overwrite=False)
    try:
        batch.carry_out(partial(_find_in_one, job=job, amount=batch.amount, twins=twins), is_done, workers or Workers())
    except KeyboardInterrupt:
        _count_so_far(batch, output, job, pooling, hash_of)
        raise
    return _count_all(batch, output, pooling)


def _identities(images: Sequence[Image], job: ParticlesJob, hash_of: Hash) -> set[str]:
    """How the identities of images begin, see `identity_of`; of files that cannot be read there is none."""
    found = set()
    for image in images:
        frame = job.chosen.at(image.frame).frame
        with suppress(OSError):
            sha256 = hash_of(image.path)
            # The only image of a file is no frame, whatever was asked for.
            found |= {sha256} if frame is None else {f"{sha256} {frame} ", f"{sha256} None "}
    return found


def _is_as_before(image: Image, place: Path, job: ParticlesJob, hash_of: Hash) -> bool:
    """Whether a folder holds what would be written into it, fit to be counted."""
    how = {"config": job.config, "settings": job.chosen.at(image.frame).plain()}
    if not is_as_before(image.path, place, how, hash_of):
        return False
    try:
        read_measured(place)
    except InputError:
        return False
    return True


def _find_in_one(image: Image, place: Path, job: ParticlesJob, amount: Amount, twins: Mapping[Path, Path]) -> str:
    """What there is to say of an image, once its results are in a folder."""
    started = time.perf_counter()
    path = image.alias
    if image.path in twins:
        twin = Image(twins[image.path], image.frame).alias
        raise InputError(f"{path}: is the same image as {twin}; it is counted once.")
    # Of the same networks: the frame is no part of what other processes make a job of.
    job = replace(job, chosen=job.chosen.at(image.frame))
    micrograph = read_image(image, job.chosen.reading)
    check_place(path, place, micrograph, KIND, overwrite=job.overwrite)
    read_s = time.perf_counter() - started
    particles, measured, times_s = found_in(micrograph, job)
    times_s = {"read": read_s, **times_s}
    with writing_to(place, path):
        written = write_found(place, particles, measured, job, times_s)
    if amount == "line":
        return _line(path, place, particles, measured, times_s)
    return _report(path, place, particles, measured, times_s, written, has_stages=amount == "stages")


def _line(path: Path, place: Path, particles: Particles, measured: MeasuredImage, times_s: Mapping[str, float]) -> str:
    said = [_how_many(measured), *_classes(measured), *filter(None, [particles.remark]), *notes(particles.micrograph)]
    return f"{path}: {'; '.join(said)}, in {sum(times_s.values()):.1f} s → {place}/"


def _report(
    path: Path,
    place: Path,
    particles: Particles,
    measured: MeasuredImage,
    times_s: Mapping[str, float],
    written: Sequence[Path],
    *,
    has_stages: bool,
) -> str:
    micrograph = particles.micrograph
    height, width = micrograph.shape_hw
    lines = [
        f"{path}: {width} × {height} px, {micrograph.scale} ({particles.pixel_size_from})",
        *notes(micrograph),
        f"{_how_many(measured)}, in {sum(times_s.values()):.1f} s",
        *_classes(measured),
        *filter(None, [particles.remark]),
        f"wrote {place}/: {' '.join(file.name for file in written)}",
        *([", ".join(f"{name} {seconds:.2f} s" for name, seconds in times_s.items())] if has_stages else []),
    ]
    return "\n  ".join(lines)


def _how_many(measured: MeasuredImage) -> str:
    whole = measured.table[measured.table["left_out"].isna()]
    mean = f", mean diameter {whole['diameter_nm'].mean():.3g} nm" if len(whole) else ""
    return f"{counted(len(measured.table), 'particle')}, {len(whole)} whole{mean}"


def _classes(measured: MeasuredImage) -> list[str]:
    """How many whole particles are of each class, in one piece of text; nothing where there are none."""
    whole = measured.table[measured.table["left_out"].isna()]
    numbers = sorted(whole["class"].value_counts().to_dict().items())
    return [", ".join(f"{name} {n}" for name, n in numbers)] if numbers else []


def _count_so_far(batch: Batch, output: Path, job: ParticlesJob, pooling: Pooling, hash_of: Hash) -> None:
    """Count together what is done when a run is stopped; statistics of more images than these stay."""
    done = [batch.images[index] for index in batch.done]
    try:
        check_statistics(output, lambda: _identities(done, job, hash_of), overwrite=False)
    except InputError:
        logger.warning(f"{output}: the statistics are still those of an earlier run.")
    else:
        left = counted(len(batch.images) - len(done), "image")
        _count_together(batch, output, pooling, f"The run was stopped; {left} of {len(batch.images)} are not in this.")


def _count_all(batch: Batch, output: Path, pooling: Pooling) -> int:
    """Count all images together; the exit code, once the last line is said."""
    images = _count_together(batch, output, pooling)
    if images and not any(len(image.table) for image in images):
        remarks = dict.fromkeys(part for image in images for part in (image.remark or "").split("; "))
        said = [part for part in remarks if part not in ("", NOTHING)]
        logger.warning(f"no particle was found{': ' if said else ''}{'; '.join(said)}.")
        return max(batch.code, 1)
    batch.say_where_to_look(output / "report.html" if images else None)
    return batch.code


def _refuse_twins(batch: Batch) -> None:
    """Count an image once that is in several files, which only their pixels tell."""
    done = batch.done
    twins = first_of_each([read_measured(batch.places[index]) for index in done])
    for index, first in ((done[twin], done[first]) for twin, first in twins.items()):
        said = f"{batch.images[index].alias}: is the same image as {batch.images[first].alias}; it is counted once."
        batch.fates[index] = said
        logger.warning(said)


def _count_together(batch: Batch, output: Path, pooling: Pooling, *remarks: str) -> list[MeasuredImage]:
    """Write the statistics of all images that are done, where there are any; what was measured on them."""
    _refuse_twins(batch)
    places = [batch.places[index] for index in batch.done]
    images = [read_measured(place) for place in places]
    failures = [fate for _, fate in sorted(batch.fates.items()) if fate is not None]
    if images:
        logger.info(write_pooled(output, images, places, pooling, failures=[*failures, *remarks]))
    return images
