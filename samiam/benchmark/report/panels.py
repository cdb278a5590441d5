"""Panels side by side, for charts of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 3.6, 3.2  # inches, chosen by eye, as the styles are


def panels(
    n_rows: int, n_columns: int, height: float = _HEIGHT, sharex: bool | Literal["row"] = False
) -> tuple[Figure, NDArray[Any]]:
    """A figure and its panels, (n_rows, n_columns), of a height in inches; those of a row have one vertical scale."""
    figure = Figure(figsize=(_WIDTH * n_columns + 0.6, height * n_rows + 0.6))
    return figure, figure.subplots(n_rows, n_columns, sharex=sharex, sharey="row", squeeze=False)


def lengths_of_error_bars(means: pd.DataFrame, score: str) -> NDArray[np.float64]:
    """(2, N) how far the interval of each mean reaches down and up, NaN where there is none."""
    ends = np.stack([means[score] - means[f"{score}_low"], means[f"{score}_high"] - means[score]])
    return np.maximum(ends.astype(np.float64), 0)  # rounding must not make them negative


def name_classes(of_classes: Sequence[Axes], difficulties: Sequence[object]) -> None:
    """Write over each panel which class of difficulty it is of."""
    for axes, difficulty in zip(of_classes, difficulties, strict=True):
        axes.set_title(f"difficulty {difficulty}" if difficulty != "all" else "all images")
