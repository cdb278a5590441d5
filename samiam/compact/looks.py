"""A look at a micrograph: its pose, its scale and what networks see; masks, vectors and answers come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.compact.prepared import MULTIPLE_PX, Floats, Prepared
from samiam.compact.scale import known_scale
from samiam.compact.views import Maps, View
from samiam.networks.inputs import resampled
from samiam.texture.pose import UPRIGHT, Pose
from samiam.threads import two_at_once

_MOST_AT_ONCE_PX = 2**20  # of an image that two networks see at once; of larger ones it takes too much memory


@dataclass(frozen=True, eq=False)
class Look:
    """What the network sees in an image, on a grid over it, in the pose in which it was seen.

    Attributes:
        vectors: float32 (D, h, w), a unit vector of texture at each point; vectors of one material point the same way.
        grain_vectors: float32 (E, h, w), likewise for grains: lattices that lie alike point the same way.
        boundaries: float32 (h, w), how sure it is that two materials meet there, [0, 1].
        grain_boundaries: float32 (h, w), likewise for two grains of one material.
        shape_hw: of the image in that pose, in pixels.
        pose: how the image was turned and mirrored.
        scale: what it was magnified by.
    """

    vectors: Floats
    grain_vectors: Floats
    boundaries: Floats
    grain_boundaries: Floats
    shape_hw: tuple[int, int]
    pose: Pose = UPRIGHT
    scale: float = 1.0

    @property
    def vectors_by_place(self) -> NDArray[np.float32]:
        """The vectors, (h, w, D)."""
        return np.moveaxis(self.vectors, 0, -1)

    def above_zero(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where values (h, w), interpolated linearly, are above 0: bool (H, W), in the pose of the look."""
        return np.asarray(cv2.resize(values, self.shape_hw[::-1], interpolation=cv2.INTER_LINEAR) > 0)

    def in_image(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where values (h, w) are above 0: a mask of the image as it was given."""
        return self.pose.undo(self.above_zero(values))

    def in_image_xy(self, point_yx: tuple[int, int]) -> tuple[float, float]:
        """A point of the grid as a pixel (x, y) of the image as it was given."""
        y, x = (
            (place + 0.5) * side / points - 0.5
            for place, side, points in zip(point_yx, self.shape_hw, self.boundaries.shape, strict=True)
        )
        return self.pose.undo_point((x, y), self.shape_hw)


def seen_by(
    views: Sequence[View], pixels: NDArray[np.float32], *, pose: Pose = UPRIGHT, scale: float | None = None
) -> Look:
    """What networks see in an image, by a pass for each of their views.

    Args:
        views: the passes.
        pixels: float32 (H, W) in [0, 1], in this pose.
        pose: how they were turned and mirrored.
        scale: what the image is magnified by before it passes a network; `known_scale(pixels)` where None.
    """
    shape_hw = (int(pixels.shape[0]), int(pixels.shape[1]))
    scale = known_scale(pixels) if scale is None else scale
    passed = _passed(views, {own: _prepared(pixels, scale * own) for own in {view.scale for view in views}})
    vectors = _side_by_side([maps[0] for maps in passed], [view.weight for view in views])
    of_grains = [maps[1] for maps, view in zip(passed, views, strict=True) if view.sees_grains]
    grain_vectors = _side_by_side(of_grains, [1.0] * len(of_grains))
    finer = [maps[2] for maps, view in zip(passed, views, strict=True) if view.scale == 1]
    boundaries, grain_boundaries = np.mean(finer, axis=0)
    return Look(vectors, grain_vectors, boundaries, grain_boundaries, shape_hw, pose, scale)


def _passed(views: Sequence[View], images: Mapping[float, Prepared]) -> list[Maps]:
    """What comes of each view of images by scale; networks see the coarser one while the finer is being prepared."""
    is_large = max(image.pixels.size for image in images.values()) > _MOST_AT_ONCE_PX
    if is_large or not all(view.beside for view in views):
        return [view.network(images[view.scale]) for view in views]
    with two_at_once() as tasks:
        prepared = {own: tasks.submit(images[own].prepare) for own in sorted(images)}
        maps: dict[int, Future[Maps]] = {}
        for own in sorted(images):
            prepared[own].result()
            maps |= {
                place: tasks.submit(view.network, images[own]) for place, view in enumerate(views) if view.scale == own
            }
        return [maps[place].result() for place in range(len(views))]


def _prepared(pixels: Floats, scale: float) -> Prepared:
    """An image at a scale, its sides whole multiples of what networks take."""
    height, width = (max(1, round(side * scale / MULTIPLE_PX)) * MULTIPLE_PX for side in pixels.shape)
    upright = np.ascontiguousarray(pixels)  # sums depend in their last digit on how an image lies in memory
    return Prepared(resampled(upright, (height, width), Image.Resampling.BILINEAR))


def _side_by_side(maps: list[Floats], weights: list[float]) -> Floats:
    """Unit vectors of several views as one, at the points of the first: cosines are the weighted means of all."""
    points, whole = maps[0].shape[1:], sum(weights)
    resized = [each if each.shape[1:] == points else _interpolated(each, points) for each in maps]
    units = [each / np.maximum(np.linalg.norm(each, axis=0), 1e-12) for each in resized]
    shares = [np.float32((weight / whole) ** 0.5) * unit for weight, unit in zip(weights, units, strict=True)]
    return np.concatenate(shares)


def _interpolated(maps: Floats, points: tuple[int, ...]) -> Floats:
    """Maps (C, h, w) at other points, linearly between theirs."""
    return np.stack([cv2.resize(each, points[::-1], interpolation=cv2.INTER_LINEAR) for each in maps])
