"""How well annotators of one micrograph agree, which is as well as any method can be asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from samiam.errors import InputError
from samiam.geometry import intersections
from samiam.metrics import score_image
from samiam.records import Scene

COLUMNS = ("image", "first", "second", "difficulty", "miou", "boundary_miou", "pixel_agreement")
"""Columns of `agreement`."""


def agreement(scenes: Sequence[tuple[str, Scene]]) -> pd.DataFrame:
    """Compare every two scenes of one image.

    Args:
        scenes: each with the name of the image that it shows.

    Returns:
        A row for each pair, images and scenes in the order given; none where no image has two scenes. `first` and
        `second` are the scenes' names and `difficulty` the larger of theirs. `miou` and `boundary_miou` are means
        over both directions, one's labels scored as masks against the other's. `pixel_agreement` is the share of the
        pixels labelled by both whose labels correspond, NaN where there are none; labels correspond one to one, so
        that as many pixels as possible agree, whatever their names. All three are in [0, 1] and best at 1.

    Raises:
        InputError: if two scenes of one image are of different shapes.
    """
    by_image: dict[str, list[Scene]] = {}
    for image, scene in scenes:
        by_image.setdefault(image, []).append(scene)
    rows = [
        _compared(image, first, second) for image, shown in by_image.items() for first, second in combinations(shown, 2)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _compared(image: str, first: Scene, second: Scene) -> dict[str, object]:
    names = first.micrograph.name, second.micrograph.name
    if first.labels.shape != second.labels.shape:
        raise InputError(
            f"{image}: {names[0]} has {first.labels.shape} pixels, but {names[1]} has {second.labels.shape}; "
            "give different images different names."
        )
    both_ways = [score_image(first.truth, second), score_image(second.truth, first)]
    return {
        "image": image,
        "first": names[0],
        "second": names[1],
        "difficulty": max(first.difficulty, second.difficulty),
        "miou": float(np.mean([scores.miou for scores in both_ways])),
        "boundary_miou": float(np.mean([scores.boundary_miou for scores in both_ways])),
        "pixel_agreement": _pixel_agreement(first, second),
    }


def _pixel_agreement(first: Scene, second: Scene) -> float:
    shared = intersections(first.truth, second.truth)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    labelled_by_both = shared.sum()
    return float(shared[rows, columns].sum() / labelled_by_both) if labelled_by_both else float("nan")
