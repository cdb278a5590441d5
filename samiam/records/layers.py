"""Images and labels as napari's layers: tuples of data, what `add_image` or `add_labels` takes, and the kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.colours import colour_of
from samiam.records.micrograph import Micrograph

Layer = tuple[NDArray[Any], dict[str, Any], str]
"""What napari's readers give, one for each layer."""


def image_layer(micrograph: Micrograph) -> Layer:
    """The micrograph in grey."""
    about = {"name": micrograph.name, "colormap": "gray", "contrast_limits": (0.0, 1.0), **scale_of(micrograph)}
    return np.asarray(micrograph.pixels), about, "image"


def labels_layer(
    name: str,
    labels: NDArray[np.uint32],
    scale: Mapping[str, Any],
    features: Mapping[str, Sequence[Any]] | None = None,
    *,
    visible: bool = True,
) -> Layer:
    """Labels in the colours that the other pictures have.

    Args:
        name: of the layer.
        labels: (H, W), 0 for nothing.
        scale: as `scale_of` gives it.
        features: what is said of each label, from 1; napari shows it under the pointer.
        visible: whether it is shown at first.
    """
    n_labels = int(labels.max(initial=0))
    colours = {label: (*(value / 255 for value in colour_of(label)), 1.0) for label in range(1, n_labels + 1)}
    about: dict[str, Any] = {
        "name": name,
        "opacity": 0.5,
        "visible": visible,
        "colormap": {None: (0.0, 0.0, 0.0, 0.0), 0: (0.0, 0.0, 0.0, 0.0), **colours},
        **scale,
    }
    if features is not None:
        about["features"] = {"index": list(range(1, n_labels + 1)), **features}
    return labels, about, "labels"


def scale_of(micrograph: Micrograph) -> dict[str, Any]:
    """The sides of a pixel, height first, and their unit; one pixel where they are not known."""
    width, height = micrograph.sides_xy
    unit = "nm" if micrograph.unit == "nm" else "pixel"  # as pint calls it
    return {"scale": (height, width), "units": (unit, unit)}
