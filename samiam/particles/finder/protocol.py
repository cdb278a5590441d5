"""What finds particles: the small network that ships, or anything else that is to be compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samiam.particles.result import Dropped
from samiam.records import Masks


@dataclass(frozen=True, eq=False)
class Found:
    """What is found in an image.

    Attributes:
        masks: of the particles, which may overlap; `predicted_iou` is how sure the finder is of each, [0, 1].
        dropped: candidates that are none.
    """

    masks: Masks
    dropped: Sequence[Dropped]


class ParticleFinder(Protocol):
    """Finds the particles of an image.

    Attributes:
        name: for tables.
        options: all that decides what it finds, weights included (JSON-serialisable), for provenance.
    """

    name: str
    options: Mapping[str, Any]

    def find(self, pixels: NDArray[np.float32], pixel_size_nm: float) -> Found:
        """The particles of an image, float32 (H, W) in [0, 1], on square pixels of a size."""
        ...
