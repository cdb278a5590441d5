"""Regions as predictions for Label Studio, with the picture and the labelling interface that they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from samiam.formats.brush_rle import encode_mask
from samiam.formats.writers.exports.regions import Regions
from samiam.formats.writers.provenance import version_of
from samiam.formats.writers.strict_json import write_json
from samiam.storage.files import replacing

_TAG, _IMAGE = "tag", "image"  # names of the two parts of the interface
_ADDRESS = "/data/local-files/?d="  # of files that Label Studio is let to see on its own disk


def write_predictions(path: Path, regions: Regions) -> Path:
    """Write one task with a brush for each region, to be imported into a project.

    The picture is addressed as `<place>/label_studio.png` below Label Studio's document root.

    Args:
        path: the file, .json.
        regions: to be written.

    Returns:
        The file written.
    """
    scores = [region.score for region in regions.said if region.score is not None]
    prediction = {
        "model_version": f"samiam {version_of('samiam') or ''}".strip(),
        **({"score": min(scores)} if scores else {}),  # of the task: as sure as its least sure region
        "result": [_result(regions, index) for index in range(len(regions.masks))],
    }
    data = {"image": f"{_ADDRESS}{quote(regions.place)}/label_studio.png", "file_name": regions.micrograph.file_name}
    return write_json(path, [{"data": data, "predictions": [prediction]}])


def _result(regions: Regions, index: int) -> dict[str, Any]:
    height, width = regions.masks.shape_hw
    region = regions.said[index]
    return {
        "id": f"region{index + 1}",
        "from_name": _TAG,
        "to_name": _IMAGE,
        "type": "brushlabels",
        "origin": "prediction",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {
            "format": "rle",
            "rle": encode_mask(regions.masks[index]),
            "brushlabels": [region.category],
        },
        **({} if region.score is None else {"score": region.score}),
    }


def write_picture(path: Path, regions: Regions) -> Path:
    """Write the micrograph as a PNG of 8 bits, which browsers show.

    Returns:
        The file written.
    """
    with replacing(path) as partial:
        Image.fromarray(np.rint(255 * regions.micrograph.pixels).astype(np.uint8)).save(partial, format="PNG")
    return path


def write_interface(path: Path, regions: Regions) -> Path:
    """Write the labels with their colours, to be pasted as the code of the project's labelling interface.

    Returns:
        The file written.
    """
    labels = [
        f'    <Label value={quoteattr(name)} background="#{bytes(colour).hex()}"/>'
        for name, colour in reversed(regions.colour_of.items())
    ]
    lines = [
        "<View>",
        f'  <Image name="{_IMAGE}" value="$image" zoom="true" zoomControl="true"/>',
        f'  <BrushLabels name="{_TAG}" toName="{_IMAGE}">',
        *labels,
        "  </BrushLabels>",
        "</View>",
    ]
    with replacing(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
