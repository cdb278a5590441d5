"""A classical generator that needs no weights: regions of uniform texture, at every scale at which they stand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from samiam.generation.suppression import non_maximum_suppression
from samiam.generation.texture.filter_bank import sharpen, texture_map
from samiam.generation.texture.hierarchy import RegionTree, region_tree
from samiam.geometry import intersections, iou, pole_of_inaccessibility
from samiam.records import Masks, Micrograph
from samiam.settings import Count, settings

_GRID_POINTS = 256  # along the longer side of a large image
_LEAST_VARIATION = 0.05  # superpixels of images below some 400 px are smaller than `sharpen`'s windows, hence too alike

Wavelength = Annotated[float, Field(ge=2)]
"""Pixels in a period; shorter ones cannot be sampled."""


@settings
class TextureGenerator:
    """Over-segmentation by local texture and hierarchical merging; every node that stands out is a mask.

    Masks nest as SAM's do: a grain, the crystal it belongs to, the two layers that differ least. The predicted IoU
    of a node is 1 - σ/d, where d is the distance between the mean textures of the node and of the sibling it is
    merged with, and σ the median of that distance over merges of regions too small to be masks, which is texture's
    own variation in this image. The stability score is 1 - (height at which the node is formed) / (height at which
    it is merged), the share of thresholds on the merge tree at which it survives.

    Attributes:
        pred_iou_thresh: masks of lower predicted IoU are dropped.
        nms_thresh: of two masks with a mask IoU above this, the one of lower predicted IoU is dropped.
        smallest_mask: smallest mask as a share of the image.
        wavelengths_px: centres of the filters' bands.
        n_orientations: directions in each band.
        smoothing_px: standard deviation of the window in which texture is measured.
        stride_px: spacing of the grid on which texture is measured; wider in images above 1024 px.
        n_features: principal components of the texture that are kept.
        n_superpixels: about how many superpixels the merging starts from.
        compactness: weight of nearness in space against nearness in texture.
    """

    pred_iou_thresh: Annotated[float, Field(ge=0, lt=1)] = 0.92
    nms_thresh: Annotated[float, Field(gt=0, le=1)] = 0.90
    smallest_mask: Annotated[float, Field(gt=0, lt=1)] = 0.0075
    wavelengths_px: Annotated[tuple[Wavelength, ...], Field(min_length=1)] = (4.0, 6.3, 10.0, 16.0, 25.0)
    n_orientations: Count = 6
    smoothing_px: Annotated[float, Field(ge=0)] = 5.0
    stride_px: Count = 4
    n_features: Count = 8
    n_superpixels: Annotated[int, Field(ge=2)] = 400
    compactness: Annotated[float, Field(ge=0)] = 0.1

    @property
    def name(self) -> str:
        """The name under which `build_generator` makes it."""
        return "texture"

    @property
    def options(self) -> Mapping[str, Any]:
        """The settings."""
        return asdict(self)

    def generate(self, micrograph: Micrograph) -> Masks:
        """The masks in order of falling predicted IoU; an empty `Masks` where nothing stands out."""
        shape_hw = micrograph.shape_hw
        stride_px = max(self.stride_px, -(-max(shape_hw) // _GRID_POINTS))
        features = texture_map(
            micrograph.pixels,
            stride_px=stride_px,
            wavelengths_px=self.wavelengths_px,
            n_orientations=self.n_orientations,
            smoothing_px=self.smoothing_px,
            n_features=self.n_features,
        )
        tree = region_tree(sharpen(features, reach=2, repeats=2), self.n_superpixels, self.compactness)
        smallest_points = self.smallest_mask * tree.superpixels.size
        predicted_iou, stability = _qualities(tree, smallest_points)
        candidates = np.flatnonzero(
            (tree.sizes >= smallest_points) & (predicted_iou >= max(self.pred_iou_thresh, 1e-9))
        )
        candidates = candidates[np.argsort(-predicted_iou[candidates], kind="stable")]
        regions = [tree.region(int(node)) for node in candidates]
        masks = Masks.from_arrays(
            (_upsample(region, stride_px, shape_hw) for region in regions),
            shape_hw,
            predicted_iou=predicted_iou[candidates],
            stability_score=stability[candidates],
            points_xy=[_pole(region, stride_px, shape_hw) for region in regions],
        )
        alike = iou(intersections(masks), masks.areas, masks.areas)
        return masks.select(non_maximum_suppression(alike, self.nms_thresh))


def _qualities(tree: RegionTree, smallest_points: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted IoU and stability score of each node; 0 for the root, which has nothing to stand out from."""
    distances = tree.split_distances()
    is_small = (tree.sizes[tree.children] < smallest_points).all(axis=1)
    predicted_iou, stability = np.zeros(len(tree.sizes)), np.zeros(len(tree.sizes))
    if not len(distances):
        return predicted_iou, stability
    own_variation = max(_LEAST_VARIATION, float(np.median(distances[is_small] if is_small.any() else distances)))
    for pair, distance, height in zip(tree.children, distances, tree.heights[-len(distances) :], strict=True):
        predicted_iou[pair] = max(0.0, 1 - own_variation / distance) if distance > 1e-6 else 0.0
        stability[pair] = 1 - tree.heights[pair] / height if height > 0 else 0.0
    return predicted_iou, np.clip(stability, 0, 1)


def _upsample(region: NDArray[np.bool_], stride_px: int, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    return region.repeat(stride_px, axis=0).repeat(stride_px, axis=1)[: shape_hw[0], : shape_hw[1]]


def _pole(region: NDArray[np.bool_], stride_px: int, shape_hw: tuple[int, int]) -> tuple[float, float]:
    """The point (x, y) farthest from the region's edge, in pixels; the last stride may be cut short."""
    (y, x), _ = pole_of_inaccessibility(region)
    return min((x + 0.5) * stride_px, shape_hw[1] - 1), min((y + 0.5) * stride_px, shape_hw[0] - 1)
