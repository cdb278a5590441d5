"""`samiam segment`: files in, a folder of results for each out."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast

from samiam.boosting import SemanticBooster, build_booster
from samiam.colours import TINTS, Tint
from samiam.commands.files.batch import Amount, Batch
from samiam.commands.files.every_frame import Image, read_image
from samiam.commands.files.places import check_overview, check_place, writing_to
from samiam.commands.files.resuming import is_as_before, why_nothing
from samiam.commands.files.spreading import Workers
from samiam.commands.saying import logger
from samiam.commands.segment_settings import SegmentSettings
from samiam.errors import InputError
from samiam.formats import write_results
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.formats.writers.overview.writing import write_overview
from samiam.formats.writers.wording import notes, percent, report_lines
from samiam.generation import MaskGenerator, PromptableGenerator
from samiam.lengths import area_texts
from samiam.measurement import Measurements, measure, write_measured
from samiam.pipeline import Pointer, select
from samiam.records import Cutout, Micrograph, Segmentation
from samiam.records.showing import counted
from samiam.registry import (
    build_classifier,
    build_encoder,
    build_generator,
    encoder_options_beside,
    encoder_settings,
)
from samiam.settings import read_settings
from samiam.storage.files import check_writable, sha256_of
from samiam.threads import two_at_once


@dataclass(frozen=True)
class SegmentJob:
    """How each file is segmented.

    Attributes:
        generator: what proposes masks.
        booster: what makes materials of them.
        chosen: what was chosen, as other runs can take it up.
        overwrite: whether the results of one image may replace those of another.
    """

    generator: MaskGenerator
    booster: SemanticBooster
    chosen: SegmentSettings
    overwrite: bool = False

    @classmethod
    def of(cls, chosen: SegmentSettings, *, overwrite: bool = False) -> SegmentJob:
        """Make a job from names and settings; without `classifier_options` there is no classifier.

        Raises:
            InputError: if a name or a setting is unknown, weights cannot be had, a number of materials, a classifier
                or grains are asked for beside pointers, or grains of an encoder that sees none.
        """
        has_pointers = bool(chosen.points or chosen.boxes)
        if has_pointers and (chosen.n_materials is not None or chosen.classifier_options is not None):
            raise InputError("what is pointed at is neither counted nor classified; leave out -k and --classifier.")
        if has_pointers and chosen.grains:
            raise InputError("what is pointed at is not divided into grains; leave out --grains.")
        if chosen.seed < 0:
            raise InputError(f"a seed of {chosen.seed} is impossible; give 0 or more.")
        checked_exports(chosen.exports)
        # Refused before torch is imported.
        read_settings(encoder_settings(chosen.encoder), chosen.encoder, chosen.encoder_options)
        built = build_generator(chosen.generator, **chosen.generator_options)
        classifier = None if chosen.classifier_options is None else build_classifier(**chosen.classifier_options)
        options = encoder_options_beside(
            chosen.generator, chosen.generator_options, chosen.encoder, chosen.encoder_options
        )
        booster = build_booster(build_encoder(chosen.encoder, **options), seed=chosen.seed, classifier=classifier)
        if chosen.grains:
            booster.check_sees_grains()
        if has_pointers and not isinstance(built, PromptableGenerator):
            raise InputError(f"the generator {built.name} takes no clicks and boxes; use compact or a SAM.")
        return cls(built, booster, chosen, overwrite)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes it again, once, instead of getting networks with each file."""
        return _made, (json.dumps(self.chosen.plain()), self.overwrite)

    @property
    def pointers(self) -> list[Pointer]:
        """What selects materials instead of the booster, where there is anything."""
        clicks = [Pointer(point=point) for point in self.chosen.points]
        return [*clicks, *(Pointer(box=box) for box in self.chosen.boxes)]

    @property
    def tint(self) -> Tint:
        """How materials are drawn; an opacity is that of the fill, where there is one."""
        tint, opacity = TINTS[self.chosen.overlay], self.chosen.opacity
        if opacity is None:
            return tint
        return {
            "outline": Tint(0.0, opacity),
            "fill": Tint(opacity, opacity),
            "both": Tint(opacity, tint.outline),
        }[self.chosen.overlay]

    @property
    def config(self) -> dict[str, Any]:
        """All settings, for provenance."""
        if self.pointers:
            own = {"name": self.generator.name, **self.generator.options}
            pointers = [asdict(pointer) for pointer in self.pointers]
            return {"generator": own, "pointers": pointers, "measurements": self.chosen.measurements}
        return {
            "generator": {"name": self.generator.name, **self.generator.options},
            "booster": self.booster.options,
            "n_materials": self.chosen.n_materials,
            "grains": self.chosen.grains,
            "measurements": self.chosen.measurements,
        }


@lru_cache(maxsize=1)
def _made(settings: str, overwrite: bool) -> SegmentJob:
    return SegmentJob.of(read_settings(SegmentSettings, "settings", json.loads(settings)), overwrite=overwrite)


