"""The generator that ships: one pass of a small network, masks at every granularity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.field import Field, FieldModel, Pose, canonical_pose, load_field_model
from samiam.generation.compact_prompts import answers
from samiam.generation.duplicates import without_duplicates
from samiam.generation.prompts import Prompt
from samiam.generation.regions import Region, candidate_regions
from samiam.generation.texture_tree import Texture, texture_levels
from samiam.options import from_options
from samiam.records import Masks, Micrograph

_QUALITY = np.array(
    [1.212, 0.185, 0.235, 0.41, -0.356, 0.35, 0.313, 1.787, 3.355, -1.497, -1.335, -0.41, -0.412, -0.853, 1.023, 0.261]
)
_PREFERENCE = np.array(
    [
        -0.0,
        1.018,
        -1.005,
        1.063,
        -0.325,
        0.685,
        1.315,
        -2.568,
        29.586,
        21.313,
        -5.644,
        -25.431,
        0.748,
        -9.828,
        -0.063,
        4.313,
    ]
)
"""Which of the regions around a click is its material: weights of the evidence in a softmax, by the same script."""


@dataclass(frozen=True)
class CompactOptions:
    """Settings of the compact generator.

    Attributes:
        pred_iou_thresh: masks of lower predicted IoU are dropped, [0, 1).
        stability_score_thresh: masks of lower stability score are dropped, [0, 1).
        nms_thresh: of two masks with a mask IoU above this, the one of lower predicted IoU is dropped, (0, 1].
        smallest_mask: smallest mask as a share of the image, (0, 1).
        most_textures: textures that the image is shared out among at most, at least 2.

    Raises:
        InputError: if a setting is out of range.
    """

    pred_iou_thresh: float = 0.3
    stability_score_thresh: float = 0.0
    nms_thresh: float = 0.9
    smallest_mask: float = 0.005
    most_textures: int = 8

    def __post_init__(self) -> None:
        for name in ("pred_iou_thresh", "stability_score_thresh", "nms_thresh", "smallest_mask"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name}={getattr(self, name)}: give a value from 0 to 1.")
        if self.most_textures < 2:
            raise InputError(f"most_textures={self.most_textures}: give at least 2.")


class CompactGenerator:
    """Masks of a field of texture vectors: an image's textures, their connected parts, and the grains of these.

    The textures form a tree by the distance between their vectors, so that masks nest and contradict one another as
    SAM's do. The predicted IoU is a calibrated estimate of the IoU with a material or a part of it. The stability
    score is SAM's: the IoU of the mask under a strict and a loose threshold.

    Args:
        model: makes the field of an image.
        options: the settings.
    """

    name = "compact"

    def __init__(self, model: FieldModel, options: CompactOptions) -> None:
        self._model, self._settings = model, options
        self._seen: _Seen | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """Every setting that decides the masks, and the hash of the weights."""
        return {**asdict(self._settings), "weights_sha256": self._model.sha256}

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in order of falling predicted IoU; an empty `Masks` where nothing stands out.

        An image that is turned by quarters or mirrored has the same masks, turned or mirrored.
        """
        seen = self._look(micrograph)
        chosen = self._chosen(seen)
        return Masks.from_arrays(
            (seen.in_image(region.signed) for region, _ in chosen),
            micrograph.shape_hw,
            predicted_iou=[quality for _, quality in chosen],
            stability_score=[region.stability for region, _ in chosen],
            points_xy=[seen.in_image_xy(_deepest_point(region.inside)) for region, _ in chosen],
        )

    def set_image(self, micrograph: Micrograph) -> None:
        """Look at an image, so that `predict` answers at once."""
        self._seen = self._look(micrograph)

    def predict(
        self, points: ArrayLike | None = None, labels: ArrayLike | None = None, boxes: ArrayLike | None = None
    ) -> Masks:
        """The masks that a prompt may mean in the image that was set: the material, a connected part of it, a grain.

        Args:
            points: (P, 2), clicked pixels (x, y).
            labels: (P,), 1 for a click on the thing, 0 for one beside it; all 1 where None.
            boxes: x0, y0, x1, y1 around it, or None.

        Returns:
            One to three masks, the most likely first, with their predicted IoU.

        Raises:
            InputError: if no image was set, there is nothing to go by, or a prompt lies outside of the image.
        """
        if self._seen is None:
            raise InputError("no image to point at: call set_image first.")
        return self._seen.answer(points, labels, boxes)

    def _look(self, micrograph: Micrograph) -> _Seen:
        settings = self._settings
        pose = canonical_pose(micrograph.pixels)
        field = self._model(pose.apply(micrograph.pixels))
        levels = texture_levels(field, settings.most_textures, settings.smallest_mask)
        regions = list(candidate_regions(field, levels, settings.smallest_mask * field.boundaries.numel()))
        evidence = np.array([region.evidence for region in regions]).reshape(-1, len(_QUALITY))
        qualities, preferences = 1 / (1 + np.exp(-evidence @ _QUALITY)), evidence @ _PREFERENCE
        return _Seen(pose, field, levels, regions, qualities, preferences)

    def _chosen(self, seen: _Seen) -> list[tuple[Region, float]]:
        """The regions that become masks, and their predicted IoU, the best first."""
        settings = self._settings
        good = [
            (seen.regions[place], float(seen.qualities[place]))
            for place in np.argsort(-seen.qualities, kind="stable")
            if seen.qualities[place] >= settings.pred_iou_thresh
            and seen.regions[place].stability >= settings.stability_score_thresh
        ]
        if not good:
            return []
        flat = np.array([region.inside.ravel() for region, _ in good], np.float32)
        overlaps, areas = flat @ flat.T, flat.sum(axis=1)
        kept = without_duplicates(overlaps / (areas[:, None] + areas - overlaps), settings.nms_thresh)
        return [good[place] for place in kept]


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the generator knows of an image: its candidate regions, their predicted IoU, and which a click prefers."""

    pose: Pose
    field: Field
    levels: list[list[Texture]]
    regions: list[Region]
    qualities: NDArray[np.float64]
    preferences: NDArray[np.float64]

    def in_image(self, signed: NDArray[np.float32]) -> NDArray[np.bool_]:
        """A region of the grid as a mask of the image."""
        return self.pose.undo(self.field.above_zero(signed))

    def in_image_xy(self, point_yx: tuple[int, int]) -> tuple[float, float]:
        """A point of the grid as a pixel of the image."""
        y, x = (
            (place + 0.5) * side / points - 0.5
            for place, side, points in zip(point_yx, self.field.shape_hw, self.field.boundaries.shape, strict=True)
        )
        return self.pose.undo_point((x, y), self.field.shape_hw)

    def answer(self, points: ArrayLike | None, labels: ArrayLike | None, boxes: ArrayLike | None) -> Masks:
        """See `CompactGenerator.predict`."""
        shape_hw = self.pose.undo(np.empty(self.field.shape_hw, np.bool_)).shape
        prompt = Prompt.of(points, labels, boxes, shape_hw).posed(self.pose)
        preferred = list(zip(self.regions, self.preferences.tolist(), strict=True))
        found = answers(self.field, self.levels, preferred, prompt)
        masks = (self.in_image(answer.signed) for answer, _ in found)
        return Masks.from_arrays(masks, shape_hw, predicted_iou=[chance for _, chance in found])


def build_compact(
    *,
    weights: str | Path | None = None,
    weights_sha256: str | None = None,
    device: str = "auto",
    **options: Any,
) -> CompactGenerator:
    """Make a `CompactGenerator`.

    Args:
        weights: a file that `train.py experiment=compact` wrote; the weights that ship where None.
        weights_sha256: the hash that a given file must have.
        device: "auto" (CUDA where there is one, else the CPU), "cpu", "cuda" or "cuda:N".
        **options: attributes of `CompactOptions`.

    Raises:
        InputError: if an option is unknown or out of range, or the weights or the device cannot be used.
    """
    settings = from_options(CompactOptions, "the compact generator (beside weights, weights_sha256, device)", options)
    return CompactGenerator(load_field_model(weights, weights_sha256, device), settings)


def _deepest_point(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """The point (row, column) of a region farthest from its edge."""
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return int(row), int(column)
