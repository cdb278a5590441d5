"""What the network of the compact generator is worth on a scene whose truth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from samiam.compact.committee import Sight, in_use
from samiam.compact.generator import CompactGenerator
from samiam.compact.looks import Look, seen_by
from samiam.compact.model import CompactModel
from samiam.compact.settings import CompactOptions
from samiam.compact.weights import shipped_calibration
from samiam.geometry import intersections, iou
from samiam.metrics import click_ious, score_image
from samiam.records import Masks, Micrograph

_RECALLS = (50, 75, 90)
"""IoUs in per cent from which a material counts as found: roughly, well, nearly exactly."""
_MOST_POINTS = 6000
"""Points that KMeans is fitted to, for the sake of time; all are then assigned."""


def field_scores(
    network: Sight,
    pixels: NDArray[np.float32],
    materials: NDArray[np.integer],
    grains: NDArray[np.integer],
    orientations: NDArray[np.integer],
) -> dict[str, float]:
    """Scores of one scene, its regions rated as those of the weights that ship.

    Args:
        network: what is judged, in evaluation mode.
        pixels: float32 (H, W) in [0, 1].
        materials: (H, W), 1 … M, 0 where there is none.
        grains: (H, W).
        orientations: (H, W), the same number for grains whose lattices lie alike.

    Returns:
        `kmeans_iou`, the matched IoU of KMeans on the vectors, M given; `grain_iou`, likewise of the vectors of grains
        and the orientations; `boundary_f`, the F-score of boundaries within
        one point of the field; `recall_50`, `_75` and `_90`, the share of materials that some generated mask has with
        that IoU; `click_1` and `click_3`, the mean IoU with a material after so many clicks; `score`, the mean of all.
    """
    model, micrograph = CompactModel(in_use(network), shipped_calibration()), Micrograph(pixels)
    truth, generator = Masks.from_labels(materials), CompactGenerator(model, CompactOptions())
    lie_alike = Masks.from_arrays([orientations == number for number in np.unique(orientations[orientations > 0])])
    look = seen_by(model.views, pixels)
    masks = generator.generate(micrograph)
    best = iou(intersections(truth, masks), truth.areas, masks.areas).max(axis=1, initial=0)
    generator.set_image(micrograph)
    clicks = np.array([click_ious(generator.predict, material, materials > 0, 3) for material in truth])
    scores = {
        "kmeans_iou": score_image(_clustered(look, look.vectors, len(truth)), truth).matched_iou,
        "grain_iou": score_image(_clustered(look, look.grain_vectors, len(lie_alike)), lie_alike).matched_iou,
        "boundary_f": _boundary_f(look, materials, grains),
        **{f"recall_{percent}": float((best >= percent / 100).mean()) for percent in _RECALLS},
        "click_1": float(clicks[:, 0].mean()),
        "click_3": float(clicks[:, 2].mean()),
    }
    return {**scores, "score": float(np.mean(list(scores.values())))}


def kmeans_iou(network: Sight, pixels: NDArray[np.float32], materials: NDArray[np.integer]) -> float:
    """The matched IoU of KMeans on the vectors of a scene, its number of materials given; see `field_scores`."""
    truth, look = Masks.from_labels(materials), seen_by(in_use(network), pixels)
    return score_image(_clustered(look, look.vectors, len(truth)), truth).matched_iou


def _clustered(look: Look, maps: NDArray[np.float32], n_clusters: int) -> Masks:
    """KMeans on vectors (16, h, w) of a look, at the size of the image."""
    vectors = maps.reshape(len(maps), -1).T
    with threadpool_limits(1):
        found = KMeans(n_clusters, n_init=4, random_state=0).fit(vectors[:: -(-len(vectors) // _MOST_POINTS)])
    centres = found.cluster_centers_.astype(np.float32)
    # The nearest centre has the largest product less half of its squared length.
    nearness = np.tensordot(centres, maps, axes=1) - (centres**2).sum(axis=1)[:, None, None] / 2
    ahead = (nearness[k] - np.delete(nearness, k, axis=0).max(axis=0, initial=-np.inf) for k in range(n_clusters))
    return Masks.from_arrays((look.above_zero(values) for values in ahead), look.shape_hw)


def _boundary_f(look: Look, materials: NDArray[np.integer], grains: NDArray[np.integer]) -> float:
    """F-score of boundaries of both kinds; a scene without any, found to have none, scores 1."""
    found = np.maximum(look.boundaries, look.grain_boundaries) > 0.5
    rows, columns = (side // points for side, points in zip(materials.shape, found.shape, strict=True))
    real = np.zeros(materials.shape, np.bool_)
    for labels in (materials, grains):
        real[:, :-1] |= labels[:, 1:] != labels[:, :-1]
        real[:-1] |= labels[1:] != labels[:-1]
    real = np.asarray(real.reshape(found.shape[0], rows, found.shape[1], columns).any(axis=(1, 3)))
    if not real.any() and not found.any():
        return 1.0
    near = np.ones((3, 3), np.bool_)
    hit = int(np.count_nonzero(found & ndimage.binary_dilation(real, near)))
    met = int(np.count_nonzero(real & ndimage.binary_dilation(found, near)))
    precision, recall = hit / max(int(np.count_nonzero(found)), 1), met / max(int(np.count_nonzero(real)), 1)
    return 2 * precision * recall / max(precision + recall, 1e-9)
