"""The generator that ships: one pass of a small network, masks at every granularity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samiam.compact.answers import answers, posed
from samiam.compact.field import Field, FieldModel, load_field_model
from samiam.compact.pose import Pose, canonical_pose
from samiam.compact.rating import Rated, rated_regions
from samiam.compact.settings import CompactOptions
from samiam.compact.textures import Texture
from samiam.errors import InputError
from samiam.generation.prompts import Prompt
from samiam.generation.suppression import without_duplicates
from samiam.geometry import deepest_point
from samiam.records import Masks, Micrograph


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
        return {**self._settings.decisive, "weights_sha256": self._model.sha256}

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in order of falling predicted IoU; an empty `Masks` where nothing stands out.

        An image that is turned by quarters or mirrored has the same masks, turned or mirrored.
        """
        seen = self._look(micrograph)
        chosen = self._chosen(seen)
        return Masks.from_arrays(
            (seen.in_image(rated.region.signed) for rated in chosen),
            micrograph.shape_hw,
            predicted_iou=[rated.quality for rated in chosen],
            stability_score=[rated.region.stability for rated in chosen],
            points_xy=[seen.in_image_xy(deepest_point(rated.region.inside)[0]) for rated in chosen],
        )

    def set_image(self, micrograph: Micrograph) -> None:
        """Look at an image, so that `predict` answers at once."""
        self._seen = self._look(micrograph)

    def predict(
        self, points: ArrayLike | None = None, labels: ArrayLike | None = None, boxes: ArrayLike | None = None
    ) -> Masks:
        """See `PromptableGenerator.predict`: the material, a connected part of it, a grain.

        At most three masks, whose predicted IoU is the chance that each is meant; none where nothing stands out.
        """
        if self._seen is None:
            raise InputError("no image to point at: call set_image first.")
        return self._seen.answer(points, labels, boxes)

    def _look(self, micrograph: Micrograph) -> _Seen:
        pose = canonical_pose(micrograph.pixels)
        field = self._model(pose.apply(micrograph.pixels))
        return _Seen(pose, field, *rated_regions(field, self._settings))

    def _chosen(self, seen: _Seen) -> list[Rated]:
        """The regions that become masks, the best first."""
        settings = self._settings
        good = [
            rated
            for rated in seen.regions
            if not rated.is_doubtful
            and rated.quality >= settings.pred_iou_thresh
            and rated.region.stability >= settings.stability_score_thresh
        ]
        if not good:
            return []
        flat = np.array([rated.region.inside.ravel() for rated in good], np.float32)
        overlaps, areas = flat @ flat.T, flat.sum(axis=1)
        kept = without_duplicates(overlaps / (areas[:, None] + areas - overlaps), settings.nms_thresh)
        return [good[place] for place in kept]


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the generator knows of an image: the textures of each split that was tried, and their regions."""

    pose: Pose
    field: Field
    levels: list[list[Texture]]
    regions: list[Rated]

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
        prompt = posed(Prompt.of(points, labels, boxes, shape_hw), self.pose)
        preferred = [(rated.region, rated.preference) for rated in self.regions]
        found = answers(self.field, self.levels, preferred, prompt)
        masks = (self.in_image(answer.signed) for answer, _ in found)
        return Masks.from_arrays(masks, shape_hw, predicted_iou=[chance for _, chance in found])


def build_compact(options: CompactOptions) -> CompactGenerator:
    """Make a `CompactGenerator`.

    Raises:
        InputError: if the weights or the device cannot be used.
    """
    return CompactGenerator(load_field_model(options), options)
