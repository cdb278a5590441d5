"""Micrographs as SAM takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.records import Micrograph


def as_rgb(micrograph: Micrograph) -> NDArray[np.uint8]:
    """8-bit grey in three equal channels, (H, W, 3)."""
    return np.repeat(np.rint(micrograph.pixels * 255).astype(np.uint8)[:, :, None], 3, axis=2)
