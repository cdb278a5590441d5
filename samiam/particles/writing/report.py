"""The report on the particles of some images: one HTML page that needs no other file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samiam.formats.writers.pages.rendering import MOST_PICTURES, Table, embedded, reduced, write_page
from samiam.particles.measured import MeasuredImage
from samiam.particles.statistics.faults import Faults
from samiam.particles.statistics.record import ParticleStatistics
from samiam.particles.statistics.shares import Estimate

_TITLE = "Particles"
_NAMES = {
    "diameter_nm": ("equivalent diameter", "nm"),
    "feret_max_nm": ("largest Feret diameter", "nm"),
    "feret_min_nm": ("least Feret diameter", "nm"),
    "area_nm2": ("area", "nm²"),
    "aspect_ratio": ("aspect ratio, least over largest Feret", ""),
    "circularity": ("circularity 4πA/P²", ""),
    "solidity": ("solidity", ""),
}


@dataclass(frozen=True)
class About:
    """What a report says of the run.

    Attributes:
        facts: by name what stands at its head: date, version, command, input.
        overlays: by image the picture of its particles.
        failures: one line for each file that failed.
    """

    facts: Mapping[str, str]
    overlays: Mapping[str, Path] = field(default_factory=dict)
    failures: Sequence[str] = ()


def write_report(
    path: Path,
    statistics: ParticleStatistics,
    images: Sequence[MeasuredImage],
    charts: Sequence[Path],
    about: About,
) -> Path:
    """Write the page.

    Args:
        path: the file, .html.
        statistics: of all images.
        images: what was measured on each, in their order.
        charts: pictures that are shown first.
        about: the run.

    Returns:
        The file written.
    """
    shown = dict(list(about.overlays.items())[:MOST_PICTURES])
    faults, detection = statistics.faults, statistics.detection
    return write_page(
        path,
        Path(__file__).with_name("report.html.jinja"),
        title=_TITLE,
        facts=about.facts,
        remarks=statistics.remarks,
        charts={chart.stem: embedded(chart.read_bytes()) for chart in charts},
        sizes=_sizes(statistics),
        interval_of="over images" if statistics.is_over_images else "over particles",
        plain=f"{statistics.diameters_nm.mean():.3g} nm" if statistics.n else "",
        has_intervals_of_trend=faults is not None and faults.has_intervals_of_trend,
        faults=None if faults is None else _faults(faults, None if detection is None else str(detection)),
        by_size=None if faults is None else _by_size(faults),
        excluded=Table(
            ("what", "why", "number"),
            [("particles" if one.is_particle else "candidates", one.reason, str(one.n)) for one in statistics.excluded],
        ),
        images=_images(statistics, images),
        failures=about.failures,
        overlays={name: reduced(picture) for name, picture in shown.items()},
        n_not_shown=len(about.overlays) - len(shown),
    )


def _sizes(statistics: ParticleStatistics) -> Table:
    rows = []
    for summary in statistics.summaries:
        name, unit = _NAMES[summary.measure]
        form = ".3g" if unit else ".3f"
        numbers = (one.text(form, unit) for one in (summary.mean, summary.median, summary.sd))
        rows.append((name, *numbers))
    log_normal = statistics.log_normal
    factor = f"× {log_normal.geometric_sd.text()}" if statistics.n else "–"
    rows.append(("log-normal distribution of diameters", "", log_normal.median_nm.text(unit="nm"), factor))
    return Table(("", "mean", "median", "standard deviation"), rows)


def _faults(faults: Faults, detection: str | None) -> Table:
    classes = ", ".join(f"{name} {n}" for name, n in faults.counts.items())
    rows = [
        ("particles by class", classes),
        ("share with a stacking fault", f"{faults.share.text('.1%')} ({faults.n_faulty} of {faults.n_told})"),
        ("share that cannot be told", faults.untold.text(".1%")),
        ("Spearman correlation with diameter", faults.spearman.text(".2f")),
        ("odds of a fault, for each nm more", _odds(faults.slope_per_nm)),
    ]
    if faults.corrected is not None:
        rows.insert(2, (f"corrected for {detection}", faults.corrected.text(".1%")))
    return Table(("", "all sizes"), rows)


def _odds(slope_per_nm: Estimate) -> str:
    """The factor that a slope of log odds is."""
    ends = (slope_per_nm.value, slope_per_nm.low, slope_per_nm.high)
    factors = Estimate(*(math.exp(min(end, 700.0)) for end in ends))
    return "–" if math.isnan(factors.value) else f"× {factors.text('.3g')}"


def _by_size(faults: Faults) -> Table:
    rows = [
        (f"{one.low_nm:g} – {one.high_nm:g} nm", str(one.n), str(one.n_told), str(one.n_faulty), one.share.text(".0%"))
        for one in faults.by_size
    ]
    return Table(("diameter", "particles", "told", "faulty", "share"), rows)


def _images(statistics: ParticleStatistics, images: Sequence[MeasuredImage]) -> Table:
    rows = []
    for name, image in zip(statistics.images, images, strict=True):
        n_whole = int(image.table["left_out"].isna().sum())
        size = f"{image.window_xy_nm[0]:.4g} × {image.window_xy_nm[1]:.4g} nm"
        pixel = f"{image.pixel_size_nm:.4g} nm ({image.pixel_size_from})"
        rows.append((name, size, pixel, str(len(image.table)), str(n_whole), image.remark or ""))
    return Table(("image", "shows", "pixel", "particles", "counted", "remark"), rows)
