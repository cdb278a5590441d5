"""Texture vectors for free: those of the look that the compact generator's masks come of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.compact.looks import seen_by
from samiam.compact.model import CompactModel
from samiam.compact.settings import LENGTH, CompactWeights
from samiam.compact.weights import load_model
from samiam.errors import InputError
from samiam.records import Masks, Micrograph
from samiam.texture.field import Sameness, TextureField
from samiam.texture.inputs import checked_crop, mirror_padded
from samiam.texture.protocol import Estimator

_LEAST_PX = 64
"""Crops smaller than this get a mirror padding; the coarsest maps are then 4 points wide."""
_POINTS_OF_A_MASK = 60
"""On the average; chosen by hand on procedural scenes."""
_FEWEST_POINTS = 4
"""Of a small mask beside large ones; chosen by hand on procedural scenes."""


class CompactEncoder:
    """Vectors of a look: of crops, where they lie in their micrograph, or of masks without crops.

    Args:
        model: looks at images; a generator of the same model looks with it.
    """

    name = "compact"

    def __init__(self, model: CompactModel) -> None:
        self._model = model

    @property
    def options(self) -> Mapping[str, Any]:
        """The hash of the weights."""
        return {"weights_sha256": self._model.sha256}

    @property
    def estimator(self) -> Estimator:
        """What counts materials by these vectors, from the card of the weights."""
        return self._model.calibration.estimator

    @property
    def distance(self) -> float:
        """The threshold of the estimator "distance", from the card of the weights."""
        return self._model.calibration.distance

    @property
    def numbers_seen(self) -> tuple[int, ...]:
        """How many of the images that the weights were tuned on have 1, 2, … materials, from their card."""
        return self._model.calibration.numbers_seen

    def encode(self, crops: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector for each crop, D = 16 for each view; without the rest of the image, brightness says nothing."""
        length = LENGTH * len(self._model.views)
        vectors = np.zeros((len(crops), length), np.float32)
        for index, crop in enumerate(crops):
            look = seen_by(self._model.views, mirror_padded(checked_crop(crop, index), _LEAST_PX), scale=1.0)
            vectors[index] = look.vectors.mean(axis=(1, 2))
        return vectors

    def encode_within(
        self, micrograph: Micrograph, corners_xy: NDArray[np.int64], sides: Sequence[int]
    ) -> NDArray[np.float32]:
        """The mean vector over each square crop: float32 (C, D).

        Args:
            micrograph: the image.
            corners_xy: int64 (C, 2), left and top of each crop.
            sides: C sides in pixels.
        """
        look = self._model.look(micrograph.pixels)
        vectors = look.pose.undo(look.vectors_by_place)
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
        """Vectors, D = 16 for each view, of points spread over each mask, and the mask that each is of.

        A mask gives points by its area, 60 on the average, at least 4. A turned or mirrored micrograph has the same
        vectors.

        Raises:
            InputError: if image and masks differ in shape.
        """
        if masks.shape_hw != micrograph.shape_hw:
            raise InputError(f"masks of shape {masks.shape_hw} do not fit {micrograph.name} of {micrograph.shape_hw}.")
        look = self._model.look(micrograph.pixels)
        vectors = look.vectors_by_place
        rows, columns = (
            ((np.arange(points) + 0.5) * side / points).astype(int)
            for points, side in zip(vectors.shape[:2], look.shape_hw, strict=True)
        )
        inside = [np.flatnonzero(look.pose.sampled(mask, rows, columns)) for mask in masks]
        share = _POINTS_OF_A_MASK * len(masks) / max(sum(map(len, inside)), 1)
        chosen = [points[_spread(len(points), share)] for points in inside]
        owners = np.repeat(np.arange(len(masks)), [len(points) for points in chosen])
        every = np.concatenate([*chosen, np.zeros(0, np.intp)])
        return vectors.reshape(-1, vectors.shape[-1])[every], owners.astype(np.int64)

    def field(self, micrograph: Micrograph) -> TextureField:
        """The look's vectors of materials and grains, as the image was given."""
        look = self._model.look(micrograph.pixels)
        boundaries = [look.pose.undo(maps) for maps in (look.boundaries, look.grain_boundaries)]
        materials, grains = (np.moveaxis(maps, 0, -1) for maps in (look.vectors, look.grain_vectors))
        calibration = self._model.calibration
        undo = look.pose.undo
        return TextureField(
            undo(materials),
            undo(grains),
            np.stack(boundaries),
            Sameness(*calibration.same_material),
            Sameness(*calibration.same_grain),
            micrograph.shape_hw,
            calibration.confidence,
            look.pose,
        )

    def __repr__(self) -> str:
        return f"CompactEncoder({self._model!r})"


def _spread(n: int, share: float) -> NDArray[np.intp]:
    """Places spread evenly over n: this share of them, and a few at least."""
    wanted = max(_FEWEST_POINTS, round(share * n))
    return np.unique(np.linspace(0, n - 1, min(wanted, n)).astype(np.intp)) if n else np.zeros(0, np.intp)


def build_compact(options: CompactWeights) -> CompactEncoder:
    """Make a `CompactEncoder`.

    Raises:
        InputError: if the weights or the device cannot be used.
    """
    return CompactEncoder(load_model(options))
