"""Masks as COCO annotations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as rle

from samiam.errors import InputError
from samiam.formats.writers.strict_json import write_json
from samiam.records import Masks


def write_coco(
    path: str | Path,
    masks: Masks,
    file_name: str,
    category_names: Sequence[str] | str | None = None,
    *,
    supercategories: Sequence[str] | None = None,
    scores: Sequence[float | None] | None = None,
    share_categories: bool = False,
) -> Path:
    """Write masks as COCO JSON with compressed run lengths.

    Each annotation has `id`, `image_id`, `category_id`, `segmentation` ({"size": [H, W], "counts": …}), `area`
    (pixels), `bbox` (XYWH), `iscrowd` 0, `score`, `predicted_iou`, `stability_score` and `point_coords` ([[x, y]]);
    what a mask lacks (None, NaN) is left out.

    Args:
        path: the file.
        masks: N masks (H, W).
        file_name: of the image, `Micrograph.file_name`.
        category_names: N names, one for each mask; or one name that all share, such as "mask"; None for
            "material 1" … "material N".
        supercategories: what each category is of, one for each name; None for no such thing.
        scores: how sure each mask is, N in [0, 1] or None where that is not known; None for all. The field is that of
            COCO's results.
        share_categories: whether masks of one name are of one category; each has its own otherwise.

    Returns:
        The file written.

    Raises:
        InputError: if the number of names or scores is not the number of masks, or that of supercategories not that
            of the names.
    """
    if isinstance(category_names, str):
        names, category_ids = [category_names], [1] * len(masks)
    else:
        unnamed = (f"material {number}" for number in range(1, len(masks) + 1))
        names = list(unnamed if category_names is None else category_names)
        category_ids = list(range(1, len(names) + 1))
    if share_categories:
        each, names = names, list(dict.fromkeys(names))
        category_ids = [names.index(name) + 1 for name in each]
    if len(category_ids) != len(masks):
        raise InputError(f"{len(names)} category names for {len(masks)} masks; give one for each, or one text for all.")
    for what, given, n in (("supercategories", supercategories, len(names)), ("scores", scores, len(masks))):
        if given is not None and len(given) != n:
            raise InputError(f"{len(given)} {what} for {len(masks)} masks; give one for each.")
    height, width = masks.shape_hw
    content = {
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "annotations": [
            _annotation(masks, index, category, None if scores is None else scores[index])
            for index, category in enumerate(category_ids)
        ],
        "categories": [
            {"id": number, "name": name}
            | ({} if supercategories is None else {"supercategory": supercategories[number - 1]})
            for number, name in enumerate(names, start=1)
        ],
    }
    return write_json(path, content)


def _annotation(masks: Masks, index: int, category_id: int, score: float | None) -> dict[str, Any]:
    # Numpy's own way to columns jumps by whole rows, which takes five times as long where these are a power of two.
    columns = cv2.transpose(masks[index].view(np.uint8))
    encoded = rle.encode(columns.T)
    annotation = {
        "id": index + 1,
        "image_id": 1,
        "category_id": category_id,
        "segmentation": {"size": list(encoded["size"]), "counts": encoded["counts"].decode("ascii")},
        "area": int(masks.areas[index]),
        "bbox": masks.boxes_xywh[index].tolist(),
        "iscrowd": 0,
    }
    known = {
        "score": score,
        "predicted_iou": masks.predicted_iou[index],
        "stability_score": masks.stability_score[index],
    }
    annotation |= {key: float(value) for key, value in known.items() if value is not None and math.isfinite(value)}
    if np.isfinite(masks.points_xy[index]).all():
        annotation["point_coords"] = [masks.points_xy[index].tolist()]
    return annotation
