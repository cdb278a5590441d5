"""The journal gives back what it was given; charts of the same video are the same."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_polar import PERIOD_PX, SHAPE_HW, MadeLinker, find_blobs, made_video
from PIL import Image

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame
from samiam.formats.readers.interval import Interval
from samiam.polar.linking.tracks import EVENTS
from samiam.polar.result import PolarPoints
from samiam.polar.writing.charts import write_charts
from samiam.polar.writing.journal import JOURNAL, FrameNote, Journal
from samiam.polar.writing.report import write_polar_report
from samiam.polar.writing.tables import counts_table, points_table
from samiam.polar.writing.video import PolarVideo
from samiam.records import Micrograph
from samiam.records.polar_scene import Points

ABOUT = {"source": {"kind": "stack", "sha256": "0"}, "config": {"sign": "bright"}}


def note_of(index: int, points: Points) -> FrameNote:
    micrograph = Micrograph(np.linspace(0, 1, 64 * 48).reshape(SHAPE_HW), metadata={"sha256": "ab"})
    found = PolarPoints(micrograph, points, "bright", 8.1, "said “so”\n", Points([[0.1, 0.2]], [True], [0.3]))
    return FrameNote.of(Frame(index, f"frame {index}", micrograph), found)


@given(
    places=st.lists(st.tuples(st.floats(0, 47), st.floats(0, 63), st.booleans(), st.floats(0, 1, width=32)), max_size=4)
)
def test_a_note_is_read_back_bit_for_bit(places: list[tuple[float, float, bool, float]]) -> None:
    points = Points([one[:2] for one in places], [one[2] for one in places], [one[3] for one in places])
    note = note_of(3, points)
    found = FrameNote.read(json.loads(note.line()))
    for name in ("positions_px", "is_junction", "scores"):
        np.testing.assert_array_equal(getattr(found.points, name), getattr(points, name))
        np.testing.assert_array_equal(getattr(found.dropped, name), getattr(note.dropped, name))
    assert (found.index, found.name, found.sha256, found.period_px) == (3, "frame 3", "ab", 8.1)
    assert (found.remark, found.fault) == ("said “so”\n", None)
    np.testing.assert_array_equal(found.profile, note.profile)


def test_a_profile_is_the_mean_of_the_rows_in_the_middle() -> None:
    rows = np.arange(48)[:, None] / 47 * np.ones((1, 64))
    found = PolarPoints(Micrograph(rows), Points([], []), "bright", 8.0)
    note = FrameNote.of(Frame(0, "a", found.micrograph), found)
    assert note.profile is not None
    assert set(note.profile.tolist()) == {round(255 * np.mean(np.arange(20, 28) / 47))}


def test_a_profile_is_a_period_high_where_pixels_are_not_square() -> None:
    rows = np.zeros((48, 64))
    rows[22:26] = 1  # 8 widths
    found = PolarPoints(Micrograph(rows, pixel_aspect=2.0), Points([], []), "bright", 8.0)
    note = FrameNote.of(Frame(0, "a", found.micrograph), found)
    assert note.profile is not None
    assert set(note.profile.tolist()) == {255}


def test_a_journal_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ABOUT)
    for index in range(3):
        journal.add(note_of(index, Points([[1.0, 2.0]], [False])))
    text = (tmp_path / JOURNAL).read_text()
    for cut in (len(text) - 1, len(text) - 40):
        (tmp_path / JOURNAL).write_text(text[:cut])
        again = Journal(tmp_path, ABOUT)
        assert [note.index for note in again.notes] == [0, 1]
        again.add(note_of(2, Points([[1.0, 2.0]], [False])))
        assert (tmp_path / JOURNAL).read_text() == text


@pytest.mark.parametrize("line", ["{}", "nothing", '{"frame": 1, "name": "a", "sha256": null, "fault": null}'])
def test_a_journal_that_is_damaged_is_refused(tmp_path: Path, line: str) -> None:
    journal = Journal(tmp_path, ABOUT)
    with open(tmp_path / JOURNAL, "a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError, match="another run writes to it"):
        journal.add(note_of(0, Points([], [])))
    with pytest.raises(InputError, match="damaged"):
        Journal(tmp_path, ABOUT)
    with pytest.raises(InputError, match="holds the results of another run \\(other source\\)"):
        Journal(tmp_path, {**ABOUT, "source": "x"})


def video_of(n: int, *, missing: int | None = None) -> PolarVideo:
    linker, notes = MadeLinker(SHAPE_HW, PERIOD_PX, "bright"), []
    for index, pixels in enumerate(made_video(n)):
        if index == missing:
            notes.append(FrameNote(index, f"frame {index}", None, "is damaged."))
            continue
        found = find_blobs(Micrograph(pixels / 255))
        linker.add(found.points, found.micrograph.pixels, frame=index)
        notes.append(FrameNote.of(Frame(index, f"frame {index}", found.micrograph), found))
    return PolarVideo("film", SHAPE_HW, None, None, Interval(), "bright", notes, linker.tracks())


def test_the_same_video_makes_the_same_charts(tmp_path: Path) -> None:
    written = [write_charts(tmp_path / name, video_of(4, missing=1)) for name in ("a", "b")]
    assert [file.name for file in written[0]] == ["counts.png", "kymograph.png"]
    for first, second in zip(*written, strict=True):
        assert first.read_bytes() == second.read_bytes()
        with Image.open(first) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20


def gapped(indices: Sequence[int], **changes: Any) -> PolarVideo:
    """A video of which only these frames were seen; the others are not there."""
    linker, notes = MadeLinker(SHAPE_HW, PERIOD_PX, "bright"), []
    for index, pixels in zip(indices, made_video(len(indices)), strict=True):
        found = find_blobs(Micrograph(pixels / 255))
        linker.add(found.points, found.micrograph.pixels, frame=index)
        notes.append(FrameNote.of(Frame(index, f"frame {index}", found.micrograph), found))
    video = PolarVideo("film", SHAPE_HW, None, None, Interval(2.0, "argument"), "bright", notes, linker.tracks())
    return replace(video, **changes)


def test_charts_do_not_grow_with_a_pause(tmp_path: Path) -> None:
    video = gapped([0, 1, 2, 10**8, 10**8 + 1])
    tracemalloc.start()
    try:
        write_charts(tmp_path, video)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6


def test_rates_of_events_are_over_the_time_that_was_watched(tmp_path: Path) -> None:
    """A pause, and frames at the beginning and the end that could not be used, are no such time; a frame missed is."""
    fault = [FrameNote(index, f"frame {index}", None, "is damaged.") for index in (0, 1, 18, 19)]
    video = gapped([2, 3, 5, 6, 14, 15, 16, 17])
    video = replace(video, notes=[*fault[:2], *video.notes, *fault[2:]])
    assert video.n_steps == (6 - 2) + (17 - 14)
    page = write_polar_report(tmp_path / "report.html", video, [], [], {}).read_text()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells[cells.index("death") :][:4] == ["death", "1", "0.143", "0.0714"]
    assert replace(video, notes=video.notes[:3]).n_steps == 0


def test_the_report_says_what_each_event_is(tmp_path: Path) -> None:
    page = write_polar_report(tmp_path / "report.html", gapped([2, 3, 5, 6]), [], [], {}).read_text().lower()
    (legend,) = re.findall(r'<p class="note">(annihilation.*?)</p>', page, re.DOTALL)
    assert [event for event in EVENTS if event not in " ".join(legend.split())] == []


def test_a_frame_that_could_not_be_used_has_no_numbers() -> None:
    video = video_of(4, missing=1)
    counts = counts_table(video)
    assert counts.ends.isna().tolist() == [False, True, False, False]
    assert counts.remark.tolist()[1] == "is damaged."
    assert sorted(set(points_table(video).frame)) == [0, 2, 3]
    assert counts.time_s.isna().all()
