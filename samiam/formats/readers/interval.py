"""The time from one frame of a stack to the next, as files give it."""

from __future__ import annotations

import math
from dataclasses import dataclass

_S_PER_UNIT = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
SHORTEST_S, LONGEST_S = 1e-7, 1e6  # beyond these it is no time between two images but another number's bytes


@dataclass(frozen=True)
class Interval:
    """How long after one frame the next was taken, and who says so.

    Attributes:
        s: None where it is not known.
        source: where it stood in the file, or "argument"; None where it is not known.
    """

    s: float | None = None
    source: str | None = None


def interval(source: str, step: object, unit: object) -> Interval:
    """The interval that a file states.

    Args:
        source: where.
        step: a number; anything that `float` takes.
        unit: s, ms, µs, min, h or their names; bytes and brackets are understood.

    Returns:
        Unknown where the unit is none of time or the number no time from 0.1 µs to 11 days.
    """
    text = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
    factor = _S_PER_UNIT.get(text.strip("\x00 []()_").lower())
    try:
        seconds = float(step) * factor if factor else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return Interval()
    return Interval(seconds, source) if SHORTEST_S < seconds < LONGEST_S else Interval()
