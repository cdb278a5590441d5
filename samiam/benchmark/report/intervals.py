"""How sure a mean over images is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import bootstrap

_RESAMPLES = 2000  # 1000 or more for intervals by percentiles (Efron & Tibshirani 1993)


def mean_interval(values: ArrayLike) -> tuple[float, float]:
    """95 % interval of a mean: percentiles of 2000 resamples with a fixed seed; NaN for fewer than 2 values."""
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return float("nan"), float("nan")
    interval = bootstrap(
        (values,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return float(interval.low), float(interval.high)


def mean_intervals(table: pd.DataFrame, by: Sequence[str], scores: Sequence[str]) -> pd.DataFrame:
    """Means of groups of a table's rows, and how sure they are.

    Args:
        table: one row for each image and whatever else `by` names.
        by: columns that make the groups, which come in the order of their first rows.
        scores: columns to average.

    Returns:
        One row for each group: the columns `by`, `images` (the number of rows), and for each score `<score>`,
        `<score>_low` and `<score>_high`.
    """
    found = []
    for key, group in table.groupby(list(by), sort=False, observed=True):
        row = {**dict(zip(by, key, strict=True)), "images": len(group)}
        for score in scores:
            low, high = mean_interval(group[score])
            row |= {score: group[score].mean(), f"{score}_low": low, f"{score}_high": high}
        found.append(row)
    ends = [name for score in scores for name in (score, f"{score}_low", f"{score}_high")]
    means = pd.DataFrame(found, columns=[*by, "images", *ends])
    return means.astype({name: table[name].dtype for name in by})  # categories keep their order


def as_text(table: pd.DataFrame, score: str, form: str) -> list[str]:
    """The interval of a score in each row of such a table, as a reader wants it; "" where there is none."""
    ends = table[[f"{score}_low", f"{score}_high"]].to_numpy(np.float64)
    return ["" if np.isnan(low) else f"{low:{form}} … {high:{form}}" for low, high in ends]
