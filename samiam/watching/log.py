"""What was found in the micrographs of a folder, a line of JSON for each, from which a run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samiam.formats.writers.strict_json import plain
from samiam.storage.line_log import LineLog, whole_lines
from samiam.storage.strict_json import parse_json
from samiam.watching.arrivals import Arrival, State

REGIONS = "regions.jsonl"


class RegionLog:
    """The log of a folder of results.

    Args:
        output: the folder of results, made if missing. Lines that it has stay.
        folder: that is watched.

    Attributes:
        taken: by name, in which state each file of the watched folder was when its line was written.
        latest: the last lines as they were read, two at most.
    """

    def __init__(self, output: Path, folder: Path) -> None:
        lines = whole_lines(output / REGIONS)
        self._log = LineLog(output / REGIONS, lines)
        self.taken: dict[str, State] = {}
        self.latest: list[Mapping[str, Any]] = []
        for line in lines:
            with suppress(AttributeError, LookupError, TypeError, ValueError):  # somebody else's line
                facts = parse_json(line)
                file, state = Path(facts["path"]), State(int(facts["size"]), int(facts["mtime_ns"]))
                if file.parent == folder.resolve():
                    self.taken[file.name] = state
                    self.latest = [*self.latest[-1:], facts]

    def add(self, arrival: Arrival[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """Write the line of a file; it is on disk when this returns.

        Args:
            arrival: the file.
            facts: what was found in it.

        Returns:
            The line: `path`, `time` (when it was written, UTC), `size` and `mtime_ns` of the file, and the facts.
        """
        line: dict[str, Any] = {
            "path": str(arrival.file.parent.resolve() / arrival.file.name),  # of a link, not of what it leads to
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "size": arrival.state.size,
            "mtime_ns": arrival.state.mtime_ns,
            **facts,
        }
        self._log.add(json.dumps(plain(line), ensure_ascii=False))
        return line
