"""A folder that is watched: a line on each micrograph first, then its results."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samiam.commands.files.inputs import Reading
from samiam.commands.files.places import check_foreign, check_hand, check_kind, check_other, writing_to
from samiam.commands.watching.answers import Finding, Found
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.frames.folder import frame_files
from samiam.formats.frames.landing import Patience
from samiam.formats.writers.earlier import input_of, other_input_in
from samiam.formats.writers.strict_json import plain
from samiam.interrupts import heed
from samiam.records import Micrograph
from samiam.records.showing import counted
from samiam.storage.files import check_writable
from samiam.watching.arrivals import Arrival, arriving
from samiam.watching.log import REGIONS, Noted, RegionLog, utf8
from samiam.watching.publishing import Publish, publishing
from samiam.watching.waking import waker_for
from samiam.watching.watching import checked_folder


@dataclass(frozen=True)
class WatchJob:
    """How a folder is watched.

    Attributes:
        finding: what is done with each micrograph.
        reading: how files are read.
        patience: how long what is waited for.
        polling: whether the folder is looked at again and again, as network drives need it.
        bind: address on which lines are published, None for none.
        url: where lines are posted, None for nowhere.
        overwrite: whether the results of other images, and what was corrected by hand, may be replaced.
    """

    finding: Finding
    reading: Reading
    patience: Patience
    polling: bool = False
    bind: str | None = None
    url: str | None = None
    overwrite: bool = False


def watch_folder(folder: Path, output: Path, job: WatchJob) -> int:
    """Answer for each micrograph of a folder as it lands, until Ctrl-C or until none has landed for long enough.

    Of each there is first a line in `output/regions.jsonl`, then its results in `output/<name>/`. A watch that was
    ended, however it was, goes on where it stopped.

    Returns:
        0, or 1 if some files could not be used.

    Raises:
        InputError: if the folder cannot be watched, or nothing can be written.
    """
    checked_folder(folder)
    check_writable(output)
    job.finding.check(output)
    heed()
    with publishing(job.bind, job.url) as publish, waker_for(folder, polling=job.polling) as waker:
        watch = _Watch(folder, output, job, publish)
        arrivals = arriving(folder, watch.read, job.patience, waker, taken=watch.taken)
        print(f"watching {folder}/ → {output / REGIONS}; Ctrl-C ends it", flush=True)
        try:
            for arrival in arrivals:
                watch.take(arrival)
            watch.finish()
        except KeyboardInterrupt:
            watch.finish()
            print(f"samiam: stopped; the same command goes on there. {watch.summary}", file=sys.stderr)
    job.finding.finish(output)  # also what a watch that was killed has left
    return 1 if watch.n_failed else 0


class _Watch:
    """What has become of the files so far.

    The results of one are written while the next is looked at.
    """

    def __init__(self, folder: Path, output: Path, job: WatchJob, publish: Publish) -> None:
        self._output, self._job, self._publish = output, job, publish
        self._log = RegionLog(output, folder, job.finding.kind)
        self.taken = {name: noted.state for name, noted in self._log.last.items() if self._is_done(noted)}
        self.taken |= {
            file.name: self.taken[name] for file in frame_files(folder) if (name := utf8(file.name)) in self.taken
        }
        self._waiting = {
            noted.place: name for name, noted in self._log.last.items() if noted.place and not self._has_results(noted)
        }
        self._writer = ThreadPoolExecutor(1, "writer")
        self._writing: _Writing | None = None
        self._read_s = 0.0
        self.n_found = self.n_failed = 0

    def _is_done(self, noted: Noted) -> bool:
        """Whether nothing is left to do for a file as long as it stays as it is.

        One that cannot be read is read again in another way only; of all other faults the reason may be gone.
        """
        if noted.is_fault:
            return noted.facts.get("reading") == self._reading
        return self._has_results(noted) and self._job.finding.is_answered(noted.facts)

    def _has_results(self, noted: Noted) -> bool:
        """Whether the results of a line are there, and not those of another state of its file."""
        if noted.place is None:
            return False
        there = input_of(self._output / noted.place)
        return there is not None and noted.facts.get("sha256") in (None, there["sha256"])

    @property
    def _reading(self) -> object:
        """How files are read, as lines tell it."""
        return plain(self._job.reading.arguments)

    @property
    def summary(self) -> str:
        """How many files there were."""
        return f"{counted(self.n_found, 'micrograph')}, {counted(self.n_failed, 'file')} that could not be used."

    def read(self, file: Path) -> Micrograph:
        """A file that may be whole."""
        started = time.perf_counter()
        micrograph = read_micrograph(file, **self._job.reading.arguments)
        self._read_s = time.perf_counter() - started
        return micrograph

    def take(self, arrival: Arrival[Micrograph] | None) -> None:
        """A file that is whole, or will never be; None where there is none for now."""
        if arrival is None:
            if self._writing is not None and self._writing.done.done():
                self.finish()
            return
        try:
            if arrival.loaded is None:
                error = arrival.fault or InputError(f"{arrival.file}: cannot be used.")
                self._fail(arrival, error, reading=self._reading)
            else:
                self._answer(arrival, arrival.loaded)
        except InputError as error:
            self._fail(arrival, error, kind=self._job.finding.kind)

    def finish(self) -> None:
        """Wait for the results that are being written."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.done.result()
        except InputError as error:
            self._fail(writing.arrival, error, kind=self._job.finding.kind)
        else:
            if writing.late is not None:
                self._note(writing.arrival, writing.late)
            self.n_found += 1
            print(writing.words, flush=True)  # here, for what another thread says while a file is read is lost

    def _answer(self, arrival: Arrival[Micrograph], micrograph: Micrograph) -> None:
        place = self._place(arrival.file, micrograph)
        found = self._job.finding.find(micrograph, self._read_s)
        facts = {"results": utf8(place.resolve()), "sha256": micrograph.metadata["sha256"], **found.facts}
        is_late = self._log.has_fault(arrival)  # which may come again: then it has no line between two faults
        if not is_late:
            self._note(arrival, facts)
        if found.fault is not None:
            self._say_fault(f"{arrival.file}: {found.fault} Its results are written all the same.")
        self.finish()
        words = f"{arrival.file.name}: {found.words}, in {found.facts['seconds']:.2f} s → {place}/"
        done = self._writer.submit(_write, found, arrival.file, place)
        self._writing = _Writing(arrival, words, done, facts if is_late else None)

    def _place(self, file: Path, micrograph: Micrograph) -> Path:
        """Where the results go: an earlier state of the file makes way, another file of that name does not.

        What somebody has corrected by hand makes way for nothing.
        """
        if self._writing is not None and self._writing.arrival.file.stem == file.stem:
            self.finish()
        place, path = self._output / file.stem, micrograph.metadata["path"]
        other = other_input_in(place, micrograph.metadata)
        is_waited_for = self._waiting.get(file.stem, file.name) != file.name
        if is_waited_for or (other is not None and other["path"] != path):
            place = self._output / file.name
            other = other_input_in(place, micrograph.metadata)
        is_own, overwrite = other is not None and other["path"] == path, self._job.overwrite
        check_kind(place, self._job.finding.kind)
        check_foreign(place, self._job.finding.kind, overwrite=overwrite)
        check_other(file, place, micrograph, overwrite=is_own or overwrite)
        check_hand(file, place, overwrite=overwrite)
        return place

    def _fail(self, arrival: Arrival[Micrograph], error: InputError, **about: object) -> None:
        self.n_failed += 1
        self._note(arrival, {"fault": str(error), **about})
        self._say_fault(str(error))

    def _say_fault(self, words: str) -> None:
        print(f"samiam: {words}", file=sys.stderr, flush=True)

    def _note(self, arrival: Arrival[Micrograph], facts: Mapping[str, Any]) -> None:
        """Write and publish the line of a file, unless it is there."""
        if not self._log.has(arrival, facts):
            self._publish(self._log.add(arrival, facts))


@dataclass(frozen=True)
class _Writing:
    """Results that are being written, and what is said once they are.

    Attributes:
        arrival: the file.
        words: to say.
        done: when they are.
        late: for its line, where that follows them; None where it is there.
    """

    arrival: Arrival[Micrograph]
    words: str
    done: Future[None]
    late: Mapping[str, Any] | None


def _write(found: Found, file: Path, place: Path) -> None:
    with writing_to(place, file):
        found.write(place)
