"""Which place in time the files of a folder, or the frames of a video, have."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from samiam.formats.frames.clock import Clock, clock_of
from samiam.records.showing import counted

_MOST_LISTED = 5  # gaps that are named one by one
_MOST_PLACES = 10**9  # in time: names with longer numbers are made of something else
_ONE_O_CLOCK = 10000  # as a number of six digits
_UNEVEN = 0.25  # of a step, by which a frame may come early or late


def last_number(name: str) -> int | None:
    """The number at the end of a file's name, less its suffix; the last one in it.

    Example:
        >>> last_number("day 2/frame_0012.png"), last_number("overview.png")
        (12, None)
    """
    numbers = re.findall(r"\d+", PurePath(name).stem)
    return int(numbers[-1]) if numbers else None


@dataclass(frozen=True)
class Numbering:
    """Places in time.

    Attributes:
        places: of each frame, rising from 0.
        remark: what is missing between them, or why that cannot be told; None where nothing is.
    """

    places: tuple[int, ...]
    remark: str | None = None


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which `frame_9` comes before `frame_10`.

    Example:
        >>> sorted(["b_10.tif", "b_9.tif", "a.tif"], key=natural)
        ['a.tif', 'b_9.tif', 'b_10.tif']
    """
    parts = re.split(r"(\d+)", name.casefold())
    keys = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return [*keys, (-2, name)]  # names that differ in zeros or capitals alone have an order too


def by_number(names: Sequence[str]) -> Numbering:
    """The places of files by the one number in their names that changes, or the time and perhaps the day.

    Args:
        names: in their natural order.

    Returns:
        Places in steps of the least difference, with gaps where numbers are missing, however long where most numbers
        are a step from the next; one after the other, which is said, where names have no such number or the numbers are
        no series.

    Example:
        >>> by_number(["f01.tif", "f02.tif", "f05.tif"])
        Numbering(places=(0, 1, 4), remark='2 frames are missing: 3 to 4 in the numbers of the files')
    """
    columns = _columns(names)
    changing = [index for index, column in enumerate(columns) if len(set(column)) > 1]
    numbers, clock = _numbers(columns, changing), clock_of(columns, changing)
    if clock is not None and _are_times(clock, numbers):
        return _series(clock.seconds, clock.words, "the times in the names of the files")
    if numbers is not None:
        return _series(numbers, str, "the numbers of the files")
    return _in_order(len(names), _why_in_order(names) if len(names) > 1 else None)


def by_time(times_s: Sequence[float]) -> Numbering:
    """The places of frames by the times at which a video shows them, with gaps where it drops some."""
    times = np.asarray(times_s, np.float64)
    in_order = tuple(range(len(times)))
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    if step <= 0:
        return Numbering(in_order)
    steps = (times - times[0]) / step
    places = tuple(int(place) for place in np.rint(steps))
    uneven = "frames are not shown evenly in time"
    if np.abs(steps - np.rint(steps)).max() > _UNEVEN or any(np.diff(places) < 1):
        return Numbering(in_order, f"{uneven}; they count in their order")
    gaps = [(str(places[place] + 1), str(places[place + 1] - 1)) for place in _before_gaps(places)]
    return _with_gaps(places, gaps, "the times of the video, counted from 0", uneven)


