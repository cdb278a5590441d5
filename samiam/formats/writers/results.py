"""All files of one result, in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samiam.formats.writers.coco import material_names, write_coco
from samiam.formats.writers.labels import write_labels
from samiam.formats.writers.overlay import write_overlay
from samiam.formats.writers.provenance import write_provenance
from samiam.formats.writers.tables import write_decisions, write_measurements
from samiam.records import Micrograph, Segmentation


def write_results(
    folder: str | Path,
    micrograph: Micrograph,
    segmentation: Segmentation,
    *,
    config: Mapping[str, Any],
    seed: int,
    times_s: Mapping[str, float],
) -> list[Path]:
    """Write everything that is known of a segmentation.

    Files: `labels.tif` (uint32, with its resolution), `overlay.png`, `materials.json` and `masks.json` (COCO, the
    materials and all generated masks), `materials.csv` (areas and extents), `decisions.csv` (what became of each
    mask and why) and `provenance.json`.

    Args:
        folder: made if missing; files of those names in it are replaced, others are left alone.
        micrograph: the input.
        segmentation: the result.
        config: the settings used.
        seed: the seed used.
        times_s: seconds taken by each step.

    Returns:
        The files written, in that order.
    """
    folder = Path(folder)
    return [
        write_labels(folder / "labels.tif", segmentation, micrograph.pixel_size_nm),
        write_overlay(folder / "overlay.png", micrograph, segmentation),
        write_coco(folder / "materials.json", segmentation.masks, micrograph.name, material_names(segmentation.names)),
        write_coco(folder / "masks.json", segmentation.generated, micrograph.name, "mask"),
        write_measurements(folder / "materials.csv", segmentation, micrograph),
        write_decisions(folder / "decisions.csv", segmentation),
        write_provenance(
            folder / "provenance.json",
            micrograph,
            config=config,
            seed=seed,
            times_s=times_s,
            segmentation=segmentation,
        ),
    ]
