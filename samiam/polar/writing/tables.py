"""Tables of the points of a video, of their tracks and of what happened to them; in nm and s too where known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from samiam.polar.writing.video import PolarVideo

_KINDS = np.array(["end", "junction"])


def points_table(video: PolarVideo) -> pd.DataFrame:
    """All points that were found, a row for each; as `samiam.datasets.read_labelled_frames` reads them.

    Returns:
        `frame` (from 0), `time_s`, `kind`, `row_px` and `column_px` (the middle of the first pixel is at 0), `y_nm` and
        `x_nm`, `score` and `sign`. A frame without any point has a row with nothing else.
    """
    parts = []
    for note in video.usable:
        n = max(1, len(note.points))
        part = pd.DataFrame({"frame": np.full(n, note.index), "kind": None, "row_px": np.nan, "column_px": np.nan})
        part["score"] = np.nan
        if len(note.points):
            part["kind"] = _KINDS[note.points.is_junction.astype(int)]
            part[["row_px", "column_px"]] = note.points.positions_px
            part["score"] = note.points.scores.astype(np.float64)
        parts.append(part)
    empty = pd.DataFrame(columns=["frame", "kind", "row_px", "column_px", "score"])
    table = pd.concat(parts, ignore_index=True) if parts else empty
    return _with_units(table.assign(sign=video.sign), video)[
        ["frame", "time_s", "kind", "row_px", "column_px", "y_nm", "x_nm", "score", "sign"]
    ]


def tracks_table(video: PolarVideo) -> pd.DataFrame:
    """The same points by their tracks: `track` (from 1), and the drift of the frame since the first in pixels."""
    table = _in_px(video.tracks.points if video.tracks is not None else None, "track", "kind")
    names = ["track", "frame", "time_s", "kind", "row_px", "column_px", "y_nm", "x_nm", "score"]
    drift = ["drift_row_px", "drift_column_px"]
    found = _with_units(table, video).reindex(columns=[*names, *drift])
    return found.sort_values(["track", "frame"], kind="stable", ignore_index=True)


def events_table(video: PolarVideo) -> pd.DataFrame:
    """What began and ended tracks: `event`, where and when it shows first, `track`, and `other_track` if two meet."""
    table = _in_px(video.tracks.events if video.tracks is not None else None, "event", "track", "other_track")
    names = ["frame", "time_s", "event", "row_px", "column_px", "y_nm", "x_nm", "track", "other_track"]
    return _with_units(table, video).reindex(columns=names)


def lifetimes_table(video: PolarVideo) -> pd.DataFrame:
    """From when to when each track is seen, and what begins and ends it; see `Tracks.lifetimes`."""
    if video.tracks is None:
        return pd.DataFrame(columns=["track", "kind", "lifetime_s"])
    table = video.tracks.lifetimes.copy()
    seconds = video.interval.s if video.interval.s is not None else np.nan
    table["lifetime_s"] = (table["last_frame"] - table["first_frame"]).astype(np.float64) * seconds
    return table


def counts_table(video: PolarVideo) -> pd.DataFrame:
    """A row for each frame: how many ends and junctions it shows, the period of its stripes, and what is to be said."""
    rows = [
        (
            note.index,
            note.name,
            None if note.fault else int(np.count_nonzero(~note.points.is_junction)),
            None if note.fault else int(np.count_nonzero(note.points.is_junction)),
            note.period_px,
            note.fault or note.remark,
        )
        for note in video.notes
    ]
    table = pd.DataFrame(rows, columns=["frame", "name", "ends", "junctions", "period_px", "remark"])
    table = table.astype({"ends": "Int64", "junctions": "Int64", "period_px": np.float64})
    return _with_units(table, video)[["frame", "time_s", "name", "ends", "junctions", "period_px", "remark"]]


def _in_px(table: pd.DataFrame | None, *others: str) -> pd.DataFrame:
    """A table whose columns with places say that they are in pixels."""
    if table is None:
        return pd.DataFrame(columns=["frame", "row_px", "column_px", *others])
    places = ("row", "column", "drift_row", "drift_column")
    return table.rename(columns={name: f"{name}_px" for name in places})


def _with_units(table: pd.DataFrame, video: PolarVideo) -> pd.DataFrame:
    """With times and lengths; empty where interval or pixel size are not known."""
    lengths = {"row_px": ("y_nm", video.pixel_height_nm), "column_px": ("x_nm", video.pixel_size_nm)}
    made = table.assign(time_s=_times(table["frame"], video.interval.s))
    for name, (to, side_nm) in lengths.items():
        if name in table:
            made[to] = _times(table[name], side_nm)
    return made


def _times(values: pd.Series[float], unit: float | None) -> pd.Series[float]:
    return values.astype(np.float64) * (np.nan if unit is None else unit)
