"""`samiam segment`: files in, a folder of results for each out."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from samiam.boosting import SemanticBooster, build_booster
from samiam.colours import TINTS, Tint
from samiam.commands.each import for_each
from samiam.commands.inputs import Reading, folder_names
from samiam.commands.places import check_place, writing_to
from samiam.commands.segment_settings import SegmentSettings
from samiam.errors import InputError
from samiam.formats import read_micrograph, write_results
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.formats.writers.wording import notes, report_lines
from samiam.generation import MaskGenerator, PromptableGenerator
from samiam.measurement import measure, write_measured
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
from samiam.storage.files import check_writable


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

    @property
    def pointers(self) -> list[Pointer]:
        """What selects materials instead of the booster, where there is anything."""
        clicks = [Pointer(point=point) for point in self.chosen.points]
        return [*clicks, *(Pointer(box=box) for box in self.chosen.boxes)]

    @property
    def reading(self) -> Reading:
        """How files are read."""
        return Reading(self.chosen.frame, self.chosen.channel, self.chosen.dataset, self.chosen.pixel_size_nm)

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


def segment_files(paths: Sequence[Path], output: Path, job: SegmentJob) -> int:
    """Segment each file into `output/<name>/`.

    Returns:
        The exit code of `for_each`; 1 instead of 0 where nothing was found in any file.
    """
    check_writable(output)
    places = [output / name for name in folder_names(paths)]
    empty: list[_Empty] = []
    code = for_each(paths, lambda index: _segment_file(paths[index], places[index], job, empty))
    if len(empty) == len(paths):
        print(f"samiam: no material was found: {_why_nothing(empty)}.", file=sys.stderr)
        return 1
    if code == 0:
        print(f"then open {places[0] if len(places) == 1 else output / '*'}/overlay.png")
    return code


@dataclass(frozen=True)
class _Empty:
    """A segmentation without materials: what is said of it, and the rules that removed its masks."""

    remark: str | None
    rules: Counter[str]


def _why_nothing(empty: Sequence[_Empty]) -> str:
    """What is said of segmentations without materials; of those of which nothing is, what removed their masks."""
    said = list(dict.fromkeys(one.remark for one in empty if one.remark is not None))
    unexplained = [one.rules for one in empty if one.remark is None]
    return "; ".join([*said, _what_removed(sum(unexplained, Counter[str]()))] if unexplained else said)


def _what_removed(rules: Counter[str]) -> str:
    """That these rules removed all masks, or that there were none."""
    if not rules:
        return "the generator proposed no region; lower its pred_iou_thresh (--generator-option), or try another"
    removed = ", ".join(f"{times} as {rule}" for rule, times in rules.most_common())
    return f"all {rules.total()} regions that the generator proposed were removed, {removed}; see decisions.csv"


def _segment_file(path: Path, place: Path, job: SegmentJob, empty: list[_Empty]) -> str:
    """The report on one file; where nothing was found in it, why is added to a list."""
    started = time.perf_counter()
    micrograph = read_micrograph(path, **job.reading.arguments)
    check_place(path, place, micrograph, "segment", overwrite=job.overwrite)
    read = time.perf_counter()
    segmentation, times_s = _selected(micrograph, job) if job.pointers else boosted(micrograph, job)
    micrograph = segmentation.micrograph or micrograph  # which says what was evened
    times_s = {"read": read - started, **times_s}
    if not segmentation.labels.any():
        empty.append(_Empty(segmentation.remark, Counter(decision.rule for decision in segmentation.decisions)))
    with writing_to(place, path):
        written, times_s = write_segmentation(place, micrograph, segmentation, job, times_s)
    return _report(path, place, micrograph, segmentation, sum(times_s.values()), [file.name for file in written])


def write_segmentation(
    place: Path, micrograph: Micrograph, segmentation: Segmentation, job: SegmentJob, times_s: Mapping[str, float]
) -> tuple[list[Path], dict[str, float]]:
    """Write the results into a folder, with what is measured; the files, and how long each step took."""
    times_s, measured = dict(times_s), None
    if job.chosen.measurements:
        started = time.perf_counter()
        measured = partial(write_measured, measured=measure(segmentation, micrograph))
        times_s["measure"] = time.perf_counter() - started
    how: dict[str, Any] = {"config": job.config, "seed": job.chosen.seed, "times_s": times_s, "measured": measured}
    how |= {"settings": job.chosen.plain(), "exports": job.chosen.exports, "tint": job.tint}
    return write_results(place, micrograph, segmentation, **how), times_s


def boosted(micrograph: Micrograph, job: SegmentJob) -> tuple[Segmentation, dict[str, float]]:
    """All materials, and how long each step took."""
    started = time.perf_counter()
    cutout = Cutout.of(micrograph)
    masks = job.generator.generate(cutout.micrograph)
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


def _report(
    path: Path, place: Path, micrograph: Micrograph, segmentation: Segmentation, seconds: float, written: list[str]
) -> str:
    height, width = micrograph.shape_hw
    size, aspect = micrograph.pixel_size_nm, micrograph.pixel_aspect
    how = "given" if segmentation.n_materials_given else "estimated"
    found = counted(len(segmentation.masks), segmentation.kind)
    counts = segmentation.masks.areas.tolist()
    areas = [f"{count:,} px" if size is None else f"{count * size**2 * aspect:,.2f} nm²" for count in counts]
    lines = [
        f"{path}: {width} × {height} px, {micrograph.scale}",
        f"  {counted(len(segmentation.generated), 'mask')} → {found} (number {how}: {segmentation.n_materials}) "
        f"in {seconds:.1f} s",
        *(f"  {line}" for line in report_lines(segmentation, areas)),
        f"  wrote {place}/: {' '.join(written)}",
    ]
    lines[1:1] = [f"  {note}" for note in notes(micrograph)]
    return "\n".join(lines)
