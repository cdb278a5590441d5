"""Whether confidences are what they say: predicted IoU of the regions found in fresh scenes beside their true IoU.

    python scripts/reliability.py [-o DIR] [--scenes N] [--realistic N] [--side PX]

Scenes of two worlds are segmented with the number of materials estimated and given: random lattices as varied as those
of the training, and uneven lamellae of real crystals (`benchmark=realistic`); their seeds serve nothing else. The IoU
of a region is that with the material of the truth that fits it best, or the grain, where one material was found whose
grains are the regions; pixels without a label are not counted. Written are a figure, tables, and a row for each region.

Calibration error: mean difference of confidence and IoU over bins of a tenth, weighted by the regions in each (Guo et
al. 2017, doi:10.48550/arXiv.1706.04599). AUC: of the confidence as a test for an IoU of 0.75. Intervals hold 95 % of a
bootstrap over the scenes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from samiam import Masks, Scene, Segmentation, build_generator, segment
from samiam.commands.training.labelled import ranges_of_training
from samiam.errors import InputError
from samiam.generation import MaskGenerator
from samiam.geometry import intersections, iou
from samiam.storage.files import replacing
from simulate import procedural_scene
from simulate.scenes.realistic import realistic

_FIRST_LATTICE = 2**35  # seeds of training and calibration are below
_FIRST_REALISTIC = 500  # `benchmark=realistic` begins with 0
_BINS = 10
_GOOD_IOU = 0.75
_RESAMPLES = 1000
_SHOWN_LEAST = 3  # regions in a bin that is drawn as a point: fewer say nothing

Floats = NDArray[np.float64]


def lattices(n: int, side_px: int) -> Iterator[Callable[[], Scene]]:
    """Scenes of the world of the training."""
    ranges = ranges_of_training()
    for number in range(n):
        yield partial(procedural_scene, _FIRST_LATTICE + number, shape_hw=(side_px, side_px), ranges=ranges)


def lamellae(n: int, side_px: int) -> Iterator[Callable[[], Scene]]:
    """Parts of scenes of uneven lamellae."""
    for number in range(n):
        yield realistic(_FIRST_REALISTIC + number, side_px=side_px).scene


def rows_of(world: str, scene: Scene, generator: MaskGenerator) -> Iterator[dict[str, Any]]:
    """A row for each region that is found in a scene."""
    for number, n_materials in (("estimated", None), ("given", len(scene.truth))):
        found = segment(scene.micrograph, n_materials, generator=generator)
        ious = best_ious(found, scene)
        shares = found.masks.areas / found.n_shown
        for label, confidence in enumerate(found.confidences, start=1):
            yield {
                "world": world,
                "scene": scene.micrograph.name,
                "number": number,
                "materials": len(set(found.material_of)),
                "true_materials": len(scene.truth),
                "label": label,
                "share": shares[label - 1],
                "confidence": np.nan if confidence is None else confidence,
                "iou": ious[label - 1],
            }


def best_ious(found: Segmentation, scene: Scene) -> Floats:
    """The IoU (M,) of each region with what it fits best in the truth."""
    known = scene.labels > 0
    regions = Masks.from_arrays((mask & known for mask in found.masks), known.shape)
    are_grains = found.kind == "region" and not found.n_materials_given
    truths = [scene.truth, Masks.from_labels(scene.grains)] if are_grains else [scene.truth]
    ious = [iou(intersections(regions, truth), regions.areas, truth.areas).max(axis=1, initial=0) for truth in truths]
    return np.asarray(np.max(ious, axis=0), np.float64)


def bins_of(confidences: Floats) -> NDArray[np.intp]:
    """The tenth that each lies in, 0 to 9."""
    return np.minimum((confidences * _BINS).astype(np.intp), _BINS - 1)


def binned(confidences: Floats, ious: Floats) -> pd.DataFrame:
    """Regions, mean confidence and mean IoU by tenths of the confidence; tenths without a region are left out."""
    table = pd.DataFrame({"bin": bins_of(confidences), "confidence": confidences, "iou": ious})
    return table.groupby("bin").agg(
        regions=("iou", "size"), confidence=("confidence", "mean"), iou=("iou", "mean"), spread=("iou", "std")
    )


def calibration_error(confidences: Floats, ious: Floats) -> float:
    """How far confidence and IoU differ, over bins.

    >>> round(calibration_error(np.array([0.95, 0.95, 0.15]), np.array([1.0, 0.8, 0.3])), 3)
    0.083
    """
    return float(np.abs(np.bincount(bins_of(confidences), confidences - ious)).sum() / len(ious))


def area_under_curve(confidences: Floats, ious: Floats) -> float:
    """AUC of the confidence for a good IoU; NaN where all regions are good, or none."""
    good = ious >= _GOOD_IOU
    return float(roc_auc_score(good, confidences)) if 0 < good.sum() < len(good) else np.nan


def rank_correlation(confidences: Floats, ious: Floats) -> float:
    """Spearman's; NaN where one of both is constant."""
    varies = np.ptp(confidences) > 0 and np.ptp(ious) > 0
    return float(spearmanr(confidences, ious).statistic) if varies else np.nan


