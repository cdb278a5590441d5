"""What the network of the finder is to say of a scene whose particles are known."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray


def targets_of(masks: Iterable[NDArray[np.uint8]], shape_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Where particles are, how deep each pixel lies within one, and where two or more are.

    Depth is the distance to the edge of the particle, over the largest within it: 1 in the middle of each, however
    large. The border of the image is no edge of a particle that it cuts. Of particles that lie over each other the
    deeper one counts, so that there is a valley between them.

    Args:
        masks: uint8 (H, W), not 0 within the particle; those without a pixel do not count.
        shape_hw: of the image.

    Returns:
        float32 (3, H, W).
    """
    count, depth = np.zeros(shape_hw, np.uint8), np.zeros(shape_hw, np.float32)
    for mask in masks:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            continue
        box = slice(max(0, rows[0] - 1), rows[-1] + 2), slice(max(0, columns[0] - 1), columns[-1] + 2)
        inside = (mask[box] != 0).astype(np.uint8)
        count[box] += inside
        own = np.ones(inside.shape, np.float32) if inside.all() else cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        np.maximum(depth[box], own / own.max(), out=depth[box])
    return np.stack([count > 0, depth, count > 1]).astype(np.float32)
