"""How good a mask becomes with one click, two, …: the protocol of interactive segmentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from samiam.geometry import pole_of_inaccessibility
from samiam.records import Masks

Click = tuple[float, float]


def click_ious(
    predict: Callable[[Sequence[Click], Sequence[int]], Masks],
    truth: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    n_clicks: int,
) -> list[float]:
    """IoU of the most likely mask after each click on one material.

    The first click falls on the point of the material farthest from its edge, each further one on such a point of
    the larger error: a part that is missing or one that is too much (as SAM's evaluation does, Kirillov et al.,
    ICCV 2023, appendix D).

    Args:
        predict: clicks (x, y) and their labels (1 on the material, 0 beside it) to masks, the most likely first.
        truth: bool (H, W), the material.
        counted: bool (H, W), pixels whose material is known; errors elsewhere get no click.
        n_clicks: how many clicks.

    Returns:
        `n_clicks` values; where nothing is left to click at, the last is repeated.
    """
    clicks, labels, ious = [_pole(truth)[0]], [1], []
    for _ in range(n_clicks):
        masks = predict(clicks, labels)
        mask = masks[0] if len(masks) else np.zeros_like(truth)
        ious.append(float(np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)))
        (missing, missing_depth), (extra, extra_depth) = _pole(truth & ~mask), _pole(mask & ~truth & counted)
        if max(missing_depth, extra_depth) == 0:
            return ious + ious[-1:] * (n_clicks - len(ious))
        is_missing = missing_depth >= extra_depth
        clicks.append(missing if is_missing else extra)
        labels.append(int(is_missing))
    return ious


def _pole(region: NDArray[np.bool_]) -> tuple[Click, float]:
    """Where (x, y) a region is deepest, and how deep; 0 for an empty region."""
    (y, x), depth = pole_of_inaccessibility(region)
    return (float(x), float(y)), depth
