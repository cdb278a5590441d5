"""Regions as predictions for Label Studio, with the picture and the labelling interface that they need."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.formats.brush_rle import encode_mask
from samiam.formats.writers.exports.regions import Colour, Regions
from samiam.formats.writers.provenance import version_of
from samiam.formats.writers.strict_json import write_json
from samiam.records import Micrograph
from samiam.storage.files import replacing

TAG, IMAGE = "tag", "image"
"""Names of the two parts of the interface: the brush, and the picture that it paints on."""
_ALONE = (("BrushLabels", TAG, ""),)
_ASKING = (
    # Otherwise the brush stands before the keypoint among the tools that ask.
    ("BrushLabels", TAG, ' smart="false"'),
    ("KeyPointLabels", "click", ' smart="true" smartOnly="true"'),
    ("RectangleLabels", "box", ' smart="true" smartOnly="true"'),
)
ADDRESS = "/data/local-files/?d="
"""Of files that Label Studio is let to see on its own disk."""


def write_predictions(path: Path, regions: Regions) -> Path:
    """Write one task with a brush for each region, to be imported into a project.

    The picture is addressed as `<place>/label_studio.png` below Label Studio's document root.

    Args:
        path: the file, .json.
        regions: to be written.

    Returns:
        The file written.
    """
    each = zip(regions.masks, regions.said, strict=True)
    results = [brush_result(f"region{n}", mask, of.category, of.score) for n, (mask, of) in enumerate(each, start=1)]
    data = {"image": f"{ADDRESS}{quote(regions.place)}/label_studio.png", "file_name": regions.micrograph.file_name}
    return write_json(path, [{"data": data, "predictions": [prediction_of(results)]}])


def prediction_of(results: list[dict[str, Any]], model_version: str | None = None) -> dict[str, Any]:
    """Results as one prediction, which is as sure as its least sure region.

    Args:
        results: its regions.
        model_version: who says so; this version of the program where None.
    """
    scores = [result["score"] for result in results if "score" in result]
    return {
        "model_version": model_version or f"samiam {version_of('samiam') or ''}".strip(),
        **({"score": min(scores)} if scores else {}),
        "result": results,
    }


def brush_result(
    identity: str,
    mask: NDArray[np.bool_],
    label: str,
    score: float | None = None,
    *,
    from_name: str = TAG,
    to_name: str = IMAGE,
) -> dict[str, Any]:
    """A mask as Label Studio's brush would have painted it.

    Args:
        identity: that no other region of the task has.
        mask: (H, W).
        label: what it is of.
        score: how sure that is, 0 to 1.
        from_name: of the brush in the labelling interface.
        to_name: of the image.
    """
    height, width = mask.shape
    return {
        "id": identity,
        "from_name": from_name,
        "to_name": to_name,
        "type": "brushlabels",
        "origin": "prediction",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"format": "rle", "rle": encode_mask(mask), "brushlabels": [label]},
        **({} if score is None else {"score": score}),
    }


def write_picture(path: Path, regions: Regions) -> Path:
    """Write the micrograph as a PNG of 8 bits, which browsers show.

    Returns:
        The file written.
    """
    with replacing(path) as partial:
        picture_of(regions.micrograph).save(partial, format="PNG")
    return path


def picture_of(micrograph: Micrograph) -> Image.Image:
    """A micrograph in 8 bits, which browsers show."""
    return Image.fromarray(np.rint(255 * micrograph.pixels).astype(np.uint8))


def write_interface(path: Path, regions: Regions) -> Path:
    """Write the labels with their colours, to be pasted as the code of the project's labelling interface.

    Returns:
        The file written.
    """
    colours = reversed(regions.colour_of.items())
    with replacing(path) as partial:
        partial.write_text(interface_of(colours), encoding="utf-8")
    return path


def interface_of(colours: Iterable[tuple[str, Colour]], *, asking: bool = False) -> str:
    """The code of a labelling interface: a picture, and a brush with labels in their colours.

    Args:
        colours: of each label.
        asking: whether there are also the keypoint and the rectangle by which a backend is asked.
    """
    labels = [f'    <Label value={quoteattr(name)} background="#{bytes(colour).hex()}"/>' for name, colour in colours]
    lines = ["<View>", f'  <Image name="{IMAGE}" value="$image" zoom="true" zoomControl="true"/>']
    for kind, name, smart in _ASKING if asking else _ALONE:
        lines += [f'  <{kind} name="{name}" toName="{IMAGE}"{smart}>', *labels, f"  </{kind}>"]
    return "\n".join([*lines, "</View>"]) + "\n"
