"""Masks as COCO annotations, of one image or of a data set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from pycocotools import mask as rle

from samiam.errors import InputError
from samiam.formats.writers.strict_json import write_json
from samiam.records import Masks


class CocoImage(NamedTuple):
    """An image of a data set.

    Attributes:
        file_name: as seen from the folder of the annotations.
        masks: N masks (H, W).
        category_names: N names, one for each mask.
        facts: what else its entry says, fields that COCO does not have.
    """

    file_name: str
    masks: Masks
    category_names: Sequence[str]
    facts: Mapping[str, object] = {}


def write_coco_set(path: str | Path, images: Iterable[CocoImage]) -> Path:
    """Write the masks of several images as COCO JSON, annotations as `write_coco` has them.

    Args:
        path: the file.
        images: taken one after the other, and numbered so; masks of one name are of one category throughout.

    Returns:
        The file written.
    """
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories: dict[str, int] = {}
    for image_id, image in enumerate(images, start=1):
        listed.append(_image(image_id, image.file_name, image.masks) | dict(image.facts))
        for index, name in enumerate(image.category_names):
            category_id = categories.setdefault(name, len(categories) + 1)
            place = {"id": len(annotations) + 1, "image_id": image_id, "category_id": category_id}
            annotations.append(place | _annotation(image.masks, index, None))
    named = [{"id": number, "name": name} for name, number in categories.items()]
    return write_json(path, {"images": listed, "annotations": annotations, "categories": named})


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
    content = {
        "images": [_image(1, file_name, masks)],
        "annotations": [
            {"id": index + 1, "image_id": 1, "category_id": category}
            | _annotation(masks, index, None if scores is None else scores[index])
            for index, category in enumerate(category_ids)
        ],
        "categories": [
            {"id": number, "name": name}
            | ({} if supercategories is None else {"supercategory": supercategories[number - 1]})
            for number, name in enumerate(names, start=1)
        ],
    }
    return write_json(path, content)


def _image(image_id: int, file_name: str, masks: Masks) -> dict[str, Any]:
    height, width = masks.shape_hw
    return {"id": image_id, "file_name": file_name, "width": width, "height": height}


def _annotation(masks: Masks, index: int, score: float | None) -> dict[str, Any]:
    """What is said of a mask, apart from which image and category it is of."""
    # Numpy's own way to columns jumps by whole rows, which takes five times as long where these are a power of two.
    columns = cv2.transpose(masks[index].view(np.uint8))
    encoded = rle.encode(columns.T)
    annotation = {
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
