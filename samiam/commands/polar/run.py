"""The points of one video: streamed, noted frame by frame, and gone on with after an interruption."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from samiam.commands.files.places import check_foreign, check_kind
from samiam.errors import InputError
from samiam.formats.frames.frame import Frame, Frames
from samiam.formats.frames.landing import LandingFrames
from samiam.formats.writers.earlier import kind_of
from samiam.polar.linking.linker import Linker
from samiam.polar.result import PolarPoints
from samiam.polar.writing.journal import JOURNAL, FrameNote, Journal
from samiam.polar.writing.overlay import write_polar_overlay
from samiam.polar.writing.results import KIND, OVERLAYS, clear_results, interval_in, write_polar
from samiam.polar.writing.video import PolarVideo
from samiam.records import Micrograph
from samiam.records.polar_scene import Sign
from samiam.records.showing import counted

_MOST_TOLD = 5  # frames that could not be used, one by one; the report has all


@dataclass(frozen=True)
class PolarJob:
    """How points are found in the frames of each video.

    Attributes:
        find: finds the points of a frame.
        sign: of the stripes.
        config: its settings and those of reading, for provenance; other ones make another run.
        open: opens a video, a folder or a stack; given the names of the files that were taken before, and their places,
            where a folder is watched.
        command: as it was typed.
        overwrite: whether the results of other runs may be replaced.
    """

    find: Callable[[Micrograph], PolarPoints]
    sign: Sign
    config: Mapping[str, Any]
    open: Callable[[Path, Mapping[str, int]], Frames]
    command: str
    overwrite: bool = False


class PolarRun:
    """The points of one video, from its frames to its results.

    Args:
        path: of the video.
        place: the folder of the results.
        job: how they are found.

    Raises:
        InputError: if the video cannot be opened, or the folder holds other results.
    """

    def __init__(self, path: Path, place: Path, job: PolarJob) -> None:
        self._path, self._place, self._job = path, place, job
        check_kind(place, KIND)
        check_foreign(place, KIND, overwrite=job.overwrite or (place / JOURNAL).is_file())
        self._frames = job.open(path, {} if job.overwrite else Journal.places_in(place))
        if job.overwrite:
            clear_results(place)
        about = {"source": {"kind": self._frames.kind, **self._frames.facts}, "config": job.config}
        if kind_of(place) == KIND and not (place / JOURNAL).is_file():
            raise InputError(f"{place}: holds results of which the {JOURNAL} is missing; replace them by --overwrite.")
        self._journal = Journal(place, about)
        self._n_before = len(self._journal.notes)
        self._other_times = self._said_of_times(interval_in(place)) if self._n_before and kind_of(place) else []
        self._n_done = self._n_written = 0
        self._linker: Linker | None = None
        self._first: Micrograph | None = None
        self._overlays: list[Path] = []
        self._started = time.perf_counter()

    @property
    def n_points(self) -> int:
        """How many were found in all frames."""
        return sum(len(note.points) for note in self._journal.notes)

    def carry_out(self) -> str:
        """Find all points and write the results.

        Returns:
            The report on it.

        Raises:
            InputError: if no frame could be used; then nothing is left of the run.
            KeyboardInterrupt: if it was stopped; a folder that is watched is stopped so, and its results are written.
        """
        frames = self._frames
        if isinstance(frames, LandingFrames):
            frames.caught_up = self._write_if_new
        try:
            for frame in tqdm(frames.read(), total=frames.n_frames, unit="frame", disable=None, leave=False):
                self._take(frame)
        except KeyboardInterrupt:
            if not isinstance(frames, LandingFrames) or self._n_done < self._n_before:
                done = counted(len(self._journal.notes), "frame")
                print(f"samiam: {self._path}: stopped after {done}; the same command goes on there.", file=sys.stderr)
                raise
        if self._n_done < self._n_before:
            raise self._other_frames(f"{self._journal.notes[self._n_done].name} is no longer there")
        if self._first is None:
            self._give_up()
        return self._report(self._write())

    def _take(self, frame: Frame) -> None:
        """One frame: what the journal says of it, or what is found in it."""
        note = self._journal.notes[self._n_done] if self._n_done < self._n_before else None
        if note is not None:
            self._check_same(note, frame)
        self._n_done += 1
        found = self._found(frame) if note is None else self._found_before(note, frame)
        if found is not None:
            self._link(found, frame.index)

    def _link(self, found: PolarPoints, index: int) -> None:
        """Link the points of a frame; the first one decides what a period is."""
        if self._linker is None:
            self._first = first = found.micrograph
            self._linker = Linker(first.shape_hw, found.period_px, found.sign, pixel_aspect=first.pixel_aspect)
        self._linker.add(found.points, found.micrograph.filled, frame=index)

    def _found(self, frame: Frame) -> PolarPoints | None:
        fault = frame.fault
        if frame.micrograph is not None:
            try:
                found = self._job.find(frame.micrograph)
            except InputError as error:
                fault = str(error).removeprefix(f"{frame.micrograph.name}: ")
            else:
                if found.shows_stripes:
                    self._draw(found, frame)
                    self._journal.add(FrameNote.of(frame, found))
                    return found
                fault = found.remark
        sha256 = None if frame.micrograph is None else frame.micrograph.metadata.get("sha256")
        self._journal.add(FrameNote(frame.index, frame.name, sha256, fault))
        return None

    def _found_before(self, note: FrameNote, frame: Frame) -> PolarPoints | None:
        if frame.micrograph is None or note.fault is not None:
            return None
        found = note.on(frame.micrograph, self._job.sign)
        self._draw(found, frame)
        return found

    def _draw(self, found: PolarPoints, frame: Frame) -> None:
        overlay = self._place / OVERLAYS / f"frame_{frame.index:04d}.png"
        if not overlay.is_file():
            write_polar_overlay(overlay, found, frame.name)
        self._overlays.append(overlay)

    def _check_same(self, note: FrameNote, frame: Frame) -> None:
        """Refuse to go on where frames are not those that the journal is of."""
        sha256 = note.sha256 if frame.micrograph is None else frame.micrograph.metadata.get("sha256")
        is_lost = frame.micrograph is None and note.fault is None
        if is_lost or (note.index, note.name, note.sha256) != (frame.index, frame.name, sha256):
            if not is_lost and (note.name, note.sha256) == (frame.name, sha256):
                raise self._other_frames(f"{frame.name} is frame {frame.index} now, and was {note.index}")
            raise self._other_frames(f"{frame.name} is not the {note.name} that it was")

    def _other_frames(self, why: str) -> InputError:
        return InputError(
            f"{self._path}: {why}, so that the results in {self._place} cannot go on; choose another folder with -o, "
            "or replace the results by --overwrite."
        )

    def _give_up(self) -> None:
        faults = [f"{note.name} {note.fault}" for note in self._journal.notes if note.fault]
        clear_results(self._place)
        if not faults:
            raise InputError(f"{self._path}: no frame has landed in it; nothing was written.")
        raise InputError(f"{self._path}: none of {counted(len(faults), 'frame')} could be used: {faults[0]}")

    def _write_if_new(self) -> None:
        if self._first is not None and len(self._journal.notes) > self._n_written:
            self._write()
            tqdm.write(f"{self._place}/: {counted(len(self._journal.notes), 'frame')} so far", file=sys.stdout)

    def _write(self) -> PolarVideo:
        video = self._video()
        self._n_written = len(self._journal.notes)
        source = {"kind": self._frames.kind, "path": str(self._path), **self._frames.facts}
        write_polar(
            self._place, video, self._overlays, source=source, config=self._job.config, facts=self._facts(video)
        )
        return video

    def _video(self) -> PolarVideo:
        first, notes = self._first, self._journal.notes
        faults = [f"{note.name}: {note.fault}" for note in notes if note.fault]
        told = [f"{counted(len(faults), 'frame')} could not be used: {' '.join(faults[:_MOST_TOLD])}"] if faults else []
        said = dict.fromkeys(note.remark for note in notes if note.remark)
        return PolarVideo(
            name=self._frames.name,
            shape_hw=None if first is None else first.shape_hw,
            pixel_size_nm=None if first is None else first.pixel_size_nm,
            pixel_height_nm=None if first is None else first.pixel_height_nm,
            interval=self._frames.interval,
            sign=self._job.sign,
            notes=notes,
            tracks=None if self._linker is None else self._linker.tracks(),
            remarks=(*self._frames.remarks, *told, *self._pauses(), *self._jumps(), *list(said)[:_MOST_TOLD]),
        )

    def _said_of_times(self, before_s: float | None) -> list[str]:
        """What is said where the results that are gone on with have other times: points do not depend on them."""
        now_s = self._frames.interval.s
        before, now = ("unknown" if every is None else f"{every:g} s" for every in (before_s, now_s))
        said = f"the time between frames was {before} and is {now} now: all times are written anew"
        return [] if before_s == now_s else [said]

    def _pauses(self) -> list[str]:
        """What is said of pauses that are too long for tracks."""
        pauses = [] if self._linker is None else self._linker.pauses
        listed = _listed(f"{before} and {after}" for before, after in pauses)
        said = f"what happened between the frames {listed} is not known: no track reaches over so many"
        return [said] if pauses else []

    def _jumps(self) -> list[str]:
        """What is said of frames that show another place than those before."""
        jumps = [] if self._linker is None else self._linker.jumps
        listed = _listed(map(str, jumps))
        said = f"frames unlike the one before, as after a jump: {listed}; trust no drift, tracks and events there"
        return [said] if jumps else []

    def _facts(self, video: PolarVideo) -> dict[str, str]:
        every = "unknown" if video.interval.s is None else f"{video.interval.s:g} s ({video.interval.source})"
        scale = "unknown" if self._first is None else self._first.scale
        return {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": self._job.command,
            "input": str(self._path),
            "pixel size": scale,
            "time between frames": every,
        }

    def _report(self, video: PolarVideo) -> str:
        height, width = video.shape_hw or (0, 0)
        every = "interval unknown" if video.interval.s is None else f"{video.interval.s:g} s apart"
        seconds = time.perf_counter() - self._started
        before = f", {self._n_before} of them before" if self._n_before else ""
        ends = sum(len(note.points.of_kind("end")) for note in video.usable)
        n_tracks = 0 if video.tracks is None else len(video.tracks.lifetimes)
        n_events = 0 if video.tracks is None else len(video.tracks.events)
        scale = "pixel size unknown" if self._first is None else self._first.scale
        lines = [
            f"{self._path}: {counted(len(video.notes), 'frame')}{before}, {width} × {height} px, {scale}, {every}",
            *self._other_times,
            *video.remarks,
            f"{counted(ends, 'end')} and {counted(self.n_points - ends, 'junction')} of {video.sign} stripes in "
            f"{counted(len(video.usable), 'frame')}: {counted(n_tracks, 'track')}, {counted(n_events, 'event')}, "
            f"in {seconds:.1f} s",
            f"wrote {self._place}/",
        ]
        return "\n  ".join(lines)


def _listed(frames: Iterable[str]) -> str:
    """Frames in words, of many the first ones."""
    told = list(frames)
    return ", ".join([*told[:_MOST_TOLD], *(["…"] if len(told) > _MOST_TOLD else [])])
