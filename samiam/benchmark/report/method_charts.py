"""Charts of any number of methods: a line for each, so that names can be read, a column of panels for each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from samiam.benchmark.report.columns import COLUMNS
from samiam.benchmark.report.intervals import mean_intervals
from samiam.benchmark.report.panels import lengths_of_error_bars, name_classes, panels
from samiam.benchmark.report.tables import with_all
from samiam.formats.writers.charting import ERROR_STYLE

_LINE_HEIGHT, _LEAST_HEIGHT = 0.32, 1.8  # inches


def methods_chart(scenes: pd.DataFrame, generator: str, scores: Sequence[str], colours: Mapping[str, Any]) -> Figure:
    """Means of scores with their intervals; a dashed line where the generator alone is.

    Args:
        scenes: as `per_scene` makes it, under one condition.
        generator: whose own masks the line is of.
        scores: a row of panels for each.
        colours: of the methods.
    """
    means = mean_intervals(with_all(scenes), ["difficulty", "method"], scores)
    whose = scenes.drop_duplicates("method").to_dict("records")
    names = {
        of["method"]: f"{of['generator']} alone" if of["is_alone"] else of["booster"] or of["method"] for of in whose
    }
    headings = {score: COLUMNS[score].title for score in scores}
    return _lines(means, names, headings, colours, lambda score, of_class: float(of_class[score][generator]))


def changes_chart(changes: pd.DataFrame, scores: Sequence[str], colours: Mapping[str, Any]) -> Figure:
    """Differences to the run's first booster with their intervals; a dashed line where there is none.

    Args:
        changes: as `against_first` makes it, under one condition.
        scores: a row of panels for each.
        colours: of the methods.
    """
    names = {method: method.rpartition(" + ")[2] for method in dict.fromkeys(changes["method"])}
    headings = {score: f"{COLUMNS[score].title} (points)" for score in scores}
    return _lines(changes, names, headings, colours, lambda *_: 0.0)


def _lines(
    means: pd.DataFrame,
    names: Mapping[str, str],
    headings: Mapping[str, str],
    colours: Mapping[str, Any],
    dashed: Callable[[str, pd.DataFrame], float],
) -> Figure:
    """A row of panels for each score.

    Args:
        means: of each class and method, with the ends of their intervals.
        names: of the methods, from top to bottom.
        headings: of the scores.
        colours: of the methods.
        dashed: of a score and the means of a class, by method: where the dashed line is.
    """
    classes = {level: of.set_index("method") for level, of in means.groupby("difficulty", sort=True, observed=True)}
    height = max(_LEAST_HEIGHT, _LINE_HEIGHT * len(names) + 0.7)
    figure, rows = panels(len(headings), len(classes), height, "row")
    for row, (score, heading) in zip(rows, headings.items(), strict=True):
        for axes, of_class in zip(row, classes.values(), strict=True):
            _points(axes, of_class.reindex(list(names)), score, colours)
            axes.axvline(dashed(score, of_class), color="0.5", linewidth=1, linestyle="--", zorder=0)
            axes.set_yticks(range(len(names)), list(names.values()))
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(heading)
            axes.grid(axis="x")
        row[0].set_ylim(len(names) - 0.5, -0.5)
    name_classes(rows[0], list(classes))
    return figure


def _points(axes: Axes, means: pd.DataFrame, score: str, colours: Mapping[str, Any]) -> None:
    for line, (method, errors) in enumerate(zip(means.index, lengths_of_error_bars(means, score).T, strict=True)):
        look = {"color": colours[method], "markersize": 8, **ERROR_STYLE}
        axes.errorbar([means.loc[method, score]], [line], xerr=errors[:, None], fmt="o", **look)
