"""What is asked of each micrograph that lands: its materials and where to look next, or its particles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from samiam.commands.files.places import check_foreign, check_kind
from samiam.commands.particles.job import ParticlesJob, found_in, write_found
from samiam.commands.particles.pooled import Pooling, pool_runs
from samiam.commands.segmenting import SegmentJob, boosted, write_segmentation
from samiam.errors import InputError
from samiam.formats.writers.earlier import results_below
from samiam.formats.writers.regions import region_facts
from samiam.formats.writers.wording import notes
from samiam.particles.writing.lines import particle_facts
from samiam.particles.writing.pooled import KIND as STATISTICS
from samiam.particles.writing.results import KIND as PARTICLES
from samiam.records import Micrograph, Segmentation
from samiam.records.showing import counted
from samiam.watching.interest import where_to_look


@dataclass(frozen=True)
class Found:
    """What was found in a micrograph.

    Attributes:
        facts: for its line.
        words: the same in a few words.
        write: writes its results into a folder.
        fault: what could not be found beside them; None where all could.
    """

    facts: Mapping[str, Any]
    words: str
    write: Callable[[Path], object]
    fault: str | None = None


class Finding(Protocol):
    """One of the questions that are asked of each micrograph.

    Attributes:
        kind: what the provenance of its results calls them.
    """

    kind: str

    def check(self, output: Path) -> None:
        """Refuse a folder in which what is written into it at the end would replace files of something else.

        Raises:
            InputError: if so.
        """
        ...

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """The answer."""
        ...

    def is_answered(self, line: Mapping[str, Any]) -> bool:
        """Whether the line of a micrograph, one of results, holds all that can be found in it now."""
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

    def check(self, output: Path) -> None:
        """Nothing."""

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """Segment it."""
        job = self.job
        segmentation, times_s = boosted(micrograph, job)
        seen = segmentation.micrograph or micrograph  # which says what was evened
        times_s = {"read": read_s, **times_s}
        facts = {"kind": self.kind, "seconds": sum(times_s.values()), **region_facts(seen, segmentation)}
        facts |= self._look_next(seen, segmentation)

        def write(place: Path) -> None:
            write_segmentation(place, seen, segmentation, job, times_s)

        words = [counted(len(segmentation.masks), segmentation.kind), *filter(None, [segmentation.remark])]
        return Found(facts, "; ".join([*words, *notes(seen)]), write, facts.get("look_next_fault"))

    def _look_next(self, micrograph: Micrograph, segmentation: Segmentation) -> dict[str, Any]:
        """For the line, where to look next, or why that cannot be said."""
        if self.interest is None:
            return {}
        field = self.field or _whole(micrograph)
        try:
            places = where_to_look(micrograph, segmentation, self.interest, field)
        except InputError as error:
            return {"look_next": [], "look_next_fault": str(error), "field_of_view": list(field)}
        return {"look_next": [place.facts() for place in places]}

    def is_answered(self, line: Mapping[str, Any]) -> bool:
        """Whether nothing is left to say, or what could not be said cannot be said now either."""
        is_complete = self.interest is None or "look_next_fault" not in line
        return is_complete or line.get("field_of_view") == list(self.field or ())

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

    def check(self, output: Path) -> None:
        """Refuse what statistics would replace."""
        check_kind(output, STATISTICS)
        check_foreign(output, STATISTICS, overwrite=self.job.overwrite)

    def find(self, micrograph: Micrograph, read_s: float) -> Found:
        """Find and measure them."""
        particles, measured, times_s = found_in(micrograph, self.job)
        times_s = {"read": read_s, **times_s}
        facts = {"kind": self.kind, "seconds": sum(times_s.values()), **particle_facts(particles, measured)}

        def write(place: Path) -> None:
            write_found(place, particles, measured, self.job, times_s)

        words = [counted(len(measured.table), "particle"), *filter(None, [particles.remark])]
        return Found(facts, "; ".join([*words, *notes(micrograph)]), write)

    def is_answered(self, line: Mapping[str, Any]) -> bool:  # noqa: ARG002 - one interface
        """Always."""
        return True

    def finish(self, output: Path) -> None:
        """Write the statistics of all that the folder of results holds, from whatever watch."""
        if results_below(output, self.kind):
            pool_runs([output], output, self.pooling, overwrite=self.job.overwrite)
