"""Non-maximum suppression by the IoU of masks: of masks that are nearly the same, the best."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def non_maximum_suppression(alike: NDArray[np.floating[Any]], threshold: float) -> list[int]:
    """Greedy NMS on masks, not on boxes, so that nested regions with one box stay; what comes first is preferred.

    Args:
        alike: (N, N), the mask IoU of each pair.
        threshold: of two with an IoU above this, the later is left out.

    Returns:
        Indices of those that stay, rising.
    """
    kept: list[int] = []
    for index, row in enumerate(alike > threshold):
        if not row[kept].any():
            kept.append(index)
    return kept
