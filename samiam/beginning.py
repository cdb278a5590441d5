"""What each program does first, before libraries are imported."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

from samiam.interrupts import end_silently

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # parameters of glibc's mallopt
_KEPT_BYTES = 2**28
_LARGEST_KEPT_BYTES = 2**25  # the most that glibc takes
_OBJECTS_UNLOOKED_AT = 50_000  # instead of some hundreds: what is made when libraries are imported stays anyway


def begin() -> None:
    """Have Ctrl-C end the process until its work begins, and spare it what costs time.

    Products of OpenBLAS are by one thread: the others wait for the next one in a loop, on cores that others could use.
    """
    end_silently()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    clear_up_less()


def clear_up_less() -> None:
    """Have Python look for garbage less often, and keep the memory that arrays leave behind.

    What an array leaves goes back to the operating system otherwise, which clears it for the next one.
    """
    gc.set_threshold(_OBJECTS_UNLOOKED_AT, *gc.get_threshold()[1:])
    _keep_memory()


def _keep_memory() -> None:
    """Keep up to 256 MiB of what arrays of up to 32 MiB leave behind, where C's library is glibc and not told else."""
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_ARENA_MAX, 1)  # what one thread leaves behind serves the others