MEASURES: dict[str, Callable[[Floats, Floats], float]] = {
    "calibration error": calibration_error,
    "AUC": area_under_curve,
    "rank correlation": rank_correlation,
}


def with_interval(measure: Callable[[Floats, Floats], float], regions: pd.DataFrame) -> str:
    """A measure of regions, and between what it lies in a bootstrap over their scenes."""
    of_scene = [group[["confidence", "iou"]].to_numpy() for _, group in regions.groupby("scene", sort=False)]
    rng = np.random.default_rng(0)
    drawn = [
        measure(*np.concatenate([of_scene[place] for place in places]).T)
        for places in rng.integers(len(of_scene), size=(_RESAMPLES, len(of_scene)))
    ]
    value = measure(*np.concatenate(of_scene).T)
    if np.isnan(value):
        return ""
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return f"{value:.3f} ({low:.3f} … {high:.3f})"


def groups_of(regions: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """The regions with a confidence by world and by whether the number was given."""
    rated = regions.dropna(subset="confidence")
    return {(world, number): group for (world, number), group in rated.groupby(["world", "number"], sort=False)}


def summary(regions: pd.DataFrame) -> str:
    """All measures of each group, as Markdown."""
    rows = [
        {
            "scenes": world,
            "number": number,
            "images": group["scene"].nunique(),
            "regions": len(group),
            "confidence": f"{group['confidence'].mean():.3f}",
            "IoU": f"{group['iou'].mean():.3f}",
            **{name: with_interval(measure, group) for name, measure in MEASURES.items()},
        }
        for (world, number), group in groups_of(regions).items()
    ]
    unrated = int(regions["confidence"].isna().sum())
    note = f"\n\nLeft out: {unrated} regions without a confidence." if unrated else ""
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True) + note


def bins_table(regions: pd.DataFrame) -> str:
    """Regions, confidence and IoU by bin, for each group, as Markdown."""
    columns = {}
    for key, group in groups_of(regions).items():
        bins = binned(*group[["confidence", "iou"]].to_numpy().T)
        cells = [f"{row.regions:.0f}: {row.confidence:.2f} / {row.iou:.2f}" for row in bins.itertuples()]
        columns[", ".join(key)] = pd.Series(cells, [f"{b / _BINS:.1f} … {(b + 1) / _BINS:.1f}" for b in bins.index])
    table = pd.DataFrame(columns).sort_index(ascending=False).fillna("")
    return str(table.to_markdown(disable_numparse=True))