def segment_files(
    paths: Sequence[Path],
    output: Path,
    job: SegmentJob,
    *,
    again: bool = False,
    workers: Workers | None = None,
    all_frames: bool = False,
) -> int:
    """Segment each file into `output/<name>/`, and write what was found in all of them into `output/`.

    Args:
        paths: the files.
        output: the folder.
        job: how each file is segmented.
        again: whether files are segmented of which an earlier run has left the same results.
        workers: who does it; this process where None.
        all_frames: whether every frame of a stack is an image of its own, in `output/<name>_frame<number>/`.

    Returns:
        The exit code of `Batch`; 1 instead of 0 where nothing was found in any file.

    Raises:
        InputError: if nothing can be written, or `output` holds other files of the names that are to be written there.
    """
    check_writable(output)
    check_overview(output)
    how, hash_of = {"config": job.config, "seed": job.chosen.seed}, cache(sha256_of)
    batch = Batch(paths, output, job.chosen.reading, hash_of, all_frames=all_frames)
    logger.debug(f"settings: {job.chosen}")

    def is_done(image: Image, place: Path) -> bool:
        settings = job.chosen.at(image.frame).plain()
        return not again and is_as_before(image.path, place, {**how, "settings": settings}, hash_of)

    try:
        batch.carry_out(partial(_segment_one, job=job, amount=batch.amount), is_done, workers or Workers())
    finally:
        with writing_to(output, "the tables of all images"):
            page = write_overview(output)
    if batch.code == 0 and (reason := why_nothing(batch.places)) is not None:
        logger.warning(f"no material was found: {reason}.")
        return 1
    batch.say_where_to_look(page)
    return batch.code


def _segment_one(image: Image, place: Path, job: SegmentJob, amount: Amount) -> str:
    """What there is to say of an image, once its results are in a folder."""
    started = time.perf_counter()
    # Of the same networks: the frame is no part of what other processes make a job of.
    path, job = image.alias, replace(job, chosen=job.chosen.at(image.frame))
    micrograph = read_image(image, job.chosen.reading)
    check_place(path, place, micrograph, "segment", overwrite=job.overwrite)
    read = time.perf_counter()
    segmentation, times_s = _selected(micrograph, job) if job.pointers else boosted(micrograph, job)
    micrograph = segmentation.micrograph or micrograph  # which says what was evened
    times_s = {"read": read - started, **times_s}
    with writing_to(place, path):
        written, times_s = write_segmentation(place, micrograph, segmentation, job, times_s)
    if amount == "line":
        return _line(path, place, micrograph, segmentation, sum(times_s.values()))
    stages = [f"  {', '.join(f'{name} {seconds:.2f} s' for name, seconds in times_s.items())}"]
    names = [file.name for file in written]
    report = _report(path, place, micrograph, segmentation, sum(times_s.values()), names)
    return "\n".join([report, *(stages if amount == "stages" else [])])


def write_segmentation(
    place: Path, micrograph: Micrograph, segmentation: Segmentation, job: SegmentJob, times_s: Mapping[str, float]
) -> tuple[list[Path], dict[str, float]]:
    """Write the results into a folder, with what is measured meanwhile; the files, and how long each step took.

    Where it is interrupted, what has begun comes to its end first.
    """
    times_s = dict(times_s)

    def measurements() -> Measurements:
        started = time.perf_counter()
        found = measure(segmentation, micrograph)
        times_s["measure"] = time.perf_counter() - started
        return found

    how: dict[str, Any] = {"config": job.config, "seed": job.chosen.seed, "times_s": times_s}
    how |= {"settings": job.chosen.plain(), "exports": job.chosen.exports, "tint": job.tint}
    with two_at_once() as tasks:
        if job.chosen.measurements:
            measuring = tasks.submit(measurements)
            how["measured"] = lambda folder: write_measured(folder, measuring.result())
        return tasks.submit(write_results, place, micrograph, segmentation, **how).result(), times_s


def boosted(
    micrograph: Micrograph, job: SegmentJob, generator: MaskGenerator | None = None
) -> tuple[Segmentation, dict[str, float]]:
    """All materials, and how long each step took; by another generator than the job's where one has looked already."""
    started = time.perf_counter()
    cutout = Cutout.of(micrograph)
    masks = (generator or job.generator).generate(cutout.micrograph)
    generated = time.perf_counter()
    segmentation = cutout.put_back(
        job.booster(cutout.micrograph, masks, job.chosen.n_materials, grains=job.chosen.grains)
    )
    return segmentation, {"generate": generated - started, "boost": time.perf_counter() - generated}


def _selected(micrograph: Micrograph, job: SegmentJob) -> tuple[Segmentation, dict[str, float]]:
    """The materials that are pointed at, and how long that took."""
    started = time.perf_counter()
    segmentation = select(micrograph, job.pointers, generator=cast("PromptableGenerator", job.generator))
    return segmentation, {"select": time.perf_counter() - started}


def _line(path: Path, place: Path, micrograph: Micrograph, segmentation: Segmentation, seconds: float) -> str:
    found = [counted(len(segmentation.masks), segmentation.kind)]
    if segmentation.segmented_fraction < 1:
        found.append(f"not segmented {percent(1 - segmentation.segmented_fraction)}")
    words = [", ".join(found), *filter(None, [segmentation.remark]), *notes(micrograph)]
    return f"{path}: {'; '.join(words)}, in {seconds:.1f} s → {place}/"


def _report(
    path: Path, place: Path, micrograph: Micrograph, segmentation: Segmentation, seconds: float, written: list[str]
) -> str:
    height, width = micrograph.shape_hw
    size, aspect = micrograph.pixel_size_nm, micrograph.pixel_aspect
    how = "given" if segmentation.n_materials_given else "estimated"
    found = counted(len(segmentation.masks), segmentation.kind)
    counts = segmentation.masks.areas.tolist()
    pixel_nm2 = None if size is None else size**2 * aspect
    areas = [f"{n:,} px" for n in counts] if pixel_nm2 is None else area_texts([n * pixel_nm2 for n in counts])
    lines = [
        f"{path}: {width} × {height} px, {micrograph.scale}",
        f"  {counted(len(segmentation.generated), 'mask')} → {found} (number {how}: {segmentation.n_materials}) "
        f"in {seconds:.1f} s",
        *(f"  {line}" for line in report_lines(segmentation, areas)),
        f"  wrote {place}/: {' '.join(written)}",
    ]
    lines[1:1] = [f"  {note}" for note in notes(micrograph)]
    return "\n".join(lines)
