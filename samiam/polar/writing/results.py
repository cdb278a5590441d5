"""All files of the points of a video, in one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from samiam.datasets.polar.keypoints import write_keypoint_tasks
from samiam.formats.writers.csv_table import write_table
from samiam.formats.writers.earlier import PROVENANCE
from samiam.formats.writers.provenance import about_software
from samiam.formats.writers.strict_json import write_json
from samiam.polar.writing.charts import write_charts
from samiam.polar.writing.journal import JOURNAL, FrameNote
from samiam.polar.writing.report import write_polar_report
from samiam.polar.writing.tables import counts_table, events_table, lifetimes_table, points_table, tracks_table
from samiam.polar.writing.video import PolarVideo
from samiam.storage.files import replacing_together
from samiam.storage.strict_json import parse_json

KIND = "polar"
"""What the provenance of such a folder says it is of."""
OVERLAYS = "overlays"
"""The folder of the frames with their points drawn."""
_TABLES = ("points.csv", "tracks.csv", "events.csv", "lifetimes.csv", "counts.csv")
_TASKS = "label_studio.json"
_FILES = (PROVENANCE, JOURNAL, *_TABLES, _TASKS, "counts.png", "kymograph.png", "report.html")
_SHOWN_BY_BROWSERS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")


def write_polar(
    folder: Path,
    video: PolarVideo,
    overlays: Sequence[Path],
    *,
    source: Mapping[str, Any],
    config: Mapping[str, Any],
    facts: Mapping[str, str],
) -> list[Path]:
    """Write everything that is known of the points of a video.

    Files: `points.csv`, `tracks.csv`, `events.csv`, `lifetimes.csv`, `counts.csv`, `label_studio.json`, `counts.png`,
    `kymograph.png`, `report.html` and `provenance.json`. The same video makes the same bytes, but for dates in the last
    two.

    Args:
        folder: made if missing. Files of those names in it are replaced, all of them or none.
        video: the result.
        overlays: pictures of its frames, which the report shows some of.
        source: what the frames are from.
        config: the settings used.
        facts: what stands at the head of the report.

    Returns:
        The files written, in that order.
    """
    made = (points_table, tracks_table, events_table, lifetimes_table, counts_table)
    with replacing_together(folder, PROVENANCE) as partial:
        written = [write_table(partial / name, make(video)) for name, make in zip(_TABLES, made, strict=True)]
        written.append(_write_tasks(partial / _TASKS, video))
        charts = write_charts(partial, video)
        report = write_polar_report(partial / "report.html", video, charts, overlays, facts)
        provenance = write_json(partial / PROVENANCE, _provenance(video, source, config))
        written += [*charts, report, provenance]
    return [folder / file.name for file in written]


def _write_tasks(path: Path, video: PolarVideo) -> Path:
    """The points of each frame, to be corrected in Label Studio, which is to find the frames in a folder of images."""
    shape_hw = video.shape_hw
    if shape_hw is None:  # no frame could be used
        return write_keypoint_tasks(path, [])
    folder = f"/data/local-files/?d={quote(video.name)}"
    return write_keypoint_tasks(path, [(f"{folder}/{_image_of(note)}", shape_hw, note.points) for note in video.usable])


def _image_of(note: FrameNote) -> str:
    """The file of a frame that a browser shows: its own, or one that is yet to be made of it."""
    is_shown = Path(note.name).suffix.lower() in _SHOWN_BY_BROWSERS
    return quote(note.name) if is_shown else f"frame_{note.index:04d}.png"


def _provenance(video: PolarVideo, source: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """How the result was made, and what of it the tables do not hold."""
    events = Counter() if video.tracks is None else Counter(video.tracks.events["event"].tolist())
    return {
        "kind": KIND,
        **about_software(),
        "input": source,
        "config": config,
        "sign": video.sign,
        "shape_hw": video.shape_hw,
        "pixel_size_nm": video.pixel_size_nm,
        "pixel_height_nm": video.pixel_height_nm,
        "interval_s": video.interval.s,
        "interval_source": video.interval.source,
        "n_frames": len(video.notes),
        "n_frames_used": len(video.usable),
        "n_tracks": None if video.tracks is None else len(video.tracks.lifetimes),
        "events": events,
        "remarks": list(video.remarks),
    }


def interval_in(folder: Path) -> float | None:
    """The time between frames in s that the results in a folder have; None where they have none, or there are none."""
    try:
        found = parse_json((folder / PROVENANCE).read_bytes())["interval_s"]
    except (LookupError, OSError, TypeError, ValueError):
        return None
    return float(found) if isinstance(found, (int, float)) else None


def clear_results(folder: Path) -> None:
    """Delete what earlier runs of this command have written into a folder, and the folder if nothing else is in it."""
    for name in _FILES:  # the provenance first: what is without it counts as interrupted
        (folder / name).unlink(missing_ok=True)
    overlays = folder / OVERLAYS
    for picture in overlays.glob("frame_*.png"):
        picture.unlink()
    for place in (overlays, folder):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
