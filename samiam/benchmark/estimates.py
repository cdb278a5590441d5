"""Numbers worked out over specimens, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.particles.statistics.resampling import Bootstrap
from samiam.particles.statistics.shares import NOTHING, Estimate

Floats = NDArray[np.float64]
_RESAMPLES = 1000  # or more for intervals by percentiles (Efron & Tibshirani 1993)


def over_specimens(specimens: Sequence[str], scores: Callable[[Floats], Mapping[str, Floats]]) -> dict[str, Estimate]:
    """Scores with the 95 % intervals of a bootstrap over specimens, whose pictures are alike.

    With fewer than five specimens there is none: they are too few to resample.

    Args:
        specimens: of each of N rows.
        scores: works out scores (B,) by name of how often each row counts, (B, N).
    """
    codes, _ = pd.factorize(np.asarray(specimens, object))
    boot = Bootstrap(codes.astype(np.int64), _RESAMPLES, seed=0)
    once = np.ones((1, len(codes)))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = scores(once)
    if not boot.is_over_images:
        return {name: Estimate(float(values[0])) for name, values in found.items()}
    stacked = boot.estimates(lambda counts: np.stack(list(scores(counts).values()), axis=1))
    return dict(zip(found, stacked, strict=True))


def mean_of(values: Floats, counts: Floats) -> Floats:
    """Mean (B,) of those of N values that are known, counted as often as `counts` (B, N) says; NaN where none is."""
    is_known = np.isfinite(values)
    return np.asarray((counts @ np.nan_to_num(values)) / (counts @ is_known))


def mean_over(specimens: Sequence[str], values: Floats) -> Estimate:
    """The mean of those of N values that are known, with its interval."""
    return over_specimens(specimens, lambda counts: {"mean": mean_of(values, counts)})["mean"]


def groups(table: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The values of some columns with the rows that have them, in the order of their first rows."""
    yield from table.groupby(list(by), sort=False, observed=True)


def with_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The same table for a file: a column each for a number and both ends of its interval."""
    parts: dict[str, object] = {}
    for name, column in _filled(table).items():
        if _holds_estimates(column):
            parts[str(name)] = [one.value for one in column]
            parts |= {f"{name}_low": [one.low for one in column], f"{name}_high": [one.high for one in column]}
        else:
            parts[str(name)] = column
    return pd.DataFrame(parts)


def as_cells(table: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """The same table for a reader: `0.912 (0.881 … 0.934)`; a number that is not defined leaves its cell empty.

    Args:
        table: may hold estimates.
        forms: of their columns, as in a format string, those that are not to have three decimals.
    """

    def cell(one: Estimate, form: str) -> str:
        if math.isnan(one.value):
            return ""
        return f"{one.value:{form}}" + ("" if math.isnan(one.low) else f" ({one.low:{form}} … {one.high:{form}})")

    shown = table.copy()
    for name, column in _filled(table).items():
        if _holds_estimates(column):
            shown[name] = [cell(one, forms.get(str(name), ".3f")) for one in column]
    return shown


def _holds_estimates(column: pd.Series) -> bool:
    return any(isinstance(one, Estimate) for one in column)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with nothing known where a method has no row."""
    columns = {
        name: [one if isinstance(one, Estimate) else NOTHING for one in column] if _holds_estimates(column) else column
        for name, column in table.items()
    }
    return pd.DataFrame(columns, index=table.index)
