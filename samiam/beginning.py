"""What each program does first, before libraries are imported."""

from __future__ import annotations

import os

from samiam.interrupts import end_silently


def begin() -> None:
    """Have Ctrl-C end the process until its work begins, and threads that have nothing to multiply sleep.

    Those of OpenBLAS wait for the next product in a loop, on a core that others could use; results do not depend on it.
    """
    end_silently()
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # as a power of two of cycles
