"""What a split of a region says of its two parts being alike, fitted on scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.regions.division.splitting import Split, best_split
from samiam.compact.looks import Look
from samiam.compact.regions.calibration import SamenessCoefficients
from samiam.texture import Sameness
from samiam.training.compact.logistic import logistic_regression

_ANY = Sameness(1.0, 0.0)
_SMALLEST = 0.005
"""Share of the points of an image that each part of a split has at least, as when regions are divided."""
_MOST_SPLITS = 8
"""Of a region: of one of many particles more say nothing new."""
_LEAST_REGION = 0.02
"""Share of an image that a material covers at least for its grains to be looked at."""


@dataclass(frozen=True)
class Judged:
    """A split beside the truth.

    Attributes:
        cosine: see `Split`.
        raggedness: see `Split`.
        edges: see `Split`.
        is_real: whether most of its parts are of two different truths.
    """

    cosine: float
    raggedness: float
    edges: tuple[float, float]
    is_real: bool


def judged_splits(
    vectors: NDArray[np.float32],
    boundaries: NDArray[np.float32],
    truth: NDArray[np.integer],
    region: NDArray[np.bool_],
) -> list[Judged]:
    """The splits that a region is divided by, most distinct first, until one more than there are truths in it.

    Args:
        vectors: (h, w, D) of a look.
        boundaries: (2, h, w), of materials and of grains.
        truth: (h, w), what each point is of, 0 where that is not known.
        region: bool (h, w).
    """
    fewest = max(2, round(_SMALLEST * truth.size))
    n_splits = min(len(np.unique(truth[region & (truth > 0)])) + 1, _MOST_SPLITS)
    open_splits = [(region, best_split(vectors, region, boundaries, _ANY, fewest))]
    found: list[Judged] = []
    while len(found) < n_splits:
        place = max(range(len(open_splits)), key=lambda at: _apart(open_splits[at][1]), default=0)
        inside, split = open_splits.pop(place)
        if split is None:
            break
        parts = _parts(inside, split)
        is_real = _most(truth, parts[0]) != _most(truth, parts[1])
        found.append(Judged(split.cosine, split.raggedness, split.edges, is_real))
        open_splits += [(part, best_split(vectors, part, boundaries, _ANY, fewest)) for part in parts]
    return found


def _apart(split: Split | None) -> float:
    return -2.0 if split is None else -split.cosine


def _parts(inside: NDArray[np.bool_], split: Split) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first = np.zeros_like(inside)
    first[inside] = split.is_first
    return first, inside & ~first


def _most(truth: NDArray[np.integer], part: NDArray[np.bool_]) -> int:
    """What most of the points of a part are of."""
    known = truth[part & (truth > 0)]
    return int(np.bincount(known).argmax()) if len(known) else 0


def splits_of_look(
    look: Look, materials: NDArray[np.integer], orientations: NDArray[np.integer]
) -> tuple[list[Judged], list[Judged]]:
    """Splits of an image into materials, and of each material into orientations; truths (h, w) at the points."""
    vectors, of_grains = (np.moveaxis(maps, 0, -1) for maps in (look.vectors, look.grain_vectors))
    boundaries = np.stack([look.boundaries, look.grain_boundaries])
    grains: list[Judged] = []
    for material in np.unique(materials[materials > 0]):
        region = materials == material
        if region.mean() > _LEAST_REGION:
            grains += judged_splits(of_grains, boundaries, orientations, region)
    return judged_splits(vectors, boundaries, materials, np.ones(materials.shape, np.bool_)), grains


def fit_sameness(splits: Sequence[Judged], *, by_edges: bool) -> SamenessCoefficients:
    """`Sameness` by logistic regression, to three decimals; the slope is 0.001 at least.

    Args:
        splits: of scenes whose truth is known.
        by_edges: whether edges are looked at; else they count nothing. On scenes that were not fitted to, they told
            grains better and materials no better.
    """
    edges = [split.edges if by_edges else (0.0, 0.0) for split in splits]
    rows = [[split.cosine, 1.0, np.log1p(split.raggedness), *edge] for split, edge in zip(splits, edges, strict=True)]
    evidence = np.array(rows).reshape(-1, 5)
    is_same = np.array([not split.is_real for split in splits], np.float64)
    slope, offset, by_raggedness, by_materials, by_grains = logistic_regression(evidence, is_same).round(3).tolist()
    return max(slope, 0.001), offset, by_raggedness, by_materials, by_grains
