"""Regions as Label Studio exports them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.formats.brush_rle import encode_mask


def brush(label: str, mask: NDArray[np.bool_], **changes: Any) -> dict[str, Any]:
    """What the brush painted, with one label."""
    return {
        "from_name": "tag",
        "to_name": "image",
        "type": "brushlabels",
        "original_height": mask.shape[0],
        "original_width": mask.shape[1],
        "image_rotation": 0,
        "value": {"format": "rle", "rle": encode_mask(mask), "brushlabels": [label]},
        **changes,
    }
