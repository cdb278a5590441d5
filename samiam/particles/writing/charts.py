"""Charts of the statistics of particles: how large they are, and how many of each size are faulty."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import lognorm

from samiam.colours import PALETTE
from samiam.formats.writers.charting import ERROR_STYLE, drawing, write_figure
from samiam.particles.statistics.record import ParticleStatistics
from samiam.particles.writing.classes import COLOURS
from samiam.records.showing import counted

_WIDTH, _HEIGHT = 6.4, 4.2  # inches, chosen by eye
_LEGEND: Any = {"fontsize": 10, "frameon": True, "framealpha": 0.8, "edgecolor": "none"}  # data may lie behind it
_FEWEST_TOLD = 5  # of a bin that is drawn as surely as the others
_MOST_BARS = 40
_ABOVE_ALL = 1.1  # of the axis of shares


def write_charts(folder: Path, statistics: ParticleStatistics) -> list[Path]:
    """Draw `sizes.png` and `faults_by_size.png` into a folder; the same statistics make the same bytes.

    Returns:
        The files written.
    """
    written = []
    with drawing():
        for name, draw in (("sizes.png", draw_sizes), ("faults_by_size.png", draw_faults)):
            figure = Figure(figsize=(_WIDTH, _HEIGHT))
            draw(figure.subplots(), statistics)
            written.append(write_figure(folder / name, figure))
    return written


def picture(statistics: ParticleStatistics) -> Image.Image:
    """Both charts side by side; that of sizes alone where no faults are known."""
    with drawing():
        n = 1 if statistics.faults is None else 2
        figure = Figure(figsize=(_WIDTH * n, _HEIGHT))
        for axes, draw in zip(figure.subplots(1, n, squeeze=False)[0], (draw_sizes, draw_faults), strict=False):
            draw(axes, statistics)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return Image.open(file)


def draw_sizes(axes: Axes, statistics: ParticleStatistics) -> None:
    """The distribution of diameters by their weights, with the log-normal one and the mean."""
    axes.set(xlabel="equivalent diameter (nm)", ylabel="density (1/nm)")
    diameters_nm = statistics.diameters_nm
    if not len(diameters_nm):
        _say(axes, "no whole particle")
        return
    bars = np.histogram_bin_edges(diameters_nm, _n_bars(diameters_nm)).tolist()
    axes.hist(diameters_nm, bars, weights=statistics.weights, density=True, color="0.8", edgecolor="0.55")
    axes.plot(diameters_nm, np.zeros_like(diameters_nm), "|", color="0.35", markersize=7, clip_on=False)
    median, factor = statistics.log_normal.median_nm.value, statistics.log_normal.geometric_sd.value
    if factor > 1:
        x = np.linspace(0.9 * bars[0], 1.1 * bars[-1], 400)
        density = lognorm.pdf(x, np.log(factor), scale=median)
        label = f"log-normal, median {median:.3g} nm × {factor:.3g}"
        axes.plot(x, density, color=_rgb(PALETTE[4]), linewidth=2, label=label)
    mean = statistics.diameter.mean
    axes.axvline(mean.value, color=_rgb(PALETTE[6]), linewidth=2, label=f"mean {mean.text(unit='nm')}")
    if not np.isnan(mean.low):
        axes.axvspan(mean.low, mean.high, color=_rgb(PALETTE[6]), alpha=0.2, linewidth=0)
    axes.set_ylim(bottom=0, top=1.3 * axes.get_ylim()[1])  # room for the legend
    axes.legend(loc="upper left", **_LEGEND)
    axes.set_title(_of(statistics, statistics.n))


def draw_faults(axes: Axes, statistics: ParticleStatistics) -> None:
    """The share of faulty particles in each size bin with Wilson's intervals, and that of all."""
    axes.set(xlabel="equivalent diameter (nm)", ylabel="share with a stacking fault")
    axes.set(ylim=(0, _ABOVE_ALL), yticks=np.linspace(0, 1, 6))  # with room for how many of how many
    faults = statistics.faults
    if faults is None or not faults.n_told:
        _say(axes, "no fault classes" if faults is None else "of no particle can faults be told")
        return
    told = [one for one in faults.by_size if one.n_told]
    for one in told:
        middle, half = (one.low_nm + one.high_nm) / 2, (one.high_nm - one.low_nm) / 2
        ends = [[one.share.value - one.share.low], [one.share.high - one.share.value]]
        alpha = 1.0 if one.n_told >= _FEWEST_TOLD else 0.35
        style = {"color": _rgb(COLOURS["stacking fault"]), "alpha": alpha, **ERROR_STYLE}
        axes.errorbar(middle, one.share.value, ends, half, fmt="o", **style)
        axes.annotate(
            f"{one.n_faulty}/{one.n_told}", (middle, _ABOVE_ALL - 0.01), ha="center", va="top", fontsize=9, color="0.3"
        )
    axes.axhline(faults.share.value, color="0.4", linestyle="--", label=f"all: {faults.share.text('.0%')}")
    axes.axhspan(faults.share.low, faults.share.high, color="0.5", alpha=0.15, linewidth=0)
    if faults.corrected is not None:
        label = f"corrected: {faults.corrected.text('.0%')}"
        axes.axhline(faults.corrected.value, color=_rgb(PALETTE[4]), linestyle=":", label=label)
    axes.grid(axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1 / _ABOVE_ALL), **_LEGEND)
    axes.set_title(_of(statistics, faults.n_told))


def _n_bars(diameters_nm: NDArray[np.float64]) -> int:
    """As many as the rule of Freedman and Diaconis asks for, but neither too few to see nor too many."""
    edges = np.histogram_bin_edges(diameters_nm, "fd") if np.ptp(diameters_nm) > 0 else np.zeros(2)
    return int(np.clip(len(edges) - 1, 5, _MOST_BARS))


def _of(statistics: ParticleStatistics, n: int) -> str:
    return f"{counted(n, 'particle')} of {counted(len(statistics.images), 'image')}"


def _rgb(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    return colour[0] / 255, colour[1] / 255, colour[2] / 255


def _say(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="0.4")
