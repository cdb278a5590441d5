"""`samiam segment`: files in, a folder of results for each out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from samiam.boosting import SemanticBooster, build_booster
from samiam.commands.each import for_each
from samiam.commands.inputs import Reading, folder_names
from samiam.errors import InputError
from samiam.formats import measurements, read_micrograph, write_results
from samiam.generation import MaskGenerator, PromptableGenerator
from samiam.pipeline import Pointer, select
from samiam.records import Micrograph, Segmentation
from samiam.registry import (
    build_classifier,
    build_encoder,
    build_generator,
    encoder_options_beside,
    encoder_settings,
)
from samiam.settings import read_settings


@dataclass(frozen=True)
class SegmentJob:
    """How each file is segmented.

    Attributes:
        generator: what proposes masks.
        booster: what makes materials of them.
        n_materials: how many there are; None to estimate it for each file.
        pointers: what selects materials instead of the booster, where there are any.
        seed: seed of crops and clustering.
        reading: how files are read.
    """

    generator: MaskGenerator
    booster: SemanticBooster
    n_materials: int | None
    seed: int
    reading: Reading
    pointers: tuple[Pointer, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        generator: str,
        generator_options: Mapping[str, Any],
        encoder: str,
        encoder_options: Mapping[str, Any],
        classifier_options: Mapping[str, Any] | None,
        n_materials: int | None,
        seed: int,
        reading: Reading,
        pointers: Sequence[Pointer] = (),
    ) -> SegmentJob:
        """Make a job from names and settings; without `classifier_options` there is no classifier.

        Raises:
            InputError: if a name or a setting is unknown, weights cannot be had, or a number of materials or a
                classifier is given beside pointers.
        """
        if pointers and (n_materials is not None or classifier_options is not None):
            raise InputError("what is pointed at is neither counted nor classified; leave out -k and --classifier.")
        if seed < 0:
            raise InputError(f"a seed of {seed} is impossible; give 0 or more.")
        read_settings(encoder_settings(encoder), encoder, encoder_options)  # refused before torch is imported
        built = build_generator(generator, **generator_options)
        classifier = None if classifier_options is None else build_classifier(**classifier_options)
        options = encoder_options_beside(generator, generator_options, encoder, encoder_options)
        booster = build_booster(build_encoder(encoder, **options), seed=seed, classifier=classifier)
        if pointers and not isinstance(built, PromptableGenerator):
            raise InputError(f"the generator {built.name} takes no clicks and boxes; use compact or a SAM.")
        return cls(built, booster, n_materials, seed, reading, tuple(pointers))

    @property
    def config(self) -> dict[str, Any]:
        """All settings, for provenance."""
        if self.pointers:
            own = {"name": self.generator.name, **self.generator.options}
            return {"generator": own, "pointers": [asdict(pointer) for pointer in self.pointers]}
        return {
            "generator": {"name": self.generator.name, **self.generator.options},
            "booster": self.booster.options,
            "n_materials": self.n_materials,
        }


def segment_files(paths: Sequence[Path], output: Path, job: SegmentJob) -> int:
    """Segment each file into `output/<name>/`; returns the exit code of `for_each`."""
    places = [output / name for name in folder_names(paths)]
    return for_each(paths, lambda index: _segment_file(paths[index], places[index], job))


def _segment_file(path: Path, place: Path, job: SegmentJob) -> str:
    started = time.perf_counter()
    micrograph = read_micrograph(path, **job.reading.arguments)
    read = time.perf_counter()
    segmentation, times_s = _selected(micrograph, job) if job.pointers else _boosted(micrograph, job)
    times_s = {"read": read - started, **times_s}
    try:
        written = write_results(place, micrograph, segmentation, config=job.config, seed=job.seed, times_s=times_s)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path}: cannot write to {place} ({reason}); choose another folder with -o.") from error
    return _report(path, place, micrograph, segmentation, sum(times_s.values()), [file.name for file in written])


def _boosted(micrograph: Micrograph, job: SegmentJob) -> tuple[Segmentation, dict[str, float]]:
    """All materials, and how long each step took."""
    started = time.perf_counter()
    masks = job.generator.generate(micrograph)
    generated = time.perf_counter()
    segmentation = job.booster(micrograph, masks, job.n_materials)
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
    size = micrograph.pixel_size_nm
    how = "given" if segmentation.n_materials_given else "estimated"
    lines = [
        f"{path}: {width} × {height} px, {'pixel size unknown' if size is None else f'{size:.4g} nm/px'}",
        f"  {len(segmentation.generated)} masks → {len(segmentation.masks)} materials "
        f"(number {how}: {segmentation.n_materials}) in {seconds:.1f} s",
    ]
    for row in measurements(segmentation, micrograph).to_dict("records"):
        area = f"{row['area_px']:,} px" if size is None else f"{row['area_nm2']:,.2f} nm²"
        called = "" if row["name"] is None else f"{row['called']}, "
        lines.append(f"  material {row['material']}: {called}{100 * row['area_fraction']:5.1f} %, {area}")
    return "\n".join([*lines, f"  wrote {place}/: {' '.join(written)}"])
