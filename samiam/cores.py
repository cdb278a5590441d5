"""How many cores compute, and work that is spread over them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def n_threads() -> int:
    """How many threads compute: as many as torch takes where it is in use, `OMP_NUM_THREADS`, or one for each core."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.get_num_threads())
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_all_cores(function: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """What a function makes of each item, in order, by as many threads as compute.

    It pays where the function spends its time outside of Python: in transforms, filters, networks.
    """
    threads = n_threads()
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))
