"""What each program does first, before libraries are imported."""

from __future__ import annotations

import ctypes
import os
import sys

from samiam.interrupts import end_silently

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
_KEPT_BYTES = 2**28
_LARGEST_KEPT_BYTES = 2**25  # the most that glibc takes


def begin() -> None:
    """Have Ctrl-C end the process until its work begins, and spare it what costs time and changes no result.

    Threads of OpenBLAS wait for the next product in a loop, on a core that others could use: they sleep. What an array
    leaves behind goes back to the operating system, which clears it for the next one: some of it is kept.
    """
    end_silently()
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # as a power of two of cycles
    keep_memory()


def keep_memory() -> None:
    """Keep up to 256 MiB of what arrays of up to 32 MiB leave behind, where C's library is glibc and not told else."""
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
