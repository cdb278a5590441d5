"""What a booster adds to the generator alone, on the same images, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

PUBLISHED = {"miou": {1: 21.35, 2: 12.6, 3: 5.27}, "mfpr": {1: -9.91, 2: -18.42, 3: -4.06}}
"""Changes that the paper reports, in points, by difficulty class: SAM+ with ViT-L on its own micrographs."""
_RESAMPLES = 2000


def gains(images: pd.DataFrame, alone: str, boosters: Mapping[str, str], scores: Sequence[str]) -> pd.DataFrame:
    """Each booster minus the generator alone, in hundredths (points): means of the differences of each image.

    Args:
        images: one row for each method on each image, see `per_image`.
        alone: the method that is the generator alone.
        boosters: by method the booster in it, at least one.
        scores: which columns to compare.

    Returns:
        One row for each difficulty class and booster: `difficulty`, `method`, the scores, and of those in `PUBLISHED`
        the ends `<score>_low` and `<score>_high` of a paired bootstrap's 95 % interval (percentiles of 2000
        resamples of the images); missing where a class has one image.
    """
    by_scene = images.set_index(["difficulty", "scene"])
    before = by_scene[by_scene["method"] == alone][list(scores)]
    found = []
    for method, booster in boosters.items():
        points = 100 * (by_scene[by_scene["method"] == method][list(scores)] - before)
        for difficulty, differences in points.groupby("difficulty"):
            row = {"difficulty": difficulty, "method": f"{booster} − alone", **differences.mean().to_dict()}
            for score in PUBLISHED:
                row[f"{score}_low"], row[f"{score}_high"] = _interval(differences[score].to_numpy())
            found.append(row)
    return pd.DataFrame(found).sort_values("difficulty", kind="stable", ignore_index=True)


def _interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean of paired differences."""
    if len(differences) < 2:
        return float("nan"), float("nan")
    interval = bootstrap(
        (differences,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return float(interval.low), float(interval.high)


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The gains as a reader wants them: each interval as text, and the published change beside it."""
    shown = table.copy()
    for score, published in PUBLISHED.items():
        ends = shown[[f"{score}_low", f"{score}_high"]].to_numpy()
        shown[f"{score} 95 %"] = ["" if np.isnan(low) else f"{low:+.1f} … {high:+.1f}" for low, high in ends]
        shown[f"{score} published"] = [published.get(difficulty) for difficulty in shown["difficulty"]]
    return shown
