"""`samiam watch`: a folder that a microscope fills; results of each micrograph, and a line on it, as it lands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from samiam.commands.files.inputs import Reading
from samiam.commands.files.places import check_hand, check_kind, check_other, writing_to
from samiam.commands.particles.job import ParticlesJob, found_in, write_found
from samiam.commands.particles.pooled import Pooling, pool_runs
from samiam.commands.segmenting import SegmentJob, boosted, write_segmentation
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.frames.landing import Patience
from samiam.formats.writers.earlier import PROVENANCE, other_input_in, results_below
from samiam.formats.writers.regions import region_facts
from samiam.formats.writers.wording import notes
from samiam.interrupts import heed
from samiam.particles.writing.lines import particle_facts
from samiam.particles.writing.results import KIND as PARTICLES
from samiam.records import Micrograph
from samiam.records.showing import counted
from samiam.storage.files import check_writable
from samiam.watching.arrivals import Arrival, arriving
from samiam.watching.interest import where_to_look
from samiam.watching.log import REGIONS, RegionLog
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


@dataclass(frozen=True)
class Found:
    """What was found in a micrograph.

    Attributes:
        facts: for its line.
        words: the same in a few words.
        write: writes its results into a folder.
    """

    facts: Mapping[str, Any]
    words: str
    write: Callable[[Path], object]


class Finding(Protocol):
    """One of the questions that are asked of each micrograph.

    Attributes:
        kind: what the provenance of its results calls them.
    """

    kind: str

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """The answer."""
        ...

    def finish(self, output: Path) -> None:
        """What is left to do when the watch ends."""
        ...


@dataclass(frozen=True)
class Materials:
    """Materials, and where to look next.

    Attributes:
        job: how each file is segmented.
        interest: what is to be looked at next, see `where_to_look`; None for nothing.
        field: of view for that, in nm, or px where the pixel size is unknown; as large as the image where None.
    """

    job: SegmentJob
    interest: str | None = None
    field: tuple[float, float] | None = None
    kind = "segment"

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """Segment it."""
        job = self.job
        segmentation, times_s = boosted(micrograph, job)
        seen = segmentation.micrograph or micrograph  # which says what was evened
        times_s = {"read": read_s, **times_s}
        facts = {"kind": self.kind, "seconds": sum(times_s.values()), **region_facts(seen, segmentation)}
        if self.interest is not None:
            places = where_to_look(seen, segmentation, self.interest, self.field or _whole(seen))
            facts["look_next"] = [place.facts() for place in places]

        def write(place: Path) -> None:
            write_segmentation(place, seen, segmentation, job, times_s)

        words = [counted(len(segmentation.masks), segmentation.kind), *filter(None, [segmentation.remark])]
        return Found(facts, "; ".join([*words, *notes(seen)]), write)

    def finish(self, output: Path) -> None:
        """Nothing."""


def _whole(micrograph: Micrograph) -> tuple[float, float]:
    (height, width), (wide, high) = micrograph.shape_hw, micrograph.sides_xy
    return width * wide, height * high


@dataclass(frozen=True)
class Nanoparticles:
    """Nanoparticles; those of all micrographs are counted together when the watch ends.

    Attributes:
        job: how they are found.
        pooling: how they are counted.
    """

    job: ParticlesJob
    pooling: Pooling
    kind = PARTICLES

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """Find and measure them."""
        particles, measured, times_s = found_in(micrograph, self.job)
        times_s = {"read": read_s, **times_s}
        facts = {"kind": self.kind, "seconds": sum(times_s.values()), **particle_facts(particles, measured)}

        def write(place: Path) -> None:
            write_found(place, particles, measured, self.job, times_s)

        words = [counted(len(measured.table), "particle"), *filter(None, [particles.remark])]
        return Found(facts, "; ".join([*words, *notes(micrograph)]), write)

    def finish(self, output: Path) -> None:
        """Write the statistics of all that the folder of results holds, from whatever watch."""
        if results_below(output, self.kind):
            pool_runs([output], output, self.pooling, overwrite=self.job.overwrite)


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
        self._log = RegionLog(output, folder)
        self.taken = dict(self._log.taken)
        self._noted = self._without_results()
        for name in self._noted:
            self.taken.pop(name)
        self._writer = ThreadPoolExecutor(1, "writer")
        self._writing: _Writing | None = None
        self._read_s = 0.0
        self.n_found = self.n_failed = 0

    def _without_results(self) -> set[str]:
        """The files of the last lines of which no results had been written when the run was ended, but for faults."""
        last = {Path(line["path"]).name: line.get("results") for line in self._log.latest}
        return {name for name, place in last.items() if place and not (Path(place) / PROVENANCE).is_file()}

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
                raise arrival.fault or InputError(f"{arrival.file}: cannot be used.")
            self._answer(arrival, arrival.loaded)
        except InputError as error:
            self._fail(arrival, error)

    def finish(self) -> None:
        """Wait for the results that are being written."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.done.result()
        except InputError as error:
            self._fail(writing.arrival, error)
        else:
            self.n_found += 1
            print(writing.words, flush=True)  # here, for what another thread says while a file is read is lost

    def _answer(self, arrival: Arrival[Micrograph], micrograph: Micrograph) -> None:
        place = self._place(arrival.file, micrograph)
        found = self._job.finding.find(micrograph, self._read_s)
        self._note(arrival, {"results": str(place.resolve()), **found.facts})
        self.finish()
        words = f"{arrival.file.name}: {found.words}, in {found.facts['seconds']:.2f} s → {place}/"
        self._writing = _Writing(arrival, words, self._writer.submit(_write, found, arrival.file, place))

    def _place(self, file: Path, micrograph: Micrograph) -> Path:
        """Where the results go: an earlier state of the file makes way, another file of that name does not.

        What somebody has corrected by hand makes way for nothing.
        """
        if self._writing is not None and self._writing.arrival.file.stem == file.stem:
            self.finish()
        place = self._output / file.stem
        path = micrograph.metadata["path"]
        other = other_input_in(place, micrograph.metadata)
        if other is not None and other["path"] != path:
            place = self._output / file.name
            other = other_input_in(place, micrograph.metadata)
        is_own, overwrite = other is not None and other["path"] == path, self._job.overwrite
        check_kind(place, self._job.finding.kind)
        check_other(file, place, micrograph, overwrite=is_own or overwrite)
        check_hand(file, place, overwrite=overwrite)
        return place

    def _fail(self, arrival: Arrival[Micrograph], error: InputError) -> None:
        self.n_failed += 1
        self._note(arrival, {"fault": str(error)})
        print(f"samiam: {error}", file=sys.stderr, flush=True)

    def _note(self, arrival: Arrival[Micrograph], facts: Mapping[str, Any]) -> None:
        """Write and publish the line of a file, unless it was before the run was ended."""
        name = arrival.file.name
        if name in self._noted and self._log.taken.get(name) == arrival.state:
            self._noted.discard(name)
            return
        self._publish(self._log.add(arrival, facts))


@dataclass(frozen=True)
class _Writing:
    """Results that are being written, and what is said once they are."""

    arrival: Arrival[Micrograph]
    words: str
    done: Future[None]


def _write(found: Found, file: Path, place: Path) -> None:
    with writing_to(place, file):
        found.write(place)
