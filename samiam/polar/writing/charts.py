"""Charts of a video: how many ends and junctions there are, what happens to them, and where in time and space."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from samiam.colours import PALETTE
from samiam.formats.writers.charting import colour, drawing, write_figure
from samiam.polar.linking.lives import stretches_of
from samiam.polar.linking.tracks import EVENTS
from samiam.polar.writing.classes import COLOURS, PLURAL
from samiam.polar.writing.journal import FrameNote
from samiam.polar.writing.tables import counts_table, events_table, tracks_table
from samiam.polar.writing.video import PolarVideo
from samiam.records.polar_scene import Kind

_WIDTH, _HEIGHT = 8.0, 6.0  # inches, chosen by eye
_KYMOGRAPH_HEIGHT = 7.0
# What makes an end and a junction, or both, vanish is drawn below the line, what makes them appear above it.
_VANISHING = {"annihilation", "joining", "attachment", "bridge breaking", "death", "exit"}
_AT_BORDER = {"entry": "0.55", "exit": "0.75"}
_EVENT_COLOURS: dict[str, Any] = {name: colour(index) for index, name in enumerate(EVENTS)} | _AT_BORDER
_BRIDGED = 2  # frames in a row that are left empty in the picture of a kymograph; more are between two pictures
_BAND = 1.0  # period on either side of the middle row: tracks within it stand in the kymograph


def write_charts(folder: Path, video: PolarVideo) -> list[Path]:
    """Draw `counts.png` and `kymograph.png` into a folder; the same video makes the same bytes.

    Returns:
        The files written.
    """
    with drawing():
        figure = Figure(figsize=(_WIDTH, _HEIGHT))
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        draw_counts(upper, video)
        draw_events(lower, video)
        lower.set_xlabel(video.time_unit)
        counts = write_figure(folder / "counts.png", figure)
        figure = Figure(figsize=(_WIDTH, _KYMOGRAPH_HEIGHT))
        axes = figure.subplots()
        draw_kymograph(axes, video)
        if axes.get_legend_handles_labels()[0]:  # there are none where no track comes near the middle
            figure.legend(loc="outside lower center", ncols=4, fontsize=10)
        return [counts, write_figure(folder / "kymograph.png", figure)]


def draw_counts(axes: Axes, video: PolarVideo) -> None:
    """How many ends and junctions each frame shows; there is no line over frames that are missing."""
    table = counts_table(video).set_index("frame")
    every = table.reindex(_with_breaks(table.index.tolist()))
    for kind, rgb in COLOURS.items():
        numbers = every[f"{kind}s"].astype("float64").to_numpy(na_value=np.nan)
        times = [video.time_of(frame) for frame in every.index]
        axes.plot(times, numbers, ".-", color=_rgb(rgb), label=PLURAL[kind])
    axes.set(ylabel="points in a frame", title=f"{video.name}, {video.sign} stripes")
    axes.set_ylim(bottom=0, top=1.2 * axes.get_ylim()[1])  # room for the legend
    axes.grid(axis="y")
    axes.legend(loc="upper left", ncols=2)


def draw_events(axes: Axes, video: PolarVideo) -> None:
    """How many events of each kind there are in a frame: what appears upwards, what vanishes downwards."""
    events = events_table(video)
    above, below = pd.Series(dtype=float), pd.Series(dtype=float)
    width = video.time_of(0.9)
    for name in EVENTS:
        numbers = events.loc[events["event"] == name].groupby("frame").size()
        if not len(numbers):
            continue
        sign = -1 if name in _VANISHING else 1
        under = below if sign < 0 else above
        bottom = under.reindex(numbers.index, fill_value=0.0)
        times = [video.time_of(frame) for frame in numbers.index]
        axes.bar(times, sign * numbers, width, sign * bottom, color=_EVENT_COLOURS[name], label=name)
        total = under.add(numbers, fill_value=0.0)
        below, above = (total, above) if sign < 0 else (below, total)
    axes.axhline(0, color="0.3", linewidth=0.8)
    axes.set_ylabel("events in a frame")
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    if len(events):
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)


def draw_kymograph(axes: Axes, video: PolarVideo) -> None:
    """What the line across the middle of the frames shows, frame below frame, with tracks and events near it."""
    notes = [note for note in video.usable if note.profile is not None]
    axes.set(title=f"{video.name}: the line across the middle, one period high", ylabel=video.time_unit)
    if not notes or video.shape_hw is None or video.tracks is None:
        axes.set_xlabel("no frame could be used")
        return
    height, width = video.shape_hw
    side = video.pixel_size_nm or 1.0
    _draw_profiles(axes, video, notes, (-0.5 * side, (width - 0.5) * side))
    near_rows = _BAND * video.tracks.period_px / video.pixel_aspect
    _draw_tracks(axes, video, height / 2, near_rows, side)
    _draw_near_events(axes, video, height / 2, near_rows, side)
    axes.set_xlabel("column (px)" if video.pixel_size_nm is None else "x (nm)")


def _draw_profiles(axes: Axes, video: PolarVideo, notes: Sequence[FrameNote], sides: tuple[float, float]) -> None:
    """The middle rows as a picture; as several where many frames in a row are missing, of which nothing is kept."""
    profiles = {note.index: note.profile for note in notes if note.profile is not None}
    every = np.array(list(profiles.values()))
    for stretch in stretches_of(profiles, _BRIDGED):
        image = np.full((len(stretch), every.shape[1]), np.nan)
        for index in profiles.keys() & stretch:
            image[index - stretch.start] = profiles[index]
        times = video.time_of(stretch.stop - 0.5), video.time_of(stretch.start - 0.5)
        limits = {"vmin": every.min(), "vmax": every.max()}
        axes.imshow(image, cmap="gray", aspect="auto", extent=(*sides, *times), interpolation="nearest", **limits)
    axes.set_ylim(video.time_of(notes[-1].index + 0.5), video.time_of(-0.5))


def _with_breaks(frames: Sequence[int]) -> list[int]:
    """Frames, and the first of those that are missing after each."""
    return sorted({*frames, *(before + 1 for before, _ in pairwise(frames))})


def _draw_tracks(axes: Axes, video: PolarVideo, middle_px: float, near_rows: float, side: float) -> None:
    """Tracks as lines wherever they run near the middle row."""
    table = tracks_table(video)
    near = table[(table["row_px"] - middle_px).abs() <= near_rows]
    kinds: tuple[Kind, ...] = ("end", "junction")
    for kind in kinds:
        label: str | None = PLURAL[kind]
        for _, track in near[near["kind"] == kind].set_index("frame").groupby("track"):
            every = _with_breaks(track.index.tolist())  # no line where it runs farther away
            times = [video.time_of(frame) for frame in every]
            axes.plot(
                track["column_px"].reindex(every) * side,
                times,
                ".-",
                color=_rgb(COLOURS[kind]),
                ms=4,
                lw=1.2,
                label=label,
            )
            label = None


def _draw_near_events(axes: Axes, video: PolarVideo, middle_px: float, near_rows: float, side: float) -> None:
    events = events_table(video)
    near = events[((events["row_px"] - middle_px).abs() <= near_rows) & ~events["event"].isin(["entry", "exit"])]
    for name, marker in (("appearing", "^"), ("vanishing", "v")):
        some = near[near["event"].isin(_VANISHING) == (name == "vanishing")]
        times = [video.time_of(frame) for frame in some["frame"]]
        if times:
            axes.plot(
                some["column_px"] * side, times, marker, ms=8, mfc="none", mec=_rgb(PALETTE[6]), label=name, ls=""
            )


def _rgb(levels: tuple[int, int, int]) -> tuple[float, float, float]:
    return levels[0] / 255, levels[1] / 255, levels[2] / 255
