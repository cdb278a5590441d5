"""All files of one result, in one folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from samiam.colours import TINTS, Tint
from samiam.formats.writers.coco import write_coco
from samiam.formats.writers.earlier import BY_HAND, MEASURED, PROVENANCE
from samiam.formats.writers.exports.exporting import write_exports
from samiam.formats.writers.exports.kinds import EXPORT_FILES, checked_exports
from samiam.formats.writers.exports.materials import regions_of
from samiam.formats.writers.labels import write_labels
from samiam.formats.writers.overlay import write_overlay
from samiam.formats.writers.provenance import write_provenance
from samiam.formats.writers.tables import write_decisions, write_grains, write_measurements
from samiam.formats.writers.wording import material_names, region_names
from samiam.records import Micrograph, Segmentation
from samiam.storage.files import replacing_together


def write_results(
    folder: str | Path,
    micrograph: Micrograph,
    segmentation: Segmentation,
    *,
    config: Mapping[str, Any],
    seed: int,
    times_s: Mapping[str, float],
    settings: Mapping[str, Any] | None = None,
    exports: Sequence[str] = (),
    tint: Tint = TINTS["outline"],
    measured: Callable[[Path], list[Path]] | None = None,
    by_hand: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write everything that is known of a segmentation.

    Files: `labels.tif` and `grains.tif` (uint32, with their resolution), `overlay.png`, `materials.json`, `grains.json`
    and `masks.json` (COCO, the materials, their grains and all generated masks), `materials.csv` and `grains.csv`
    (areas and extents), `decisions.csv` (what became of each mask and why) and `provenance.json`. Where labels are
    grains or parts of materials, the files of materials are of them. Behind these come the files of what was measured
    and of the exports.

    Args:
        folder: made if missing. Files of those names in it are replaced, all of them or none, exports of an earlier
            result that are not made again removed, others left alone; meanwhile, or where that was interrupted,
            `provenance.json` is missing.
        micrograph: the input.
        segmentation: the result.
        config: the settings used.
        seed: the seed used.
        times_s: seconds taken by each step.
        settings: what was chosen, for `samiam segment --like`; None where nobody chose.
        exports: of `samiam.formats.EXPORTS`, what other programs read.
        tint: how much of the colours of materials there is in the overlay.
        measured: writes what was measured into a folder and returns the files; None for none, and those of an earlier
            run are removed.
        by_hand: what somebody has done to the result, and their verdict; None where nobody has.

    Returns:
        The files written, `provenance.json`, which lists them, last.

    Raises:
        InputError: if there is no such export, or the regions are too many for one.
    """
    names = checked_exports(exports)
    with replacing_together(folder, PROVENANCE, (*MEASURED, BY_HAND, *EXPORT_FILES)) as partial:
        written = _write(partial, micrograph, segmentation, tint)
        written += [] if measured is None else measured(partial)
        if names:
            written += write_exports(partial, names, regions_of(segmentation, micrograph, Path(folder).resolve().name))
        provenance = write_provenance(
            partial / PROVENANCE,
            micrograph,
            config=config,
            settings=settings,
            seed=seed,
            times_s=times_s,
            files=[file.name for file in written],
            segmentation=segmentation,
            by_hand=by_hand,
        )
    return [Path(folder) / file.name for file in [*written, provenance]]


def _write(folder: Path, micrograph: Micrograph, segmentation: Segmentation, tint: Tint) -> list[Path]:
    grains = segmentation.by_grains()
    size_nm, aspect = micrograph.pixel_size_nm, micrograph.pixel_aspect
    return [
        write_labels(folder / "labels.tif", segmentation, size_nm, pixel_aspect=aspect),
        write_labels(folder / "grains.tif", grains, size_nm, pixel_aspect=aspect),
        write_overlay(folder / "overlay.png", micrograph, segmentation, tint),
        _write_regions(folder / "materials.json", segmentation, micrograph.file_name, segmentation.confidences),
        _write_regions(folder / "grains.json", grains, micrograph.file_name),
        write_coco(folder / "masks.json", segmentation.generated, micrograph.file_name, "mask"),
        write_measurements(folder / "materials.csv", segmentation, micrograph),
        write_grains(folder / "grains.csv", grains, micrograph),
        write_decisions(folder / "decisions.csv", segmentation),
    ]


def _write_regions(
    path: Path, segmentation: Segmentation, file_name: str, scores: Sequence[float | None] | None = None
) -> Path:
    """The labels as COCO, each a category; those of grains and parts are within their material."""
    names, materials = region_names(segmentation), material_names(segmentation)
    within = None if names == materials else materials
    return write_coco(path, segmentation.masks, file_name, names, supercategories=within, scores=scores)
