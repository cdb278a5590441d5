"""Clock times in the names of files, whose numbers leap at every full minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_DATE, _TIME = 8, 6  # digits of YYYYMMDD and HHMMSS
_YEARS = range(1900, 2200)
_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Clock:
    """Times in whole seconds.

    Attributes:
        seconds: of each, from midnight, or from long before where days are told.
        has_days: whether they are.
    """

    seconds: tuple[int, ...]
    has_days: bool

    def words(self, seconds: int) -> str:
        """A time as people write it."""
        day, second = divmod(seconds, _DAY_S)
        time = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        return f"{date.fromordinal(day)} {time}" if self.has_days else time


def clock_of(columns: Sequence[Sequence[str]], changing: Sequence[int]) -> Clock | None:
    """The times in names: YYYYMMDDHHMMSS, YYYYMMDD and after it HHMMSS, or HHMMSS alone.

    Args:
        columns: the parts of all names, text and digits by turns.
        changing: which of them are not the same in all names, rising.

    Returns:
        Times; None where other parts change, or there are no such days, hours, minutes or seconds.

    Example:
        >>> clock_of([["a_", "a_"], ["120059", "120100"]], [1])
        Clock(seconds=(43259, 43260), has_days=False)
    """
    if not changing:
        return None
    last = changing[-1]
    dates = columns[last - 2] if last > 2 else [""] * len(columns[last])
    if set(changing) <= {last - 2, last}:
        stamps = [day + time for day, time in zip(dates, columns[last], strict=True)]
        if (seconds := _seconds_of(stamps, _DATE + _TIME)) is not None:
            return Clock(seconds, has_days=True)
    if list(changing) != [last]:
        return None
    for digits in (_DATE + _TIME, _TIME):
        if (seconds := _seconds_of(columns[last], digits)) is not None:
            return Clock(seconds, has_days=digits > _TIME)
    return None


def _seconds_of(stamps: Sequence[str], digits: int) -> tuple[int, ...] | None:
    """What stamps of so many digits say; None where one of them says nothing."""
    found = []
    for stamp in stamps:
        seconds = _second_of(stamp) if len(stamp) == digits and stamp.isdecimal() else None
        if seconds is None:
            return None
        found.append(seconds)
    return tuple(found)


def _second_of(stamp: str) -> int | None:
    day, hour, minute, second = stamp[:-6], int(stamp[-6:-4]), int(stamp[-4:-2]), int(stamp[-2:])
    days = _days_of(day) if day else 0
    if days is None or not (hour < 24 and minute < 60 and second < 60):
        return None
    return days * _DAY_S + hour * 3600 + minute * 60 + second


def _days_of(day: str) -> int | None:
    try:
        found = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None
    return found.toordinal() if found.year in _YEARS else None
