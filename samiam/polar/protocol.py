"""What finds ends and junctions: the network that ships, the skeleton, or anything else to be compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samiam.records.polar_scene import Points


class PointFinder(Protocol):
    """Finds where bright stripes end and where they meet.

    Attributes:
        name: for tables.
        options: all that decides what it finds, weights included (JSON-serialisable), for provenance.
    """

    name: str
    options: Mapping[str, Any]

    def find(self, pixels: NDArray[np.float32], period_px: float) -> Points:
        """The points of a frame, float32 (H, W) in [0, 1], whose stripes are so far apart; near its border too."""
        ...
