"""All files of the particles of one image, in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from samiam.formats.writers.coco import write_coco
from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.earlier import AS_WRITTEN, PROVENANCE
from samiam.formats.writers.exports.exporting import write_exports
from samiam.formats.writers.exports.kinds import EXPORT_FILES, checked_exports
from samiam.formats.writers.provenance import about_input, about_software
from samiam.formats.writers.strict_json import write_json
from samiam.particles.measured import MeasuredImage
from samiam.particles.result import Particles
from samiam.particles.writing.classes import PARTICLE
from samiam.particles.writing.exports import regions_of
from samiam.particles.writing.labels import write_particle_labels
from samiam.particles.writing.overlay import write_particle_overlay
from samiam.particles.writing.tables import decisions
from samiam.storage.files import replacing_together, sha256_of

KIND = "particles"
"""What the provenance of such a folder says it is of."""


def write_particles(
    folder: str | Path,
    particles: Particles,
    measured: MeasuredImage,
    *,
    config: Mapping[str, Any],
    times_s: Mapping[str, float],
    settings: Mapping[str, Any] | None = None,
    exports: Sequence[str] = (),
) -> list[Path]:
    """Write everything that is known of the particles of an image.

    Files: `particles.csv` (as `measure_particles` makes it), `overlay.png`, `labels.tif` (uint32, with the pixel size;
    where particles overlap the surer one on top), `particles.json` (COCO, the whole masks), `decisions.csv` (what
    became of each candidate and why) and `provenance.json`.

    Args:
        folder: made if missing. Files of those names in it are replaced, all of them or none, exports of an earlier
            result that are not made again removed, others left alone; meanwhile, or where that was interrupted,
            `provenance.json` is missing.
        particles: the result.
        measured: the same in numbers.
        config: the settings used.
        times_s: seconds taken by each step.
        settings: what was chosen, None where nobody chose.
        exports: of `samiam.formats.EXPORTS`, what other programs read.

    Returns:
        The files written, `provenance.json`, which lists them, last.

    Raises:
        InputError: if there is no such export, or the particles are too many for one.
    """
    names = [name or PARTICLE for name in measured.table["class"]]
    file_name, chosen = particles.micrograph.file_name, checked_exports(exports)
    with replacing_together(folder, PROVENANCE, EXPORT_FILES) as partial:
        written = [
            write_table(partial / "particles.csv", measured.table),
            write_particle_overlay(partial / "overlay.png", particles, measured.table),
            write_particle_labels(partial / "labels.tif", particles),
            write_coco(partial / "particles.json", particles.masks, file_name, names, share_categories=True),
            write_table(partial / "decisions.csv", decisions(particles)),
        ]
        if chosen:
            regions = regions_of(particles, measured, Path(folder).resolve().name)
            written += write_exports(partial, chosen, regions)
        how = {"config": config, "settings": settings, "times_s": times_s}
        files = {"files": [file.name for file in written], AS_WRITTEN: {written[0].name: sha256_of(written[0])}}
        facts = {**_provenance(particles, measured, how), **files}
        written.append(write_json(partial / PROVENANCE, facts))
    return [Path(folder) / file.name for file in written]


def _provenance(particles: Particles, measured: MeasuredImage, how: Mapping[str, Any]) -> dict[str, Any]:
    """How the result was made, and what of it the tables do not hold."""
    return {
        "kind": KIND,
        **about_software(),
        "input": about_input(particles.micrograph),
        "identity": measured.identity,
        "pixels_sha256": measured.pixels_sha256,
        **how,
        "n_particles": len(particles.masks),
        "window_xy_nm": measured.window_xy_nm,
        "pixel_size_from": measured.pixel_size_from,
        "dropped": measured.dropped,
        "left_out": _left_out(measured),
        "detection": None if measured.detection is None else asdict(measured.detection),
        "is_inverted": particles.is_inverted,
        "remark": particles.remark,
    }


def _left_out(measured: MeasuredImage) -> dict[str, str]:
    """By number why particles are left out, to be told from what somebody writes into the table."""
    rows = measured.table.dropna(subset="left_out")
    return {str(number): str(why) for number, why in zip(rows["particle"], rows["left_out"], strict=True)}