def _columns(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The parts of all names, text and digits by turns; none where they are not as many in each."""
    parts = [re.split(r"(\d+)", PurePath(name).stem.casefold()) for name in names]
    return list(zip(*parts, strict=True)) if len({len(part) for part in parts}) == 1 else []


def _numbers(columns: Sequence[Sequence[str]], changing: Sequence[int]) -> list[int] | None:
    """The number in each name that is not the same in all; None where there is not one such."""
    if len(changing) != 1 or not all(part.isdecimal() for part in columns[changing[0]]):
        return None
    return [int(part) for part in columns[changing[0]]]


def _are_times(clock: Clock, numbers: Sequence[int] | None) -> bool:
    """Whether numbers that may be clock times are: counted in seconds they leap less often.

    Where they leap as often, they are times if days are told too, or if every leap of the numbers is from one minute to
    another; but numbers that begin before one o'clock are those of a counter then.
    """
    leaps = _leaps(clock.seconds)
    if numbers is None or leaps is None:
        return leaps is not None
    as_numbers = _leaps(numbers)
    if as_numbers is None or len(leaps) != len(as_numbers):
        return as_numbers is None or len(leaps) < len(as_numbers)
    minutes = [second // 60 for second in clock.seconds]
    over_minutes = all(minutes[index + 1] > minutes[index] for index in as_numbers)
    return clock.has_days or (numbers[0] >= _ONE_O_CLOCK and over_minutes)


def _differences(numbers: Sequence[int]) -> list[int]:
    return [after - before for before, after in itertools.pairwise(numbers)]


def _step_of(numbers: Sequence[int]) -> int | None:
    """The least difference, of which all others are multiples; None where they are not, and this is no series."""
    differences = _differences(numbers)
    step = min(differences, default=1)
    return None if step < 1 or any(difference % step for difference in differences) else step


def _leaps(numbers: Sequence[int]) -> list[int] | None:
    """Before which of its differences a series has gaps; None where this is no series."""
    step = _step_of(numbers)
    return None if step is None else _before_gaps([number // step for number in numbers])


def _series(numbers: Sequence[int], words: Callable[[int], str], of: str) -> Numbering:
    """The places of a series, with what is missing in words."""
    otherwise = "the numbers in the names of the files are no series"
    step = _step_of(numbers)
    if step is None:
        return _in_order(len(numbers), f"{otherwise}; frames count in their order")
    places = tuple((number - numbers[0]) // step for number in numbers)
    gaps = [(words(numbers[place] + step), words(numbers[place + 1] - step)) for place in _before_gaps(places)]
    return _with_gaps(places, gaps, of, otherwise)


def _in_order(n: int, remark: str | None) -> Numbering:
    return Numbering(tuple(range(n)), remark)


def _why_in_order(names: Sequence[str]) -> str:
    """Why names do not tell times, and which of them are unlike the others."""
    forms = [re.sub(r"\d+", "0", PurePath(name).stem.casefold()) for name in names]
    usual, times = Counter(forms).most_common(1)[0]
    odd = [name for name, form in zip(names, forms, strict=True) if form != usual]
    if not odd or times <= len(odd):
        return "the names of the files do not tell their times; frames count in the order of the names"
    more = f" and {counted(len(odd) - _MOST_LISTED, 'more file')}" if len(odd) > _MOST_LISTED else ""
    listed = ", ".join(PurePath(name).name for name in odd[:_MOST_LISTED])
    verb = "is" if len(odd) == 1 else "are"
    return (
        f"{listed}{more} {verb} named unlike the other files, and may be none of the frames; frames count in the order "
        "of the names, and gaps between them are not seen"
    )


def _before_gaps(places: Sequence[int]) -> list[int]:
    return [index for index, (before, after) in enumerate(itertools.pairwise(places)) if after > before + 1]


def _with_gaps(places: tuple[int, ...], gaps: Sequence[tuple[str, str]], of: str, otherwise: str) -> Numbering:
    """Places with their gaps in words; in their order where gaps are all there is."""
    n_missing = places[-1] + 1 - len(places)
    is_steady = 2 * _differences(places).count(1) >= len(places) and places[-1] < _MOST_PLACES
    if n_missing > len(places) and not is_steady:
        return _in_order(len(places), f"{otherwise}; frames count in their order")
    if not gaps:
        return Numbering(places)
    listed = ", ".join(low if low == high else f"{low} to {high}" for low, high in gaps[:_MOST_LISTED])
    more = f" and {counted(len(gaps) - _MOST_LISTED, 'more gap')}" if len(gaps) > _MOST_LISTED else ""
    verb = "is" if n_missing == 1 else "are"
    return Numbering(places, f"{counted(n_missing, 'frame')} {verb} missing: {listed}{more} in {of}")