def by_number(regions: pd.DataFrame) -> str:
    """Confidence and IoU where the number is estimated too low, right and too high, as Markdown."""
    names = ["too few", "right", "too many"]
    off = np.sign(regions["materials"] - regions["true_materials"]) + 1
    found = pd.Categorical.from_codes(off, names, ordered=True)
    estimated = regions.assign(found=found).query("number == 'estimated'")
    how = {"images": ("scene", "nunique"), "regions": ("iou", "size"), "confidence": ("confidence", "mean")}
    table = estimated.groupby(["world", "found"], observed=True).agg(**how, IoU=("iou", "mean"))
    return str(table.reset_index().rename(columns={"world": "scenes"}).to_markdown(index=False, floatfmt=".3f"))


def draw(regions: pd.DataFrame) -> plt.Figure:
    """For each world IoU over confidence: every region as a speck, bins with their standard errors, and how many."""
    groups = groups_of(regions)
    worlds = list(dict.fromkeys(world for world, _ in groups))
    figure, axes = plt.subplots(
        2, len(worlds), figsize=(4.6 * len(worlds), 5.8), height_ratios=(4, 1), sharex=True, layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for (world, number), group in groups.items():
        column = worlds.index(world)
        _draw_group(axes[0, column], axes[1, column], number, group)
        axes[0, column].set_title(world, fontsize=9)
    for above, below in axes.T:
        above.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, zorder=0)
        above.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="true IoU")
        above.legend(fontsize=8, loc="upper left", frameon=False)
        below.set(xlabel="confidence", ylabel="regions")
    return figure


def _draw_group(above: Axes, below: Axes, number: str, group: pd.DataFrame) -> None:
    is_given = number == "given"
    colour = "tab:orange" if is_given else "tab:blue"
    confidences, ious = group[["confidence", "iou"]].to_numpy().T
    above.plot(confidences, ious, ".", color=colour, markersize=2, alpha=0.4)
    bins = binned(confidences, ious).query(f"regions >= {_SHOWN_LEAST}")
    error = calibration_error(confidences, ious)
    above.errorbar(
        bins["confidence"], bins["iou"], bins["spread"] / np.sqrt(bins["regions"]), color=colour, capsize=2, marker="o",
        markersize=4, linewidth=1, label=f"number {number}: error {error:.3f}",
    )  # fmt: skip
    edges = np.linspace(0, 1, 2 * _BINS + 1)
    below.hist(confidences, edges, color=colour, histtype="step")


def main() -> int:
    """Segment, compare, write figure, table and rows, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("outputs/reliability"), metavar="DIR")
    parser.add_argument("--scenes", type=int, default=40, metavar="N", help="of lattices; default: %(default)s")
    parser.add_argument("--realistic", type=int, default=20, metavar="N", help="of lamellae; default: %(default)s")
    parser.add_argument("--side", type=int, default=512, metavar="PX", help="of the images; default: %(default)s")
    options = parser.parse_args()
    worlds = {
        "random lattices": (lattices, options.scenes),
        "uneven lamellae": (lamellae, options.realistic),
    }
    try:
        if min(options.scenes, options.realistic) < 0 or options.scenes + options.realistic < 2:
            raise InputError("--scenes and --realistic: give 2 scenes at least, to draw from.")
        generator = build_generator("compact")
        made = [(world, make) for world, (drawn, n) in worlds.items() for make in drawn(n, options.side)]
        rows = [row for world, make in tqdm(made, unit="scene") for row in rows_of(world, make(), generator)]
    except InputError as error:
        print(f"reliability.py: {error}", file=sys.stderr)
        return 2
    regions = pd.DataFrame(rows)
    text = "\n\n".join(table(regions) for table in (summary, bins_table, by_number)) + "\n"
    with replacing(options.output / "regions.csv") as partial_file:
        regions.round(4).to_csv(partial_file, index=False)
    with replacing(options.output / "table.md") as partial_file:
        partial_file.write_text(text, encoding="utf-8")
    with replacing(options.output / "reliability.png") as partial_file:
        draw(regions).savefig(partial_file, dpi=110, format="png")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
