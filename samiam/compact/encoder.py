"""Texture vectors for free: those that the compact generator's network has for every point of a micrograph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.compact.field import Field, FieldModel, load_field_model
from samiam.compact.network import LENGTH
from samiam.compact.pose import canonical_pose
from samiam.compact.settings import CompactWeights
from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.texture.inputs import checked_crop, continued

_LEAST_PX = 64
_POINTS_OF_A_MASK = 60
_FEWEST_POINTS = 4


class CompactEncoder:
    """Vectors of a field (`samiam.field`): of crops, where they lie in their micrograph, or of masks without crops.

    Args:
        model: makes the field of an image.
    """

    name = "compact"

    def __init__(self, model: FieldModel) -> None:
        self._model = model

    @property
    def options(self) -> Mapping[str, Any]:
        """The hash of the weights."""
        return {"weights_sha256": self._model.sha256}

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """See `Encoder.encode`; D = 16. Without the rest of the image, brightness says nothing: see `encode_within`."""
        vectors = np.zeros((len(crops), LENGTH), np.float32)
        for index, crop in enumerate(crops):
            field = self._model(continued(checked_crop(crop, index), _LEAST_PX), scale=1.0)
            vectors[index] = field.vectors.mean(dim=(1, 2)).numpy()
        return vectors

    def encode_within(
        self, micrograph: Micrograph, corners_xy: NDArray[np.int64], sides: Sequence[int]
    ) -> NDArray[np.float32]:
        """See `ContextEncoder.encode_within`; D = 16: the mean vector over each crop."""
        pose = canonical_pose(micrograph.pixels)
        vectors = pose.undo(_by_place(self._model(pose.apply(micrograph.pixels))))
        rows, columns, length = vectors.shape
        table = np.zeros((rows + 1, columns + 1, length))
        table[1:, 1:] = vectors.astype(np.float64).cumsum(axis=0).cumsum(axis=1)
        points = np.array([columns, rows]) / np.array(micrograph.shape_hw)[::-1]
        first = np.floor(corners_xy * points).astype(int)
        last = np.ceil((corners_xy + np.array(sides, int)[:, None]) * points).astype(int)
        (x0, y0), (x1, y1) = first.T, np.clip(last, first + 1, [columns, rows]).T
        sums = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
        means: NDArray[np.float32] = (sums / ((y1 - y0) * (x1 - x0))[:, None]).astype(np.float32)
        return means

    def encode_masks(self, micrograph: Micrograph, masks: Masks) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """See `ContextEncoder.encode_masks`; D = 16. A mask gives points by its area, 60 on the average, at least 4.

        A turned or mirrored micrograph has the same vectors.

        Raises:
            InputError: if image and masks differ in shape.
        """
        if masks.shape_hw != micrograph.shape_hw:
            raise InputError(f"masks of shape {masks.shape_hw} do not fit {micrograph.name} of {micrograph.shape_hw}.")
        pose = canonical_pose(micrograph.pixels)
        vectors = _by_place(self._model(pose.apply(micrograph.pixels)))
        grid = np.ix_(
            *(
                ((np.arange(points) + 0.5) * side / points).astype(int)
                for points, side in zip(vectors.shape[:2], pose.apply(micrograph.pixels).shape, strict=True)
            )
        )
        inside = [np.flatnonzero(pose.apply(mask)[grid]) for mask in masks]
        share = _POINTS_OF_A_MASK * len(masks) / max(sum(map(len, inside)), 1)
        chosen = [points[_spread(len(points), share)] for points in inside]
        owners = np.repeat(np.arange(len(masks)), [len(points) for points in chosen])
        return vectors.reshape(-1, LENGTH)[np.concatenate([*chosen, np.zeros(0, np.intp)])], owners.astype(np.int64)


def _by_place(field: Field) -> NDArray[np.float32]:
    """The vectors of a field, (h, w, 16)."""
    return np.moveaxis(field.vectors.numpy(), 0, -1)


def _spread(n: int, share: float) -> NDArray[np.intp]:
    """Places spread evenly over n: this share of them, and a few at least."""
    wanted = max(_FEWEST_POINTS, round(share * n))
    return np.unique(np.linspace(0, n - 1, min(wanted, n)).astype(np.intp)) if n else np.zeros(0, np.intp)


def build_compact(options: CompactWeights) -> CompactEncoder:
    """Make a `CompactEncoder`.

    Raises:
        InputError: if the weights are missing, damaged or of another network, or the device is unusable.
    """
    return CompactEncoder(load_field_model(options))
