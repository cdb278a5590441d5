"""What was found in the micrographs of a folder, a line of JSON for each, from which a run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samiam.formats.frames.state import State
from samiam.formats.writers.strict_json import plain
from samiam.storage.line_log import LineLog, whole_lines
from samiam.storage.strict_json import parse_json
from samiam.watching.arrivals import Arrival

REGIONS = "regions.jsonl"
_TELLING = ("results", "kind", "sha256", "fault", "reading", "look_next_fault", "field_of_view")
"""What of a line tells what is left to do."""


def utf8(path: str | Path) -> str:
    """A path, or a name, as a log tells it: what is not UTF-8 in it as Python writes it."""
    return str(path).encode(errors="backslashreplace").decode()


@dataclass(frozen=True)
class Noted:
    """The last line of a file.

    Attributes:
        state: of the file when it was written.
        facts: those of the line that tell what is left to do.
    """

    state: State
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Noted:
        """What a line tells.

        Raises:
            LookupError, TypeError, ValueError: if it is no line of a log.
        """
        state = State(int(line["size"]), int(line["mtime_ns"]))
        return cls(state, {key: plain(line[key]) for key in _TELLING if line.get(key) is not None})

    @property
    def is_fault(self) -> bool:
        """Whether the file could not be used."""
        return "fault" in self.facts

    @property
    def place(self) -> str | None:
        """The name of the folder of the results; None where there are to be none."""
        return None if self.is_fault or "results" not in self.facts else Path(str(self.facts["results"])).name


class RegionLog:
    """The log of a folder of results.

    Args:
        output: the folder of results, made if missing. Lines that it has stay.
        folder: that is watched.
        kind: what is looked for; lines of other kinds do not count.

    Attributes:
        last: by the name of a file of the watched folder, as `utf8` tells it, its last line.
    """

    def __init__(self, output: Path, folder: Path, kind: str) -> None:
        lines = whole_lines(output / REGIONS)
        self._log, self._kind = LineLog(output / REGIONS, lines), kind
        self.last: dict[str, Noted] = {}
        for line in lines:
            with suppress(AttributeError, LookupError, TypeError, ValueError):  # somebody else's line
                facts = parse_json(line)
                if str(Path(facts["path"]).parent) == utf8(folder.resolve()):
                    self._keep(facts)

    def _keep(self, line: Mapping[str, Any]) -> None:
        noted = Noted.of(line)
        if noted.facts.get("kind", self._kind) == self._kind:
            self.last[Path(line["path"]).name] = noted

    def has_fault(self, arrival: Arrival[Any]) -> bool:
        """Whether the last line of a file is a fault, and the file as it was then."""
        last = self.last.get(utf8(arrival.file.name))
        return last is not None and last.is_fault and last.state == arrival.state

    def has(self, arrival: Arrival[Any], facts: Mapping[str, Any]) -> bool:
        """Whether the last line of a file says the same of it already; one fault stands for all in one state."""
        if "fault" in facts:
            return self.has_fault(arrival)
        line = _line(arrival, facts)
        return self.last.get(utf8(arrival.file.name)) == Noted.of(line)

    def add(self, arrival: Arrival[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """Write the line of a file; it is on disk when this returns.

        Args:
            arrival: the file.
            facts: what was found in it.

        Returns:
            The line: `path`, `time` (when it was written, UTC), `size` and `mtime_ns` of the file, and the facts.
        """
        line = _line(arrival, facts)
        self._log.add(json.dumps(plain(line), ensure_ascii=False))
        self._keep(line)
        return line


def _line(arrival: Arrival[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "path": utf8(arrival.file.parent.resolve() / arrival.file.name),  # of a link, not of what it leads to
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "size": arrival.state.size,
        "mtime_ns": arrival.state.mtime_ns,
        **facts,
    }
