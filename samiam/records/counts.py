"""What a detector counted, in numbers that a float can tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT = 2**53  # the largest integer up to which double precision holds each


def without_offset(counts: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Counts less their minimum where they are integers too large for double precision.

    Args:
        counts: of any real type.

    Returns:
        The counts, and what was taken from them; 0 where they are left as they are.

    Example:
        >>> counts, offset = without_offset(np.array([2**62, 2**62 + 1]))
        >>> counts.tolist(), offset == 2**62
        ([0, 1], True)
    """
    if counts.dtype.kind not in "iu" or counts.dtype.itemsize < 8 or counts.size == 0:
        return counts, 0
    low, high = int(counts.min()), int(counts.max())
    if max(-low, high) <= _EXACT:
        return counts, 0
    # Modulo 2⁶⁴, in which also a difference of more than 2⁶³ is right.
    return counts.astype(np.uint64) - np.uint64(low % 2**64), low
