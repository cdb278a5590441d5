"""The report on a video: one HTML page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from samiam.formats.writers.pages.rendering import Table, embedded, reduced, write_page
from samiam.polar.linking.tracks import EVENTS
from samiam.polar.writing.tables import events_table, lifetimes_table
from samiam.polar.writing.video import PolarVideo

_MOST_OVERLAYS = 12  # of about 100 kB each, spread over the video
_MOST_UNUSABLE = 50


def write_polar_report(
    path: Path, video: PolarVideo, charts: Sequence[Path], overlays: Sequence[Path], facts: Mapping[str, str]
) -> Path:
    """Write the page.

    Args:
        path: the file, .html.
        video: what was found.
        charts: pictures that are shown first.
        overlays: of all frames; some of them are shown.
        facts: by name what stands at its head: date, version, command, input.

    Returns:
        The file written.
    """
    shown = [overlays[index] for index in _spread(len(overlays), _MOST_OVERLAYS)]
    unusable = [note for note in video.notes if note.fault is not None]
    return write_page(
        path,
        Path(__file__).with_name("report.html.jinja"),
        title=f"Polar textures: {video.name}",
        facts=facts,
        remarks=video.remarks,
        sign=video.sign,
        charts={chart.stem: embedded(chart.read_bytes()) for chart in charts},
        counts=_counts(video),
        events=_events(video),
        unusable=Table(("frame", "why"), [(note.name, note.fault or "") for note in unusable[:_MOST_UNUSABLE]]),
        overlays={picture.stem: reduced(picture) for picture in shown},
        n_not_shown=len(overlays) - len(shown),
    )


def _spread(n: int, most: int) -> list[int]:
    """At most so many of n, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)).tolist() if n else []


def _counts(video: PolarVideo) -> Table:
    rows = [("frames used", f"{len(video.usable)} of {len(video.notes)}")]
    for name, junction in (("ends in a frame", False), ("junctions in a frame", True)):
        numbers = [float(np.count_nonzero(note.points.is_junction == junction)) for note in video.usable]
        rows.append((name, _range(numbers)))
    rows.append(("period of the stripes (px)", _range([note.period_px or np.nan for note in video.usable])))
    lifetimes = lifetimes_table(video)
    if len(lifetimes):
        frames = lifetimes["last_frame"] - lifetimes["first_frame"] + 1
        whole = lifetimes["begins_with"].notna() & lifetimes["ends_with"].notna()
        rows.append(("tracks", str(len(lifetimes))))
        rows.append(("frames that a track lasts, of those seen whole", _range(frames[whole].astype(float).tolist())))
    return Table(("", "median (least to most)"), rows)


def _range(values: Sequence[float]) -> str:
    if not len(values):
        return "–"
    return f"{np.median(values):.4g} ({min(values):.4g} to {max(values):.4g})"


def _events(video: PolarVideo) -> Table:
    found = events_table(video)
    numbers = found["event"].value_counts()
    rows = [
        (name, str(numbers[name]), _rate(numbers[name], video, 1.0), _rate(numbers[name], video, video.interval.s))
        for name in EVENTS
        if name in numbers
    ]
    return Table(("event", "number", "each frame", "each s"), rows)


def _rate(number: int, video: PolarVideo, step: float | None) -> str:
    """How many in a unit of which a step from frame to frame has so many."""
    return "–" if step is None or not video.n_steps else f"{number / (video.n_steps * step):.3g}"
