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


def drawn(tool: str, label: str, shape_hw: tuple[int, int], *, from_name: str = "tag", **value: Any) -> dict[str, Any]:
    """What another tool drew, as `polygon`, with its coordinates in percent."""
    return {
        "from_name": from_name,
        "to_name": "image",
        "type": f"{tool}labels",
        "original_height": shape_hw[0],
        "original_width": shape_hw[1],
        "image_rotation": 0,
        "value": {f"{tool}labels": [label], **value},
    }
