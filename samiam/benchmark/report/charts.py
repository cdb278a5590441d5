"""Charts of a run in the form of the paper's figures; a method has one colour in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from samiam.benchmark.report.intervals import mean_intervals
from samiam.benchmark.report.method_charts import changes_chart, methods_chart
from samiam.benchmark.report.panels import lengths_of_error_bars, name_classes, panels
from samiam.benchmark.report.tables import leading, per_scene
from samiam.benchmark.report.variants import against_first, reference
from samiam.formats.writers.charting import ERROR_STYLE, colour, drawing, write_figure

_NAMES = {"miou": "mIoU", "mfpr": "mFPR"}
_ON_BOUNDARIES = ("boundary_miou", "boundary_mfpr")
_ERROR_BARS = "Error bars: 95 % of a bootstrap over the images."
_LARGEST = {"miou": 1.0}  # the best there is, where an axis should end


def write_charts(folder: Path, table: pd.DataFrame) -> dict[str, Path]:
    """Draw what the run has data for, each chart as `chart-<name>.png`; the same data give the same bytes.

    Args:
        folder: where the pictures go.
        table: as `everything` makes it.

    Returns:
        By caption the picture.
    """
    written = {}
    with drawing():
        for name, caption, figure in _drawn(table):
            written[caption] = write_figure(folder / f"chart-{name}.png", figure)
    return written


def _drawn(table: pd.DataFrame) -> Iterator[tuple[str, str, Figure]]:
    """Name, caption and picture of each chart that the run has data for."""
    if table.empty:
        return
    scenes, boosted = per_scene(table), leading(table)
    colours = {method: colour(index) for index, method in enumerate(dict.fromkeys(table["method"]))}
    generator = str(scenes["generator"].iloc[0])
    pair = [generator, *([boosted[generator]] if generator in boosted else [])]
    first = scenes[scenes["condition"] == scenes["condition"].cat.categories[0]]
    for score, number in (("miou", 4), ("mfpr", 5)):
        caption = f"{_NAMES[score]} by difficulty, as the paper's Fig. {number}. {_ERROR_BARS}"
        yield score, caption, _whole_and_boundary(first, score, pair, colours)
    if first["labelling_s"].notna().any():
        yield (
            "labelling",
            "Labelling time by difficulty, as the paper's Fig. 3: quartiles and images.",
            _labelling(first),
        )
    if len(boosted) > 1:
        caption = f"Each generator alone and boosted, as the paper's Fig. 8. {_ERROR_BARS}"
        yield "generators", caption, _generators(first, boosted, colours)
    if first["method"].nunique() > len(pair):
        for name, where, columns in (("", "", tuple(_NAMES)), ("-boundaries", " on boundaries", _ON_BOUNDARIES)):
            caption = f"All methods by difficulty{where}; the line is {generator} alone. {_ERROR_BARS}"
            yield f"methods{name}", caption, methods_chart(first, generator, columns, colours)
    under_first = table[table["condition"].isin(first["condition"])]
    if not (changes := against_first(under_first, p_values=False)).empty:
        caption = f"Differences to {reference(table)} on the same images. {_ERROR_BARS}"
        yield "changes", caption, changes_chart(changes, tuple(_NAMES), colours)
    if scenes["condition"].nunique() > 1:
        of_generator = scenes[scenes["generator"] == generator]
        methods = list(dict.fromkeys(of_generator["method"]))
        yield "conditions", f"Scores under each condition. {_ERROR_BARS}", _conditions(scenes, methods, colours)


def _draw_bars(
    axes: Axes, scenes: pd.DataFrame, score: str, methods: Sequence[str], colours: Mapping[str, Any]
) -> None:
    """One group of bars for each difficulty class, in it one for each method."""
    difficulties = sorted(scenes["difficulty"].unique())
    width = 0.8 / len(methods)
    for place, method in enumerate(methods):
        means = mean_intervals(scenes[scenes["method"] == method], ["difficulty"], [score]).set_index("difficulty")
        means = means.reindex(difficulties)
        x = np.arange(len(difficulties)) + width * (place - (len(methods) - 1) / 2)
        errors = lengths_of_error_bars(means, score)
        axes.bar(x, means[score], 0.94 * width, color=colours[method], label=method, yerr=errors, error_kw=ERROR_STYLE)
    counts = scenes[scenes["method"] == methods[0]].groupby("difficulty").size()
    axes.set_xticks(range(len(difficulties)), [f"{level}\nn = {counts.get(level, 0)}" for level in difficulties])
    axes.set_xlabel("difficulty")
    axes.grid(axis="y")


def _share_legend(figure: Figure, panels: Sequence[Axes], n_columns: int) -> None:
    """One legend below for all panels."""
    entries = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=n_columns)


def _whole_and_boundary(scenes: pd.DataFrame, score: str, methods: Sequence[str], colours: Mapping[str, Any]) -> Figure:
    figure, ((whole, edges),) = panels(1, 2)
    _draw_bars(whole, scenes, score, methods, colours)
    _draw_bars(edges, scenes, f"boundary_{score}", methods, colours)
    whole.set(title="whole masks", ylabel=_NAMES[score], ylim=(0, _LARGEST.get(score)))
    edges.set(title="boundaries")
    _share_legend(figure, [whole], 2)
    return figure


def _generators(scenes: pd.DataFrame, boosted: Mapping[str, str], colours: Mapping[str, Any]) -> Figure:
    figure, rows = panels(len(_NAMES), len(boosted))
    for row, (score, name) in zip(rows, _NAMES.items(), strict=True):
        row[0].set_ylabel(name)
        for axes, (generator, method) in zip(row, boosted.items(), strict=True):
            _draw_bars(axes, scenes, score, [generator, method], colours)
        row[0].set_ylim(0, _LARGEST.get(score))
    for axes, generator in zip(rows[0], boosted, strict=True):
        axes.set_title(generator)
    _share_legend(figure, rows[0], len(boosted))
    return figure


def _labelling(scenes: pd.DataFrame) -> Figure:
    labelled = scenes.dropna(subset="labelling_s").drop_duplicates("scene")
    difficulties = sorted(labelled["difficulty"].unique())
    seconds = [labelled.loc[labelled["difficulty"] == level, "labelling_s"].to_numpy() for level in difficulties]
    figure, ((axes,),) = panels(1, 1)
    look = {"boxprops": {"facecolor": "0.88"}, "medianprops": {"color": "black", "linewidth": 2}}
    axes.boxplot(seconds, widths=0.6, showfliers=False, patch_artist=True, **look)
    for place, values in enumerate(seconds, start=1):
        axes.plot(place + np.linspace(-0.15, 0.15, len(values)), values, "o", color=colour(4), markersize=4, alpha=0.7)
    counts = [f"{level}\nn = {len(values)}" for level, values in zip(difficulties, seconds, strict=True)]
    axes.set_xticks(range(1, len(seconds) + 1), counts)
    axes.set(xlabel="difficulty", ylabel="labelling time (s)", ylim=(0, None))
    axes.grid(axis="y")
    return figure


def _conditions(scenes: pd.DataFrame, methods: Sequence[str], colours: Mapping[str, Any]) -> Figure:
    conditions = [name for name in scenes["condition"].cat.categories if (scenes["condition"] == name).any()]
    difficulties = sorted(scenes["difficulty"].unique())
    figure, rows = panels(len(_NAMES), len(difficulties))
    for row, (score, name) in zip(rows, _NAMES.items(), strict=True):
        row[0].set_ylabel(name)
        for axes, difficulty in zip(row, difficulties, strict=True):
            for place, method in enumerate(methods):
                chosen = scenes[(scenes["difficulty"] == difficulty) & (scenes["method"] == method)]
                means = mean_intervals(chosen, ["condition"], [score]).set_index("condition").reindex(conditions)
                look = {"color": colours[method], "label": method, "markersize": 7, **ERROR_STYLE}
                x = np.arange(len(conditions)) + 0.06 * (place - (len(methods) - 1) / 2)
                axes.errorbar(x, means[score], lengths_of_error_bars(means, score), fmt="o-", **look)
            axes.set_xticks(range(len(conditions)), conditions, rotation=25, ha="right", rotation_mode="anchor")
            axes.grid(axis="y")
        row[0].set_ylim(0, _LARGEST.get(score))
    name_classes(rows[0], difficulties)
    _share_legend(figure, rows[0], 2)
    return figure
