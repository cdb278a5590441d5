"""All files of the statistics of several images, in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.earlier import PROVENANCE
from samiam.formats.writers.provenance import about_software
from samiam.formats.writers.strict_json import write_json
from samiam.particles.measured import MeasuredImage
from samiam.particles.statistics.record import ParticleStatistics
from samiam.particles.writing.charts import write_charts
from samiam.particles.writing.report import About, write_report
from samiam.storage.files import replacing_together

KIND = "particles-statistics"
"""What the provenance of such a folder says it is of."""


def write_statistics(
    folder: str | Path,
    statistics: ParticleStatistics,
    images: Sequence[MeasuredImage],
    about: About,
    config: Mapping[str, Any],
) -> list[Path]:
    """Write the statistics of the particles of some images.

    Files: `particles.csv` (all particles, with the name of their image), `statistics.csv` and `statistics.json` (all
    numbers with their intervals), `by_size.csv` (the size bins; no row without fault classes), `sizes.png`,
    `faults_by_size.png`, `report.html` (which needs no other file) and `provenance.json`.

    Args:
        folder: made if missing; all of those files in it are replaced, or none.
        statistics: the result.
        images: what it was made of, in its order.
        about: what the report says of the run.
        config: the settings used.

    Returns:
        The files written, in that order.
    """
    with replacing_together(folder, PROVENANCE) as partial:
        tables = [
            write_table(partial / "particles.csv", statistics.particles),
            write_table(partial / "statistics.csv", statistics.table()),
            statistics.save(partial / "statistics.json"),
            write_table(partial / "by_size.csv", statistics.by_size()),
        ]
        charts = write_charts(partial, statistics)
        identities = [
            {"name": name, "identity": image.identity} for name, image in zip(statistics.images, images, strict=True)
        ]
        written = [
            *tables,
            *charts,
            write_report(partial / "report.html", statistics, images, charts, about),
            write_json(
                partial / PROVENANCE,
                {
                    "kind": KIND,
                    **about_software(),
                    "config": config,
                    "facts": about.facts,
                    "images": identities,
                    "failures": about.failures,
                },
            ),
        ]
    return [Path(folder) / file.name for file in written]
