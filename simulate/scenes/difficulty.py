"""How hard a scene is, measured on its image and truth.

Three measurements give points; the level is 1 and the points, at most 5, as the paper's annotators gave 1 to 5, and its
class is theirs (paper §3.3: levels 1–2 are easy, 3 medium, 4–5 hard). Any of the three can make a scene hard alone:

- separability d′ of the two most alike neighbouring textures, the distance of their means in standard deviations of
  crops of 60 px: below 12 one point, below 8 two, below 4 three, where one crop in fifty is nearer to the other
  texture. The noise of usual micrographs leaves SrTiO3 and Ge 10 to 30 apart, some per cent of a dopant 1 to 6;
- width of the narrowest label in such crops: below 3 one point, below 2 two, below 1, where none fits, three;
- splits, the pairs of grains of one material that touch along a defect: from 1 on one point, from 2 two, from 4 three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.covariance import LedoitWolf

from samiam.records.scene import CLASS_OF_LEVEL, EASY_WEIGHT, HARD_WEIGHT

CROP_PX = 60  # the crops of the paper's booster
_CROPS = 40  # of each label; chosen by hand, more than there are features
_SMALLEST_CROP_PX = 8  # two rings
_RINGS = 10  # of frequencies, each 3 periods of a crop wide
# Where each measurement costs one, two and three points, chosen by hand: the reasons are in the module's docstring.
SEPARABILITY = (12.0, 8.0, 4.0)
WIDTH_CROPS = (3.0, 2.0, 1.0)
SPLITS = (1, 2, 4)

Floats = NDArray[np.float64]


def judge(
    pixels: NDArray[np.float32],
    labels: NDArray[np.uint32],
    grains: NDArray[np.uint32],
    materials: Sequence[str],
) -> tuple[int, list[float], dict[str, Any]]:
    """Measure a scene.

    Args:
        pixels: float32 (H, W).
        labels: uint32 (H, W), 1 … M, 0 unlabelled.
        grains: uint32 (H, W), separate crystals.
        materials: M names.

    Returns:
        The class (1 easy, 2 medium, 3 hard); for each label the weight 10 if it alone would cost no point, otherwise
        1; and what was measured: `level` (1–5), `points`, `separability` by pair of labels, `width_crops` by label,
        `splits`.
    """
    widths = {name: _width_px(labels == label) / CROP_PX for label, name in enumerate(materials, start=1)}
    separability = _separabilities(pixels, labels)
    splits = _splits(labels, grains)
    least = min(separability.values(), default=np.inf)
    narrowest = min(widths.values())
    points = (
        _points_below(least, SEPARABILITY)
        + _points_below(narrowest, WIDTH_CROPS)
        + sum(splits >= threshold for threshold in SPLITS)
    )
    level = 1 + min(points, 4)
    weights = [
        EASY_WEIGHT
        if widths[name] >= WIDTH_CROPS[0]
        and min((d for pair, d in separability.items() if label in pair), default=np.inf) >= SEPARABILITY[0]
        else HARD_WEIGHT
        for label, name in enumerate(materials, start=1)
    ]
    facts = {
        "level": level,
        "points": points,
        "separability": {
            " | ".join(materials[label - 1] for label in pair): round(d, 3) for pair, d in separability.items()
        },
        "width_crops": {name: round(width, 3) for name, width in widths.items()},
        "splits": splits,
    }
    return CLASS_OF_LEVEL[level], weights, facts


def _points_below(value: float, thresholds: tuple[float, ...]) -> int:
    return sum(value < threshold for threshold in thresholds)


def _width_px(mask: NDArray[np.bool_]) -> float:
    """Diameter of the largest circle that fits into a mask; beyond the image's frame it may go on."""
    padded = np.pad(mask, 1, mode="edge")
    if padded.all():  # OpenCV knows no distance where there is no outside
        return 2 * float(ndimage.distance_transform_edt(padded).max())
    longest_px = float(cv2.distanceTransform(padded.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())
    return 2 * math.sqrt(round(longest_px**2))  # in single precision; squares of distances are whole


def _splits(labels: NDArray[np.uint32], grains: NDArray[np.uint32]) -> int:
    """How often two grains of one material touch."""
    pairs = set()
    for first, second in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        touching = (grains[first] != grains[second]) & (labels[first] == labels[second]) & (labels[first] > 0)
        ends = np.stack([grains[first][touching], grains[second][touching]])
        pairs |= set(map(tuple, np.unique(np.sort(ends, axis=0), axis=1).T.tolist()))
    return len(pairs)


def _separabilities(pixels: NDArray[np.float32], labels: NDArray[np.uint32]) -> dict[tuple[int, int], float]:
    """d′ for each pair of neighbouring labels: Mahalanobis distance of the mean textures of their crops.

    Both labels of a pair are judged by crops of one size, which is smaller where one of them is narrow: what a
    spectrum holds depends on it.
    """
    depths = {label: _depth_px(labels == label) for label in range(1, int(labels.max()) + 1)}
    result = {}
    for first, second in sorted(_neighbours(labels)):
        size = min(_crop_px(depths[first]), _crop_px(depths[second]))
        a, b = (_features(_crops(pixels, depths[label], size)) for label in (first, second))
        within = np.concatenate([a - a.mean(axis=0), b - b.mean(axis=0)])
        spread = LedoitWolf(assume_centered=True).fit(within).covariance_
        difference = a.mean(axis=0) - b.mean(axis=0)
        result[first, second] = float(np.sqrt(difference @ np.linalg.solve(spread, difference)))
    return result


def _neighbours(labels: NDArray[np.uint32]) -> set[tuple[int, int]]:
    """Pairs of labels that touch, gaps between them closed."""
    closed = _closed(labels)
    pairs = set()
    for first, second in ((closed[:, :-1], closed[:, 1:]), (closed[:-1], closed[1:])):
        ends = np.sort(np.stack([first[first != second], second[first != second]]), axis=0)
        pairs |= {(int(a), int(b)) for a, b in np.unique(ends, axis=1).T}
    return pairs


def _closed(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Labels with gaps filled by what is nearest."""
    gaps = labels == 0
    if not gaps.any():
        return labels
    sides = [np.flatnonzero(gaps.any(axis=axis)) for axis in (1, 0)]
    box = tuple(slice(max(side[0] - 1, 0), side[-1] + 2) for side in sides)  # beyond the rim nothing is nearer
    nearest = ndimage.distance_transform_edt(gaps[box], return_distances=False, return_indices=True)
    closed = labels.copy()
    closed[box] = labels[box][tuple(nearest)]
    return closed


def _depth_px(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Chessboard distance of each pixel to the nearest outside the mask; the frame is outside."""
    depth = cv2.distanceTransform(np.pad(mask, 1).view(np.uint8), cv2.DIST_C, 3)[1:-1, 1:-1]
    return depth.astype(np.int32)


def _crop_px(depth: NDArray[np.int32]) -> int:
    """The largest side of which enough crops lie within the mask."""
    size = CROP_PX
    while size > _SMALLEST_CROP_PX and (depth >= size // 2).sum() < _CROPS:
        size -= 4
    return size


def _crops(pixels: NDArray[np.float32], depth: NDArray[np.int32], size: int) -> Floats:
    """Crops spread over a mask: (crops, size, size). Those of a sliver reach beyond it."""
    centres = np.flatnonzero(depth >= min(size // 2, int(depth.max())))
    chosen = centres[np.linspace(0, len(centres) - 1, _CROPS).astype(int)]
    chosen = np.stack(np.unravel_index(chosen, depth.shape), axis=1) - size // 2
    corners = np.clip(chosen, 0, np.array(pixels.shape) - size)
    return np.stack([pixels[y : y + size, x : x + size] for y, x in corners]).astype(np.float64)


def _features(crops: Floats) -> Floats:
    """Mean and power spectrum, in rings, of crops: (crops, features)."""
    size = crops.shape[1]
    mean = crops.mean(axis=(1, 2))
    window = np.hanning(size)[:, None] * np.hanning(size)
    power = np.abs(np.fft.fft2((crops - mean[:, None, None]) * window)) ** 2 / size**2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    n_rings = min(_RINGS, size // 4)  # in a small crop frequencies are further apart
    rings = np.minimum((radius / 0.5 * n_rings).astype(int), n_rings)
    spectrum = np.stack([power[:, rings == ring].mean(axis=1) for ring in range(n_rings)], axis=1)
    return np.concatenate([20 * mean[:, None], np.log(spectrum + 1e-9)], axis=1)
