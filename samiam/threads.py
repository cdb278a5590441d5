"""How many threads compute, and a map over them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_threads() -> int:
    """How many threads compute: as many as torch takes where it is in use, `OMP_NUM_THREADS`, or one for each core."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.get_num_threads())
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def of_each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What a function makes of each item, in their order: for work on arrays, most of which needs no interpreter.

    Args:
        function: of one item; an exception that it raises ends the map.
        items: what it is called with, by several threads at once.

    Example:
        >>> of_each(abs, [-1, 2, -3])
        [1, 2, 3]
    """
    threads = n_threads()
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))
