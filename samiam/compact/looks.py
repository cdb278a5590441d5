"""A look at a micrograph: its pose, its scale and what networks see; masks, vectors and answers come of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from samiam.compact.committee import Sight, views_of
from samiam.compact.network import MULTIPLE_PX, FieldNetwork, standardised
from samiam.compact.pose import UPRIGHT, Pose
from samiam.compact.scale import known_scale

_ROWS_AT_ONCE = 256
"""Rows of a mask that are interpolated at once, for the sake of memory."""


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

    vectors: Tensor
    grain_vectors: Tensor
    boundaries: Tensor
    grain_boundaries: Tensor
    shape_hw: tuple[int, int]
    pose: Pose = UPRIGHT
    scale: float = 1.0

    @property
    def vectors_by_place(self) -> NDArray[np.float32]:
        """The vectors, (h, w, D)."""
        return np.moveaxis(self.vectors.numpy(), 0, -1)

    def above_zero(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where values (h, w), interpolated linearly, are above 0: bool (H, W), in the pose of the look."""
        height, width = self.shape_hw
        columns = functional.interpolate(torch.from_numpy(values)[None], width, mode="linear")[0]
        places = ((torch.arange(height) + 0.5) * len(values) / height - 0.5).clamp(0, len(values) - 1)
        above = places.floor().long()
        below, part = (above + 1).clamp(max=len(values) - 1), (places - above)[:, None]
        mask = np.empty(self.shape_hw, np.bool_)
        for top in range(0, height, _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            between = torch.lerp(columns[above[rows]], columns[below[rows]], part[rows])
            mask[rows] = (between > 0).numpy()
        return mask

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


def in_use(sight: Sight) -> Sight:
    """Networks as they are used: in evaluation mode, and in the memory format that convolutions are fastest in."""
    return sight.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def seen_by(sight: Sight, pixels: NDArray[np.float32], *, pose: Pose = UPRIGHT, scale: float | None = None) -> Look:
    """What networks see in an image, by a pass for each of their views.

    Args:
        sight: `in_use`.
        pixels: float32 (H, W) in [0, 1], in this pose.
        pose: how they were turned and mirrored.
        scale: what the image is magnified by before it passes a network; `known_scale(pixels)` where None.
    """
    shape_hw = (int(pixels.shape[0]), int(pixels.shape[1]))
    image = torch.from_numpy(np.array(pixels, np.float32))[None, None]
    scale = known_scale(pixels) if scale is None else scale
    views = views_of(sight)
    passed = [_passed(view.network, image, scale * view.scale) for view in views]
    vectors = _side_by_side([maps[0] for maps in passed], [view.weight for view in views])
    of_grains = [maps[1] for maps, view in zip(passed, views, strict=True) if view.sees_grains]
    grain_vectors = _side_by_side(of_grains, [1.0] * len(of_grains))
    finer = [maps[2] for maps, view in zip(passed, views, strict=True) if view.scale == 1]
    boundaries, grain_boundaries = torch.stack(finer).mean(dim=0)
    return Look(vectors, grain_vectors, boundaries, grain_boundaries, shape_hw, pose, scale)


def _passed(network: FieldNetwork, image: Tensor, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    """What a network makes of an image (1, 1, H, W) at a scale: vectors, vectors of grains, boundaries."""
    sides = [max(1, round(side * scale / MULTIPLE_PX)) * MULTIPLE_PX for side in image.shape[2:]]
    device = next(network.parameters()).device
    with torch.inference_mode():
        resized = functional.interpolate(image, sides, mode="bilinear", antialias=True).to(device)
        inputs = standardised(resized).contiguous(memory_format=torch.channels_last)
        vectors, grain_vectors, logits = (maps[0].float().cpu() for maps in network(inputs))
        return vectors, grain_vectors, logits.sigmoid()


def _side_by_side(maps: list[Tensor], weights: list[float]) -> Tensor:
    """Unit vectors of several views as one, at the points of the first: cosines are the weighted means of all."""
    points, whole = maps[0].shape[1:], sum(weights)
    with torch.inference_mode():
        resized = [functional.interpolate(each[None], points, mode="bilinear")[0] for each in maps]
        units = [functional.normalize(each, dim=0) for each in resized]
        shares = [(weight / whole) ** 0.5 * unit for weight, unit in zip(weights, units, strict=True)]
        return torch.cat(shares)
