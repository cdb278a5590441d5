"""How many threads compute, and tasks that share them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

_AT_ONCE = 2
_here = threading.local()  # `shared_by`: how many tasks share the threads, this one among them


@contextmanager
def two_at_once() -> Iterator[Executor]:
    """What does tasks beside one another, each by half of the threads; where there is but one, one after the other.

    Two networks so keep cores busier than one after the other, each on all of them.
    """
    n_tasks = min(_AT_ONCE, n_threads())
    with ThreadPoolExecutor(n_tasks, initializer=setattr, initargs=(_here, "shared_by", n_tasks)) as tasks:
        try:
            yield tasks
        except BaseException:
            tasks.shutdown(cancel_futures=True)
            raise


def n_threads() -> int:
    """How many threads compute for a task: of all, its share where several are done at once."""
    return max(1, _all_threads() // getattr(_here, "shared_by", 1))


def _all_threads() -> int:
    """As many as torch takes where it is in use, `OMP_NUM_THREADS`, or one for each core."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.get_num_threads())
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
